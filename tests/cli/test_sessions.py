"""The history from the command line."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from cli.app import run
from cli.sessions import (
    delete,
    export,
    import_sessions,
    list_sessions,
    short_id,
    show_session,
)
from engine.contract import Findings, FinishReason, NoBest, Vote
from engine.errors import StorageError
from storage.document import parse
from storage.export import ENDINGS
from storage.folders import database_path
from storage.history import History
from tests.cli.test_terminal import EVIL
from tests.storage import samples

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def session_id(home: Path) -> str:
    """A recorded comparison of two models."""
    planned = samples.plan(title="Steelyards")
    with History.open(database_path()) as history:
        recorder = history.recorder()
        session = recorder.begin(planned, samples.ENVIRONMENT)
        for contender in planned.contenders:
            recorder.record(session, samples.reply(contender.name))
        recorder.end(session, "finished")
    return session


def test_an_empty_history_says_how_to_fill_it(capsys: Capture) -> None:
    assert list_sessions(limit=20, as_json=False) == 0
    assert "compare" in capsys.readouterr().out


def test_a_list_names_id_title_models_and_replies(session_id: str, capsys: Capture) -> None:
    list_sessions(limit=20, as_json=False)
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields[0] == session_id
    assert fields[2:] == ["finished", "2/2", "Steelyards", "model 0, model 1", "compare"]


@pytest.mark.parametrize(
    ("reasons", "status", "progress"),
    [
        (("error", "error"), "failed", "0/2"),
        (("stop", "error"), "finished", "1/2"),
    ],
)
def test_a_list_counts_no_failed_reply(
    reasons: tuple[FinishReason, ...],
    status: str,
    progress: str,
    home: Path,
    capsys: Capture,
) -> None:
    with History.open(database_path()) as history:
        recorder = history.recorder()
        session = recorder.begin(samples.plan(), samples.ENVIRONMENT)
        for number, reason in enumerate(reasons):
            recorder.record(session, samples.reply(f"model {number}", finish_reason=reason))
        recorder.end(session, "finished")
    list_sessions(limit=20, as_json=False)
    assert capsys.readouterr().out.split("\t")[2:4] == [status, progress]
    show_session(session, as_json=False)
    assert f"{reasons.count('error')} failed" in capsys.readouterr().out


def test_a_list_is_json_on_request(session_id: str, capsys: Capture) -> None:
    list_sessions(limit=20, as_json=True)
    (only,) = json.loads(capsys.readouterr().out)
    assert (only["id"], only["n_replies"], only["contenders"]) == (
        session_id,
        2,
        ["model 0", "model 1"],
    )


def test_a_session_is_shown_as_its_run_was(session_id: str, capsys: Capture) -> None:
    assert show_session(session_id, as_json=False) == 0
    shown = capsys.readouterr().out
    for words in (
        "Steelyards",
        "finished · 2 of 2 replies",
        "What is a steelyard?",
        "[model 0]",
        "A balance with arms of unequal length.",
        "51.4 tok/s",
        "Sampling: greedy · seed 42",
        "context 4096",
    ):
        assert words in shown


CHOICES: Final[tuple[tuple[str | None, NoBest | None, bool], ...]] = (
    ("model 1", None, True),
    (None, None, False),
    (None, "tie", False),
    (None, "all_bad", False),
)


def test_a_session_shows_what_was_chosen(session_id: str, capsys: Capture) -> None:
    with History.open(database_path()) as history:
        case = history.session(session_id).cases[0].id
        created = datetime(2026, 11, 24, tzinfo=UTC)
        votes = tuple(
            Vote(case=case, best=best, no_best=no_best, blind=blind, created=created)
            for best, no_best, blind in CHOICES
        )
        history.keep(session_id, Findings(votes=votes))
    show_session(session_id, as_json=False)
    shown = capsys.readouterr().out
    assert "Prompt 1: model 1 was chosen, without seeing names." in shown
    assert "Prompt 1: none was better." in shown
    assert "Prompt 1: all were equally good." in shown
    assert "Prompt 1: none was good." in shown


def test_an_id_may_be_shortened_to_what_the_list_shows(session_id: str, capsys: Capture) -> None:
    assert show_session(short_id(session_id), as_json=True) == 0
    assert parse(capsys.readouterr().out.encode(), "output").id == session_id


def test_an_unknown_id_is_a_sentence() -> None:
    with pytest.raises(StorageError, match="zzzz"):
        show_session("zzzz", as_json=False)


def test_an_exported_session_comes_back_after_it_was_deleted(
    session_id: str, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "session.json"
    assert export([session_id], file) == 0
    assert delete([session_id], sure=True) == 0
    assert import_sessions(file) == 0
    assert import_sessions(file) == 0
    assert "here already" in capsys.readouterr().err
    with History.open(database_path()) as history:
        assert history.session(session_id).title == "Steelyards"


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_is_offered_by_name_and_written(
    ending: str, session_id: str, tmp_path: Path, capsys: Capture
) -> None:
    assert run(("sessions", "export", "--help")) == 0
    assert re.search(rf"{re.escape(ending)}\b", capsys.readouterr().out)
    file = tmp_path / f"session{ending}"
    assert run(("sessions", "export", session_id, "--to", str(file))) == 0
    assert file.stat().st_size > 100


def test_several_sessions_go_into_one_file(session_id: str, tmp_path: Path) -> None:
    with History.open(database_path()) as history:
        recorder = history.recorder()
        other = recorder.begin(samples.plan(title="Other"), samples.ENVIRONMENT)
        recorder.end(other, "stopped")
    file = tmp_path / "both.jsonl"
    assert export([session_id, other, session_id], file) == 0
    ids = [json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert ids == [session_id, other]


def test_sessions_in_one_file_are_told_in_one_line(
    session_id: str, tmp_path: Path, capsys: Capture
) -> None:
    with History.open(database_path()) as history:
        other = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
    export([session_id, other], tmp_path / "two.csv")
    assert capsys.readouterr().err == f"2 sessions were written to {tmp_path / 'two.csv'}.\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.txt", "names no format"),
        ("noext", "names no format"),
        ("x.csv --paper letter", "--paper is of a PDF"),
    ],
)
def test_an_export_that_cannot_be_is_wrong_usage(
    session_id: str, name: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    target, *options = name.split()
    assert run(("sessions", "export", session_id, "--to", str(tmp_path / target), *options)) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / target).exists()


def test_two_sessions_in_one_json_are_wrong_usage(session_id: str, tmp_path: Path) -> None:
    with History.open(database_path()) as history:
        other = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
    target = str(tmp_path / "two.json")
    assert run(("sessions", "export", session_id, other, "--to", target)) == 2


@pytest.mark.parametrize(
    "command",
    [
        ("sessions", "import", "x.csv"),
        ("sessions", "import", "nowhere.json"),
        ("sessions", "show", "nobody"),
        ("compare", "--resume", "00"),
        ("cost", "--price-file", "/nope"),
    ],
    ids=" ".join,
)
def test_names_of_nothing_are_wrong_usage(
    command: tuple[str, ...], session_id: str, capsys: Capture
) -> None:
    given = (*command, session_id) if command[0] == "cost" else command
    assert run(given) == 2
    assert command[-1] in capsys.readouterr().err


def test_paths_are_left_out_on_request(session_id: str, tmp_path: Path) -> None:
    with History.open(database_path()) as history:
        (path, *_) = {each.model.path for each in history.session(session_id).contenders}
    file = tmp_path / "session.json"
    run(("sessions", "export", session_id, "--to", str(file)))
    assert path in file.read_text(encoding="utf-8")
    run(("sessions", "export", session_id, "--to", str(file), "--without-paths"))
    assert path not in file.read_text(encoding="utf-8")


def test_a_search_shows_where_the_words_stand(session_id: str, capsys: Capture) -> None:
    assert run(("sessions", "search", "unequal", "arms")) == 0
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert (fields[0], fields[2], fields[3]) == (session_id, "Steelyards", "reply of model 0")
    assert "arms of unequal length" in fields[4]
    assert run(("sessions", "search", "steelyards", "--json")) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert only["hit"]["place"] == "title"


def test_a_search_can_be_narrowed_to_tags_and_stars(session_id: str, capsys: Capture) -> None:
    with History.open(database_path()) as history:
        history.add_tag([session_id], "client")
    assert run(("sessions", "search", "arms", "--tag", "client")) == 0
    assert session_id in capsys.readouterr().out
    assert run(("sessions", "search", "arms", "--starred")) == 0
    assert capsys.readouterr().out == ""


def test_a_search_without_a_find_says_so(session_id: str, capsys: Capture) -> None:
    assert run(("sessions", "search", "zebra")) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "No session has these words" in captured.err


def test_a_search_tells_how_many_more_there_are(session_id: str, capsys: Capture) -> None:
    with History.open(database_path()) as history:
        recorder = history.recorder()
        for _ in range(2):
            recorder.end(
                recorder.begin(samples.plan(title="Steelyards"), samples.ENVIRONMENT), "stopped"
            )
    run(("sessions", "search", "steelyards", "--limit", "1"))
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1
    assert "2 more" in captured.err


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "kept"), [("n\n", True), ("\n", True), ("y\n", False)])
def test_a_person_is_asked_before_a_session_is_deleted(
    session_id: str, answer: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))
    screen = Keyboard()
    monkeypatch.setattr(sys, "stderr", screen)
    assert delete([session_id], sure=False) == 0
    assert "“Steelyards”" in screen.getvalue()
    assert "Delete it for good?" in screen.getvalue()
    with History.open(database_path()) as history:
        assert bool(history.sessions()) is kept


def test_without_a_terminal_nothing_is_deleted_unasked(
    session_id: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert run(("sessions", "delete", session_id)) == 2
    assert "Nothing was deleted" in capsys.readouterr().err
    with History.open(database_path()) as history:
        assert history.sessions()


def test_titles_and_replies_of_foreign_sessions_cannot_control_the_terminal(
    home: Path, capsys: Capture
) -> None:
    planned = samples.plan(contenders=1, title=EVIL.replace("\x00", ""))
    with History.open(database_path()) as history:
        recorder = history.recorder()
        session = recorder.begin(planned, samples.ENVIRONMENT)
        recorder.record(session, samples.reply(text=EVIL.replace("\x00", "")))
        recorder.end(session, "finished")
    list_sessions(limit=1, as_json=False)
    show_session(session, as_json=False)
    captured = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r"} & set(captured.out + captured.err)
