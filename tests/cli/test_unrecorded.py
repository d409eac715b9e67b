"""Runs that the history does not take, offered for export at the terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.compare import report, screens_for
from cli.running import Outcome
from storage.document import parse
from storage.folders import database_path
from storage.history import History
from tests.storage import samples

Capture = pytest.CaptureFixture[str]
SESSION = samples.session(samples.plan(), samples.reply(), samples.reply("model 1"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Terminal]:
    """Somebody at a terminal who types this; gives what they are told."""

    def type_it(text: str) -> Terminal:
        told = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        monkeypatch.setattr(sys, "stderr", told)
        return told

    return type_it


def end_run(*, recorded: bool, as_json: bool = False) -> int:
    outcome = Outcome(session=SESSION, recorded=recorded, stopped=False)
    with History.open(database_path()) as history:
        return report(outcome, screens_for(as_json=as_json), history, as_json=as_json)


@pytest.mark.usefixtures("home")
def test_a_run_that_was_not_recorded_is_kept_in_the_file_that_is_named(
    typed: Callable[[str], Terminal], tmp_path: Path
) -> None:
    there, wanted = tmp_path / "there.json", tmp_path / "mine.json"
    there.write_text("dear")
    told = typed(f"{there}\n{tmp_path / 'mine.docx'}\n{wanted}\n")
    assert end_run(recorded=False) == 0
    assert parse(wanted.read_bytes(), "mine.json") == SESSION
    assert there.read_text() == "dear"
    said = " ".join(told.getvalue().split())
    assert "there.json is there already" in said
    assert "mine.docx names no format" in said
    assert "mine.json." in said


@pytest.mark.usefixtures("home")
def test_who_wants_no_file_presses_enter(typed: Callable[[str], Terminal]) -> None:
    assert "Enter to go without" in _told(typed("\n"))


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("as_json", [False, True])
def test_nobody_is_asked_without_a_terminal_or_where_the_document_is_written(
    as_json: bool,
    typed: Callable[[str], Terminal],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    told = typed("")
    if not as_json:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
    end_run(recorded=False, as_json=as_json)
    assert "did not take" not in told.getvalue()


def _told(told: Terminal) -> str:
    end_run(recorded=False)
    return " ".join(told.getvalue().split())
