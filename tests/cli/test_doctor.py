"""doctor: what is there, what is missing, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import doctor
from cli.doctor import diagnose
from engine.contract import Environment
from engine.errors import MissingFile, WorkerDied
from engine.machine import describe_environment
from storage.folders import database_path
from storage.history import History

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def bench_is(monkeypatch: pytest.MonkeyPatch) -> type:
    """Replace the bench that asks llama.cpp by one of this class."""

    class Bench:
        answer: Environment | WorkerDied = describe_environment((), "llama.cpp x")

        def __init__(self, **_: object) -> None:
            pass

        def environment(self, _servers: tuple[str, ...]) -> Environment:
            if isinstance(self.answer, WorkerDied):
                raise self.answer
            return self.answer

        def close(self) -> None:
            pass

    monkeypatch.setattr(doctor, "Bench", Bench)
    return Bench


def test_without_llama_cpp_it_says_so_and_ends_with_1(
    bench_is: type, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    sentence = "llama.cpp is not installed in this environment. Run `make setup`."
    monkeypatch.setattr(bench_is, "answer", WorkerDied(sentence))
    assert doctor.doctor(rpc_servers=(), as_json=False) == 1
    assert sentence in capsys.readouterr().out.replace("\n", " ")


def test_a_missing_demo_model_is_no_obstacle(
    bench_is: type, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def missing() -> Path:
        raise MissingFile("The small model x is not installed. Run `make setup` to get it.")

    monkeypatch.setattr(doctor, "demo_model_path", missing)
    assert doctor.doctor(rpc_servers=(), as_json=False) == 0
    shown = capsys.readouterr().out
    assert "The small model of the demo is not installed." in shown
    assert "Run `make setup` to get it." in shown


def test_a_damaged_history_is_named(bench_is: type, home: Path) -> None:
    home.mkdir()
    (home / "history.sqlite3").write_bytes(b"no database at all" * 100)
    found = diagnose()
    assert found.sessions is None
    assert any("history" in each.what for each in found.missing)


def test_a_damaged_history_is_named_with_what_salvages_it(bench_is: type, home: Path) -> None:
    path = database_path()
    with History.open(path):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\x07" * (len(whole) - 100))
    found = diagnose()
    assert any("sessions salvage" in each.remedy for each in found.missing)


def test_a_data_folder_that_cannot_be_used_is_named(
    bench_is: type, home: Path, capsys: Capture
) -> None:
    home.touch()
    assert doctor.doctor(rpc_servers=(), as_json=False) == 1
    shown = capsys.readouterr().out.replace("\n", " ")
    assert "is a file and not a folder" in shown
    assert "STEELYARD_HOME" in shown
    assert "made when needed" not in shown
    assert "cannot be used" in shown


def test_looking_makes_no_folder(bench_is: type, home: Path) -> None:
    found = diagnose()
    assert not home.exists()
    assert {each.use for each in found.folders} == {"data", "history", "models", "logs"}
