"""models search, files and get, from a hub on loopback."""

from __future__ import annotations

import hashlib
import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from huggingface_hub import close_session

from cli import models_get
from cli.app import run
from cli.contenders import read_contenders
from cli.hub_access import Access
from cli.loading_options import LoadingOptions
from cli.models_files import list_files
from cli.models_fit import fit_model
from cli.models_get import get_model
from cli.models_list import list_models
from cli.models_search import search_hub
from cli.models_search_options import SearchOptions
from cli.usage import WrongUsage
from engine.contract import Origin, Runtime
from engine.errors import MissingFile
from models.describe import describe
from models.download.throttle import Throttle
from models.fit import Bandwidth, Machine, memory_need
from models.hub.errors import AccessDenied, DownloadError, Offline
from models.hub.settings import HubSettings
from storage.folders import database_path
from storage.history import History
from storage.writing import insert_session
from tests.cli.test_terminal import EVIL
from tests.models import ggufs
from tests.models.fakehub import FakeHub, File
from tests.storage.samples import reply, session

Capture = pytest.CaptureFixture[str]
MakeAccess = Callable[[], Access]
REPO = "owner/Small-GGUF"
CONTENT = b"GGUF" + bytes(range(256)) * 4000
MACHINE = Machine(host_free_bytes=8 << 30, bandwidth=Bandwidth(host=20e9))


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
        repo,
        file,
        **{"most_mb_per_s": None, "replaces": False, "as_json": False, **options},
        make_access=access,
    )


def search(
    access: MakeAccess,
    text: str,
    options: SearchOptions | None = None,
    *,
    limit: int = 5,
    as_json: bool = False,
) -> int:
    return search_hub(
        text,
        options or SearchOptions(),
        limit=limit,
        as_json=as_json,
        make_access=access,
        machine_of=lambda: MACHINE,
    )


def files(access: MakeAccess, repo: str, *, as_json: bool = False) -> int:
    return list_files(repo, as_json=as_json, make_access=access, machine_of=lambda *_: MACHINE)


def test_a_search_names_repository_size_and_downloads(access: MakeAccess, capsys: Capture) -> None:
    assert search(access, "small") == 0
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields == [REPO, "135M", "llama", "7", "–", "open"]
    assert search(access, "small", as_json=True) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert (only["repo"], only["parameters"], only["downloads"]) == (REPO, 135_000_000, 7)


def test_no_more_than_asked_for_are_fetched(
    hub: FakeHub, access: MakeAccess, capsys: Capture
) -> None:
    for number in range(20):
        hub.add(f"owner/many-{number}", {})
    search(access, "many", limit=2)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(hub.requests) == 1


def test_a_search_without_a_find_says_so(access: MakeAccess, capsys: Capture) -> None:
    assert search(access, "giant") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "giant" in captured.err


def test_files_are_told_as_quantizations(access: MakeAccess, capsys: Capture) -> None:
    assert files(access, REPO) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["Small-Q4_K_M", "Q4_K_M", "–", "1 MB", "model", "–", "–", ""] in rows
    assert ["Big-Q8_0", "Q8_0", "–", "6 B", "model, 2 parts", "–", "–", ""] in rows
    assert files(access, REPO, as_json=True) == 0
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
    assert files(access, address, as_json=True) == 0
    assert f"revision/{'c' * 40}" in hub.requests[0].path


def test_a_limit_of_the_rate_is_in_megabytes(
    access: MakeAccess, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []

    class Noting(Throttle):
        def __init__(self, bytes_per_s: float | None = None) -> None:
            limits.append(bytes_per_s)
            super().__init__()

    monkeypatch.setattr(models_get, "Throttle", Noting)
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
        files(access, "owner/none")


def test_offline_nothing_is_asked(hub: FakeHub) -> None:
    with pytest.raises(Offline):
        search(
            lambda: Access(HubSettings(endpoint=hub.endpoint, offline=True), lambda: None), "small"
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
    files(access, "owner/evil")
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r"} & set(capsys.readouterr().out)


# --- Narrowing ----------------------------------------------------------------------------------


@pytest.fixture
def family(hub: FakeHub) -> FakeHub:
    for name, billions, architecture, licence in (
        ("half", 0.5, "qwen3", "mit"),
        ("seven", 7.0, "qwen3moe", "apache-2.0"),
        ("seventy", 70.0, "llama", "mit"),
    ):
        hub.add(
            f"family/{name}",
            {},
            downloads=round(billions),
            trending=round(-billions),
            gguf={"total": round(billions * 1e9), "architecture": architecture},
            tags=["gguf", f"license:{licence}"],
        )
    return hub


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["seventy", "seven", "half"]),
        ({"sort": "trending"}, ["half", "seven", "seventy"]),
        ({"min_parameters": "1.5b"}, ["seventy", "seven"]),
        ({"max_parameters": "7B"}, ["seven", "half"]),
        ({"architecture": "qwen3"}, ["seven", "half"]),
        ({"licence": "mit"}, ["seventy", "half"]),
        ({"fits": True}, ["seven", "half"]),
        ({"fits": True, "max_parameters": "500M"}, ["half"]),
    ],
)
def test_a_search_is_narrowed_and_sorted(
    family: FakeHub,
    access: MakeAccess,
    options: dict[str, Any],
    found: list[str],
    capsys: Capture,
) -> None:
    assert search(access, "family", SearchOptions(**options)) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("\t")[0] for row in rows] == [f"family/{name}" for name in found]


def test_a_bound_that_is_no_number_is_wrong_usage(access: MakeAccess) -> None:
    with pytest.raises(WrongUsage, match=r"--max-parameters takes a number .* not “many”"):
        search(access, "family", SearchOptions(max_parameters="many"))


def test_bounds_that_run_backwards_are_wrong_usage(access: MakeAccess) -> None:
    with pytest.raises(WrongUsage, match="runs backwards: --min-parameters 8B is more than"):
        search(access, "family", SearchOptions(min_parameters="8B", max_parameters="1B"))


# --- Verdicts before a download -----------------------------------------------------------------


@pytest.fixture
def real(hub: FakeHub, small_model: Path) -> FakeHub:
    """The small model, once as it is and once as if it were made much larger."""
    large = 400 * small_model.stat().st_size
    figure = hashlib.sha256(small_model.read_bytes()).hexdigest()

    class Long(File):
        @property
        def size(self) -> int:
            return large

    hub.add(
        "owner/real",
        {
            "m-Q4_1.gguf": File(path=small_model, sha256=figure),
            "m-F32.gguf": Long(path=small_model, sha256="0" * 64),
        },
    )
    return hub


def test_files_are_judged_from_one_header(
    real: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert files(access, "owner/real") == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0][2] == "5.85"
    assert rows[0][5] == "in memory"
    assert rows[1][5].startswith("too large by ")
    assert rows[0][6] == "8,192"
    assert {seen.path for seen in real.store_requests()} == {"/store/owner/real/m-Q4_1.gguf"}
    files(access, "owner/real", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["fits"]["m-F32"]["verdict"] == "too large"
    assert found["facts"] == {
        "architecture": "llama",
        "parameters": 134_515_008,
        "n_ctx_train": 8192,
        "has_chat_template": True,
    }
    assert found["listing"]["choices"][0]["label"] == "m-Q4_1"


def test_a_header_that_cannot_be_read_leaves_the_list(
    access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert files(access, REPO) == 0
    captured = capsys.readouterr()
    assert "Whether they fit is not known" in captured.err
    assert "Small-Q4_K_M" in captured.out


def judge(
    access: MakeAccess, target: str, type_: str | None = None, *, as_json: bool = True
) -> int:
    return fit_model(
        target,
        type_,
        LoadingOptions(ctx=2048),
        as_json=as_json,
        machine_of=lambda *_: MACHINE,
        uses_of=tuple,
        make_access=access,
    )


def test_fit_of_a_repository_judges_each_quantization(
    real: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert judge(access, "owner/real") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["m-Q4_1"]["n_ctx"] == 2048
    assert found["m-F32"]["verdict"] == "too large"
    assert judge(access, "owner/real", as_json=False) == 0
    assert "in memory" in capsys.readouterr().out


def test_fit_of_one_quantization_there_is_that_of_the_file_here(
    real: FakeHub, access: MakeAccess, small_model: Path, home: Path, capsys: Capture
) -> None:
    assert judge(access, "owner/real", "Q4_1") == 0
    there = json.loads(capsys.readouterr().out)
    assert judge(access, str(small_model)) == 0
    assert json.loads(capsys.readouterr().out) == there


def test_a_quantization_beside_a_file_is_wrong_usage(access: MakeAccess, small_model: Path) -> None:
    with pytest.raises(WrongUsage, match="is one file"):
        judge(access, str(small_model), "Q4_1")


# --- Newer ones ---------------------------------------------------------------------------------


def test_a_newer_file_is_told_and_replaces_only_what_it_may(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    hub.add(REPO, {"Small-Q4_K_M.gguf": ggufs.small_model()})
    get(access, REPO, "Q4_K_M")
    path = Path(capsys.readouterr().out.strip())
    assert listed(access, capsys)[path.stem]["newer"] is False
    newer = ggufs.small_model(ggufs.string("general.name", "Newer"))
    hub.add(REPO, {"Small-Q4_K_M.gguf": newer}, commit="d" * 40)

    before = len(hub.requests)
    assert listed(access, capsys, newer=False)[path.stem]["newer"] is None
    assert len(hub.requests) == before

    model = listed(access, capsys)[path.stem]
    assert model["newer"] is True
    assert model["origin"]["commit"] == "c" * 40
    assert files(access, REPO) == 0
    assert "newer one available" in capsys.readouterr().out

    with pytest.raises(DownloadError, match="not replaced unasked"):
        get(access, REPO, "Q4_K_M")
    assert get(access, REPO, "Q4_K_M", replaces=True) == 0
    assert path.read_bytes() == newer
    assert files(access, REPO) == 0
    assert "here already" in capsys.readouterr().out


def listed(access: MakeAccess, capsys: Capture, *, newer: bool = True) -> dict[str, Any]:
    """By name, what `models list --json` tells of each."""
    capsys.readouterr()
    assert list_models(newer=newer, as_json=True, make_access=access, uses_of=tuple) == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)["models"]}


def test_a_repository_that_cannot_be_asked_leaves_the_others(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    for name in ("one", "two"):
        hub.add(f"owner/{name}", {f"{name}.gguf": ggufs.small_model(ggufs.string("n", name))})
        get(access, f"owner/{name}", name)
    del hub.repos["owner/one"]
    capsys.readouterr()
    assert list_models(newer=True, as_json=False, make_access=access, uses_of=tuple) == 0
    captured = capsys.readouterr()
    assert "owner/one is not there" in captured.err
    assert "two.gguf" in captured.out


def test_a_downloaded_models_session_names_where_it_was_had(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    content = ggufs.small_model(ggufs.u32("llama.block_count", 1))
    hub.add(REPO, {"Small-Q8_0.gguf": content})
    get(access, REPO, "Q8_0")
    path = Path(capsys.readouterr().out.strip())
    (contender,) = read_contenders([path], Runtime(), describe)
    assert contender.model.origin == Origin(
        endpoint=hub.endpoint,
        repo=REPO,
        file="Small-Q8_0.gguf",
        commit="c" * 40,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def test_a_model_that_is_gone_is_had_again_by_what_its_failure_says(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    content = ggufs.small_model(ggufs.u32("llama.block_count", 1))
    hub.add(REPO, {"deep/Small 1-Q8_0.gguf": content})
    get(access, REPO, "Q8_0")
    path = Path(capsys.readouterr().out.strip())
    (contender,) = read_contenders([path], Runtime(), describe)
    path.unlink()
    with pytest.raises(MissingFile, match=f"It came from {REPO}: `models get ") as failure:
        memory_need(contender.model, Runtime())
    (address,) = re.findall(r"models get (\S+)`", str(failure.value))
    assert get(access, address, None) == 0
    assert path.read_bytes() == content


def test_a_session_tells_where_its_models_were_had(home: Path, capsys: Capture) -> None:
    whole = session(None, reply())
    origin = Origin(repo="owner/m", file="m.gguf", commit="c" * 40)
    contenders = tuple(
        msgspec.structs.replace(each, model=msgspec.structs.replace(each.model, origin=origin))
        for each in whole.contenders
    )
    with History.open(database_path()) as history, history._database.write() as connection:
        insert_session(connection, msgspec.structs.replace(whole, contenders=contenders), None)
    assert run(("sessions", "show", whole.id)) == 0
    shown = capsys.readouterr().out
    assert "model 0: from owner/m, m.gguf, revision cccccccccccc" in shown
    assert f"models get https://huggingface.co/owner/m/resolve/{'c' * 40}/m.gguf" in shown
