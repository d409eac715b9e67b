"""Sessions filtered, edited, compared and salvaged from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from cli.app import run
from engine.contract import Environment
from storage.folders import database_path
from storage.history import History
from tests.storage import samples
from tests.storage.test_salvage import fill, overwrite

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("home")


def record(title: str, environment: Environment = samples.ENVIRONMENT, text: str = "Same.") -> str:
    planned = samples.plan(title=title)
    with History.open(database_path()) as history:
        recorder = history.recorder()
        session = recorder.begin(planned, environment)
        for contender in planned.contenders:
            recorder.record(session, samples.reply(contender.name, text=text))
        recorder.end(session, "finished")
    return session


def ids(capsys: Capture) -> list[str]:
    return [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]


def test_a_list_is_filtered_and_sorted(capsys: Capture) -> None:
    other = msgspec.structs.replace(samples.ENVIRONMENT, cpu="Another CPU")
    first, second = record("b", other), record("a")
    run(("sessions", "edit", first, "--tag", "client", "--star"))
    capsys.readouterr()
    file = samples.plan().contenders[0].model.file
    for asked, found in (
        (("--tag", "client"), [first]),
        (("--starred",), [first]),
        (("--machine", "Another CPU"), [first]),
        (("--kind", "suite", "--kind", "bench"), ["No session has all of this."]),
        (("--since", "2020-01-01"), [second, first]),
        (("--until", "2020-01-01"), ["No session has all of this."]),
        (("--sort", "title", "--ascending"), [second, first]),
        (("--model", file, "--quantization", "Q4_1", "--sort", "title"), [first, second]),
        (("--model", "another.gguf"), ["No session has all of this."]),
    ):
        assert run(("sessions", "list", *asked)) == 0
        assert ids(capsys) == found, asked


@pytest.mark.parametrize("asked", [("--kind", "chat"), ("--sort", "colour"), ("--since", "soon")])
def test_what_cannot_be_asked_for_is_told(asked: tuple[str, ...], capsys: Capture) -> None:
    assert run(("sessions", "list", *asked)) == 2
    assert asked[1] in capsys.readouterr().err


def test_titles_notes_tags_and_stars_are_changed(capsys: Capture) -> None:
    one, other = record("one"), record("other")
    assert run(("sessions", "edit", one, "--title", "A better one", "--notes", "Ask.")) == 0
    assert run(("sessions", "edit", one, other, "--tag", "a", "--tag", "b", "--star")) == 0
    assert run(("sessions", "edit", other, "--untag", "a", "--no-star")) == 0
    assert "1 session changed" in capsys.readouterr().err
    with History.open(database_path()) as history:
        first, second = history.session(one), history.session(other)
    assert (first.title, first.notes, first.tags) == ("A better one", "Ask.", ("a", "b"))
    assert (first.starred, second.starred, second.tags) == (True, False, ("b",))


def test_a_title_is_given_to_one_session_alone(capsys: Capture) -> None:
    one, other = record("one"), record("other")
    assert run(("sessions", "edit", one, other, "--title", "Both")) == 2
    assert run(("sessions", "edit", one)) == 2
    assert "--no-star" in capsys.readouterr().err


def test_two_sessions_are_compared_the_earlier_first(capsys: Capture) -> None:
    before = record("before", text="A balance.")
    newer = msgspec.structs.replace(samples.ENVIRONMENT, llama_cpp="0.9.9")
    after = record("after", newer, text="A scale.")
    assert run(("sessions", "compare", after, before, "--texts")) == 0
    out = capsys.readouterr().out
    assert f"difference\tllama.cpp\t\t{samples.ENVIRONMENT.llama_cpp}\t0.9.9" in out
    assert "figure\tmodel 0\tSpeed\t51.4 tok/s\t51.4 tok/s\t±0 %" in out
    assert "reply\tWhat is a steelyard?\tmodel 0\t1\tchanged" in out
    assert out.index("A balance.") < out.index("A scale.")
    assert run(("sessions", "compare", before, after, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["differences"][0]["what"] == "llama.cpp"


def test_several_sessions_are_deleted_at_once() -> None:
    one, other, kept = record("one"), record("other"), record("kept")
    assert run(("sessions", "delete", one, other, "--yes")) == 0
    with History.open(database_path()) as history:
        assert [each.id for each in history.sessions()] == [kept]


def test_a_damaged_history_names_the_command_that_salvages_it(home: Path, capsys: Capture) -> None:
    home.mkdir()
    path = database_path()
    fill(path, 6)
    n_pages = path.stat().st_size // 4096
    overwrite(path, list(range(n_pages // 2, n_pages // 2 + 10)))
    with History.open(path) as history:
        everything = [each.id for each in history.sessions()]
    codes = {run(("sessions", "show", each, "--json")) for each in everything}
    assert 1 in codes
    assert "sessions salvage" in capsys.readouterr().err
    assert run(("sessions", "salvage")) == 0
    assert "The damaged file was kept" in capsys.readouterr().err
    assert list(home.glob("history-damaged-*"))
    with History.open(path) as history:
        for each in history.sessions():
            assert history.session(each.id).id == each.id


def test_a_whole_history_is_not_salvaged(home: Path, capsys: Capture) -> None:
    record("one")
    assert run(("sessions", "salvage")) == 0
    assert "The history is whole; nothing was done." in capsys.readouterr().err
    assert not list(home.glob("*damaged*"))


def test_a_network_folder_is_told_once(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.network.network_warning", lambda folder: "It is far away.")
    for told in (True, False):
        run(("sessions", "list"))
        assert ("It is far away." in capsys.readouterr().err) is told
