"""models get: what arrives, what is refused, and what a break leaves."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path

import pytest

from cli import models_get
from cli.app import run
from cli.hub_access import Access
from cli.usage import WrongUsage
from models.download.throttle import Throttle
from models.hub.errors import AccessDenied, Offline
from models.hub.settings import HubSettings
from tests.cli.hub.commands import CONTENT, REPO, Capture, MakeAccess, files, get, search
from tests.models.fakehub import FakeHub


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
