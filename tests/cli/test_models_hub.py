"""models search, files and get, from a hub on loopback."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session

from cli import models_hub
from cli.app import run
from cli.models_hub import Access, get_model, list_files, search_hub
from cli.usage import WrongUsage
from models.download.throttle import Throttle
from models.hub.errors import AccessDenied, Offline
from models.hub.settings import HubSettings
from tests.cli.test_terminal import EVIL
from tests.models.fakehub import FakeHub

Capture = pytest.CaptureFixture[str]
MakeAccess = Callable[[], Access]
REPO = "owner/Small-GGUF"
CONTENT = b"GGUF" + bytes(range(256)) * 4000


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as fake:
        fake.add(
            REPO,
            {
                "Small-Q4_K_M.gguf": CONTENT,
                "Small-Q8_0.gguf": CONTENT * 2,
                "Big-Q8_0-00001-of-00002.gguf": b"one",
                "Big-Q8_0-00002-of-00002.gguf": b"two",
                "README.md": b"words",
            },
            downloads=7,
            gguf={"total": 135_000_000, "architecture": "llama", "context_length": 2048},
        )
        yield fake
        close_session()


@pytest.fixture
def access(hub: FakeHub) -> MakeAccess:
    return lambda: Access(HubSettings(endpoint=hub.endpoint), lambda: None)


def get(access: MakeAccess, repo: str, file: str | None, **options: Any) -> int:
    return get_model(
        repo, file, **{"most_mb_per_s": None, "as_json": False, **options}, make_access=access
    )


def test_a_search_names_repository_size_and_downloads(access: MakeAccess, capsys: Capture) -> None:
    assert search_hub("small", limit=5, as_json=False, make_access=access) == 0
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields == [REPO, "135M", "7", "–", "open"]
    assert search_hub("small", limit=5, as_json=True, make_access=access) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert (only["repo"], only["parameters"], only["downloads"]) == (REPO, 135_000_000, 7)


def test_no_more_than_asked_for_are_fetched(
    hub: FakeHub, access: MakeAccess, capsys: Capture
) -> None:
    for number in range(20):
        hub.add(f"owner/many-{number}", {})
    search_hub("many", limit=2, as_json=False, make_access=access)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(hub.requests) == 1


def test_a_search_without_a_find_says_so(access: MakeAccess, capsys: Capture) -> None:
    assert search_hub("giant", limit=5, as_json=False, make_access=access) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "giant" in captured.err


def test_files_are_told_as_quantizations(access: MakeAccess, capsys: Capture) -> None:
    assert list_files(REPO, as_json=False, make_access=access) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["Small-Q4_K_M", "Q4_K_M", "1 MB", "model"] in rows
    assert ["Big-Q8_0", "Q8_0", "6 B", "model, 2 parts"] in rows
    assert list_files(REPO, as_json=True, make_access=access) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["repo"] == REPO
    assert len(found["listing"]["choices"]) == 3


@pytest.mark.parametrize(
    ("repo", "file"),
    [
        (REPO, "Q4_K_M"),
        (REPO, "Small-Q4_K_M.gguf"),
        (REPO, "k_m"),
        (f"https://huggingface.co/{REPO}/blob/main/Small-Q4_K_M.gguf", None),
    ],
)
def test_a_model_arrives_whole_and_its_path_is_told(
    repo: str, file: str | None, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert get(access, repo, file) == 0
    captured = capsys.readouterr()
    path = Path(captured.out.strip())
    assert path == home / "models" / "owner" / "Small-GGUF" / "Small-Q4_K_M.gguf"
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    assert "(1 MB)" in captured.err


def test_a_revision_in_the_address_is_the_one_that_is_listed(
    hub: FakeHub, access: MakeAccess
) -> None:
    address = f"https://huggingface.co/{REPO}/tree/{'c' * 40}"
    assert list_files(address, as_json=True, make_access=access) == 0
    assert f"revision/{'c' * 40}" in hub.requests[-1].path


def test_a_limit_of_the_rate_is_in_megabytes(
    access: MakeAccess, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []

    class Noting(Throttle):
        def __init__(self, bytes_per_s: float | None = None) -> None:
            limits.append(bytes_per_s)
            super().__init__()

    monkeypatch.setattr(models_hub, "Throttle", Noting)
    assert get(access, REPO, "Q4_K_M", most_mb_per_s=2.5) == 0
    assert limits == [2_500_000]


def test_all_parts_of_a_split_model_arrive(access: MakeAccess, home: Path, capsys: Capture) -> None:
    assert get(access, REPO, "Big-Q8_0", as_json=True) == 0
    paths = [Path(each) for each in json.loads(capsys.readouterr().out)]
    assert [path.read_bytes() for path in paths] == [b"one", b"two"]


def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(
    hub: FakeHub,
    access: MakeAccess,
    home: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pressed(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        monkeypatch.undo()
        monkeypatch.setenv("STEELYARD_HOME", str(home))

    monkeypatch.setattr(Throttle, "wait", pressed)
    assert get(access, REPO, "Q4_K_M") == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "goes on from there" in captured.err
    assert get(access, REPO, "Q4_K_M") == 0
    assert Path(capsys.readouterr().out.strip()).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("repo", "file", "reason"),
    [
        ("small", "Q8_0", "owner/model"),
        (REPO, None, "models files"),
        (REPO, "Q8_0", "may be several"),
        (REPO, "Q2_K", "is not there. There are: .*Small-Q4_K_M"),
    ],
)
def test_wrong_usage_is_a_sentence(
    repo: str, file: str | None, reason: str, access: MakeAccess, home: Path
) -> None:
    with pytest.raises(WrongUsage, match=reason):
        get(access, repo, file)


def test_a_repository_that_is_not_there_is_told(access: MakeAccess) -> None:
    with pytest.raises(AccessDenied, match="owner/none"):
        list_files("owner/none", as_json=False, make_access=access)


def test_offline_nothing_is_asked(hub: FakeHub) -> None:
    with pytest.raises(Offline):
        search_hub(
            "small",
            limit=1,
            as_json=False,
            make_access=lambda: Access(
                HubSettings(endpoint=hub.endpoint, offline=True), lambda: None
            ),
        )
    assert hub.requests == []


def test_the_environment_keeps_the_commands_offline(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run(("models", "search", "small")) == 1
    assert "stay offline" in capsys.readouterr().err


def test_names_of_a_hub_cannot_control_the_terminal(
    hub: FakeHub, access: MakeAccess, capsys: Capture
) -> None:
    hub.add("owner/evil", {f"{EVIL}-Q8_0.gguf": b"x"})
    list_files("owner/evil", as_json=False, make_access=access)
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r"} & set(capsys.readouterr().out)
