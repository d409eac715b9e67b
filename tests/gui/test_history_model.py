"""The History page without a screen, over the real database."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.contract import Session
from gui.history.export_dialog import FORMATS
from gui.history.exporter import Chosen, Form
from gui.history.exporting import with_ending
from gui.history.history_model import PAGE, HistoryModel
from gui.history.table_model import Column, Role
from gui.history.words import day
from gui.jobs import Jobs
from storage.comparison_words import percent, replies_words
from storage.export import ENDINGS, export_sessions, first_page, render
from storage.exports.redaction import Omit
from storage.history import History
from storage.query import EVERYTHING, Query
from storage.recorder import SessionRecorder
from tests.gui.acting import A, B, two_prompts
from tests.gui.fakes import reply_to, session_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).astimezone()


def keep(history: History, folder: Path, sessions: Sequence[Session]) -> None:
    """Put sessions into the history as they are, dates included."""
    path = folder / "kept.jsonl"
    export_sessions(sessions, path)
    history.import_file(path)


def earlier(
    number: int, *, title: str = "", text: str = "An answer.", hours: float = 1.0
) -> Session:
    replies = [reply_to(A.name, case=case, text=text, speed=50.0 + number) for case in "12"]
    return session_of(
        two_prompts(),
        replies,
        session_id=f"{number:08d}",
        title=title or f"Session {number}",
        age=timedelta(hours=hours * (number + 1)),
    )


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.db") as opened:
        yield opened


@pytest.fixture
def model(qtbot: QtBot, jobs: Jobs, history: History) -> Iterator[HistoryModel]:
    made = HistoryModel(jobs, export_sessions, render, first_page)
    faults: list[str] = []
    made.failed.connect(faults.append)
    made.use(history)
    yield made
    assert jobs.close()
    made.close()
    made.deleteLater()
    assert not faults


def show(qtbot: QtBot, model: HistoryModel) -> None:
    with qtbot.waitSignals([model.loaded, model.choices_changed]):
        model.show()


def titles(model: HistoryModel) -> list[str]:
    return [row.title for row in model.table.summaries]


def text(model: HistoryModel, row: int, column: Column) -> object:
    return model.table.index(row, column).data()


def test_nothing_is_read_before_the_page_is_seen(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0)])
    assert not model.table.summaries
    show(qtbot, model)
    assert titles(model) == ["Session 0"]


def test_a_row_says_what_a_session_is(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    session = msgspec.structs.replace(earlier(0), tags=("client",), starred=True)
    keep(history, tmp_path, [session])
    show(qtbot, model)
    assert [text(model, 0, column) for column in Column if column != Column.WHEN] == [
        "★",
        "Session 0",
        "Compare",
        f"{A.name}, {B.name}",
        "2 of 4",
        "finished",
        "client",
    ]
    index = model.table.index(0, Column.REPLIES)
    assert index.data(Role.SORT) == 2
    assert model.table.index(0, Column.STAR).data(Qt.ItemDataRole.AccessibleTextRole) == "starred"


def test_rows_stand_under_their_days_while_they_are_sorted_by_date(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0, hours=0), earlier(1, hours=15), earlier(2, hours=17)])
    show(qtbot, model)
    days = [model.table.index(row, 0).data(Role.DAY) for row in range(3)]
    assert days[0] is not None
    assert sum(name is not None for name in days) == len(
        {row.created.astimezone().date() for row in model.table.summaries}
    )
    with qtbot.waitSignal(model.loaded):
        model.restrict(Query(sort="title", ascending=True))
    assert [model.table.index(row, 0).data(Role.DAY) for row in range(3)] == [None, None, None]


@pytest.mark.parametrize(
    ("days_ago", "name"),
    [
        (0, "Today"),
        (1, "Yesterday"),
        (3, "Saturday 21 November"),
        (7, "17 November 2026"),
        (-1, "25 November 2026"),
    ],
)
def test_a_day_has_a_name(days_ago: int, name: str) -> None:
    assert day(NOON - timedelta(days=days_ago), NOON.date()) == name


def test_a_search_marks_its_words_and_goes_by_the_filters(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    starred = msgspec.structs.replace(earlier(1, text="A violet sky."), starred=True)
    keep(history, tmp_path, [earlier(0, text="The sky is blue."), starred, earlier(2)])
    show(qtbot, model)
    with qtbot.waitSignal(model.loaded):
        model.search("sky")
    assert titles(model) == ["Session 0", "Session 1"]
    hit = model.table.summaries[0].hit
    assert hit is not None
    assert [part.text for part in hit.excerpt if part.hit] == ["sky"]
    with qtbot.waitSignal(model.loaded):
        model.restrict(Query(starred=True))
    assert titles(model) == ["Session 1"]


def test_a_search_that_another_has_overtaken_is_not_made(
    qtbot: QtBot, jobs: Jobs, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0, title="Apples"), earlier(1, title="Pears")])
    show(qtbot, model)
    asked: list[str] = []
    find = history.sessions

    def listen(limit: int | None, offset: int = 0, query: Query = EVERYTHING) -> object:
        asked.append(query.text)
        return find(limit, offset, query)

    history.sessions = listen  # type: ignore[method-assign,assignment] # to listen in
    held = threading.Event()
    jobs.start("history", lambda: held.wait(5))
    for words in ("app", "apples", "pears"):
        model.search(words)
        model.reload()
    with qtbot.waitSignal(model.loaded):
        held.set()
    assert asked == ["pears"]
    assert titles(model) == ["Pears"]


def test_more_rows_are_fetched_as_they_are_wanted(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(n) for n in range(PAGE + 20)])
    show(qtbot, model)
    assert model.table.rowCount() == PAGE
    # The tester fetches what it can as soon as it is there.
    tester = QAbstractItemModelTester(model.table)
    assert model.n_found == PAGE + 20
    qtbot.waitUntil(lambda: titles(model) == [f"Session {n}" for n in range(PAGE + 20)])
    assert not model.table.canFetchMore(model.table.index(-1, -1))
    tester.deleteLater()


def test_sessions_of_another_process_appear_within_a_second(
    qtbot: QtBot, model: HistoryModel, tmp_path: Path
) -> None:
    show(qtbot, model)
    with History.open(tmp_path / "history.db") as other:
        recorder: SessionRecorder = other.recorder()
        recorder.begin(two_prompts(), earlier(0).environment)
        qtbot.waitUntil(lambda: model.table.rowCount() == 1, timeout=1000)


def test_the_list_is_not_read_while_nobody_sees_it(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    show(qtbot, model)
    model.hide()
    with qtbot.assertNotEmitted(model.loaded, wait=600):
        keep(history, tmp_path, [earlier(0)])


@pytest.mark.parametrize(
    ("act", "look", "wanted"),
    [
        (lambda m, i: m.rename(i, "Renamed"), lambda s: s.title, "Renamed"),
        (lambda m, i: m.set_notes(i, "Ask again."), lambda s: s.notes, "Ask again."),
        (lambda m, i: m.add_tag((i,), "client"), lambda s: s.tags, ("old", "client")),
        (lambda m, i: m.remove_tag((i,), "old"), lambda s: s.tags, ()),
        (lambda m, i: m.set_starred((i,), starred=True), lambda s: s.starred, True),
    ],
    ids=["title", "notes", "tag added", "tag removed", "star"],
)
def test_what_the_user_says_is_kept_and_shown(
    qtbot: QtBot,
    model: HistoryModel,
    history: History,
    tmp_path: Path,
    act: Callable[[HistoryModel, str], None],
    look: Callable[[Session], object],
    wanted: object,
) -> None:
    keep(history, tmp_path, [msgspec.structs.replace(earlier(0), tags=("old",))])
    show(qtbot, model)
    read: list[Session] = []
    model.chosen_read.connect(lambda session: read.append(session) if session else None)
    with qtbot.waitSignal(model.chosen_read):
        model.choose(["00000000"])
    with qtbot.waitSignal(model.changed):
        act(model, "00000000")
    qtbot.waitUntil(lambda: look(read[-1]) == wanted)
    assert look(history.session("00000000")) == wanted


def test_what_is_deleted_comes_back_until_the_window_closes(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(n) for n in range(3)])
    show(qtbot, model)
    model.choose(["00000000", "00000001"])
    with qtbot.waitSignal(model.discarded) as discarded:
        model.discard_chosen()
    qtbot.waitUntil(lambda: titles(model) == ["Session 2"])
    model.restore([row.id for row in discarded.args[0]])
    qtbot.waitUntil(lambda: model.table.rowCount() == 3)
    model.bin.end_undo(["00000000", "00000001"])
    assert history.count() == 3


def test_what_is_deleted_is_gone_once_nobody_can_undo_it(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0), earlier(1, text="zanzibarquartz " * 5000)])
    show(qtbot, model)
    model.choose(["00000001"])
    with qtbot.waitSignal(model.discarded):
        model.discard_chosen()
    with qtbot.waitSignal(model.bin.undo_ended) as ended:
        model.bin.end_undo(["00000001"])
    assert ended.args == [("00000001",)]

    def no_word_is_left() -> bool:
        files = (tmp_path / "history.db", tmp_path / "history.db-wal")
        return all(b"zanzibarquartz" not in file.read_bytes() for file in files)

    qtbot.waitUntil(no_word_is_left)
    history.restore(["00000001"])
    assert history.count() == 1


def test_what_an_earlier_window_left_in_the_bin_is_deleted_at_the_start(
    qtbot: QtBot,
    jobs: Jobs,
    history: History,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep(history, tmp_path, [earlier(0), earlier(1)])
    history.discard(["00000000"])
    model = HistoryModel(jobs, export_sessions, render, first_page)
    model.use(history)
    finished: list[None] = []
    jobs.start("bin", lambda: None, finished.append)
    qtbot.waitUntil(lambda: bool(finished))
    history.restore(["00000000"])
    assert history.count() == 2  # another window may still offer it
    history.discard(["00000000"])
    monkeypatch.setattr("gui.history.bin_model.UNDO_MINUTES", -2)
    model.use(history)
    jobs.start("bin", lambda: None, finished.append)
    qtbot.waitUntil(lambda: len(finished) == 2)
    history.restore(["00000000"])
    assert history.count() == 1
    model.close()
    model.deleteLater()


def test_a_change_is_told_even_while_the_page_is_not_seen(
    qtbot: QtBot, model: HistoryModel, tmp_path: Path
) -> None:
    other = History.open(tmp_path / "history.db")
    with other, qtbot.waitSignal(model.changed, timeout=1000):
        other.recorder().begin(two_prompts(), earlier(0).environment)
    assert not model.table.summaries


def test_what_is_deleted_is_gone_after_the_window_has_closed(
    qtbot: QtBot, jobs: Jobs, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0), earlier(1)])
    show(qtbot, model)
    model.choose(["00000000"])
    with qtbot.waitSignal(model.discarded):
        model.discard_chosen()
    assert jobs.close()
    model.close()
    history.restore(["00000000"])
    assert [row.id for row in history.sessions()] == ["00000001"]


def test_two_sessions_are_compared_the_earlier_first(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0, text="New words."), earlier(1)])
    show(qtbot, model)
    assert model.why_not_compare() == "Choose a session first."
    model.choose(["00000000"])
    assert model.why_not_compare() == "Choose two sessions to compare them."
    model.choose(["00000000", "00000001"])
    with qtbot.waitSignal(model.compared) as compared:
        model.compare()
    before, after, comparison = compared.args
    assert (before.id, after.id) == ("00000001", "00000000")
    assert [pair.same for pair in comparison.replies] == [False, False]


def test_an_export_is_written_and_imported_again(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [msgspec.structs.replace(earlier(0), notes="Mine"), earlier(1)])
    path = tmp_path / "both.jsonl"
    with qtbot.waitSignal(model.noticed) as noticed:
        chosen = to_export(model, "00000000", "00000001")
        model.exporter.export(chosen, path, Form(".jsonl", Omit(notes=True)))
    assert noticed.args == [f"2 sessions written to {path}."]
    history.delete("00000000")
    with qtbot.waitSignal(model.noticed) as noticed:
        model.import_files([path])
    assert noticed.args == ["1 session imported from both.jsonl. 1 session had been here before."]
    assert not history.session("00000000").notes


def to_export(model: HistoryModel, *ids: str) -> Chosen:
    chosen = model.to_export(ids)
    assert chosen is not None
    return chosen


def previewed(qtbot: QtBot, model: HistoryModel, form: Form) -> Any:
    with qtbot.waitSignal(model.exporter.previewed, timeout=20_000) as shown:
        model.exporter.preview(to_export(model, "00000000"), form)
    return shown.args[0]


@pytest.mark.parametrize("ending", [".md", ".csv", ".json"])
def test_an_export_as_text_is_previewed_as_it_would_be_written(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path, ending: str
) -> None:
    keep(history, tmp_path, [earlier(0, text="A violet sky.")])
    shown = previewed(qtbot, model, Form(ending))
    whole = render([history.session("00000000")], ending).decode("utf-8-sig")
    assert whole.startswith(shown.removesuffix("…"))


def test_a_workbook_is_previewed_as_its_sheets(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0, text="A violet sky.")])
    sheets = {part.name: part for part in previewed(qtbot, model, Form(".xlsx"))}
    book = openpyxl.load_workbook(io.BytesIO(render([history.session("00000000")], ".xlsx")))
    assert list(sheets) == book.sheetnames
    assert "A violet sky." in next(iter(sheets["Replies"].lines))


@pytest.mark.parametrize("ending", [".html", ".pdf"])
def test_a_report_is_previewed_as_its_first_page_on_the_paper_asked_for(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path, ending: str
) -> None:
    keep(history, tmp_path, [earlier(0)])
    page = QImage.fromData(previewed(qtbot, model, Form(ending, paper="letter")))
    assert page.width() / page.height() == pytest.approx(8.5 / 11, abs=0.005)


def test_a_preview_that_cannot_be_made_says_why(
    qtbot: QtBot, model: HistoryModel, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [earlier(0)])
    chosen = to_export(model, "00000000")
    history.delete("00000000")
    with qtbot.waitSignal(model.exporter.previewed) as shown:
        model.exporter.preview(chosen, Form(".md"))
    assert "00000000" in shown.args[0]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("mine", "mine.html"),
        ("Report v1.2", "Report v1.2.html"),
        ("mine.HTML", "mine.HTML"),
        ("mine.pdf", "mine.html"),
    ],
)
def test_a_file_has_the_ending_of_its_format_and_keeps_its_name(typed: str, written: str) -> None:
    assert with_ending(Path(typed), ".html") == Path(written)


def test_a_broken_file_is_refused_with_its_reason(
    qtbot: QtBot, jobs: Jobs, history: History, tmp_path: Path
) -> None:
    model = HistoryModel(jobs, export_sessions, render, first_page)
    model.use(history)
    path = tmp_path / "broken.json"
    path.write_text('{"format": "steelyard.session", ')
    with qtbot.waitSignal(model.failed) as failed:
        model.import_files([path])
    assert "broken.json" in str(failed.args)
    model.close()
    model.deleteLater()


def test_the_dialog_offers_every_format_of_the_storage() -> None:
    assert {ending for ending, _, _ in FORMATS} | {".jsonl"} == set(ENDINGS)


@pytest.mark.parametrize(
    ("ratio", "words"), [(1.12, "+12 %"), (0.96, "−4 %"), (1.001, "±0 %"), (2.5, "+150 %")]
)
def test_a_change_of_speed_is_worded(ratio: float, words: str) -> None:
    assert percent(ratio) == words


def test_the_replies_that_stayed_the_same_are_counted_among_pairs() -> None:
    states = ["same", "changed", "failed", "only after"]
    assert replies_words(states) == "Replies: 1 of 3 pairs the same, 1 in one session only"
