"""What the window does about a history that is damaged, missing or on a network drive."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.errors import DamagedHistory, StorageError
from gui.jobs import Jobs
from gui.sessions.keeper import HistoryKeeper
from gui.widgets.banner import Banner
from storage.history import History
from storage.salvage import salvage, salvaged_words
from tests.gui.acting import OpenDesk
from tests.gui.fakes import FakeHistory, Fakes
from tests.gui.test_history_model import earlier, keep
from tests.storage.test_salvage import overwrite


def fail_once(fault: StorageError) -> object:
    faults = [fault]

    def open_history() -> FakeHistory:
        if faults:
            raise faults.pop()
        return FakeHistory()

    return open_history


def press(banner: Banner) -> None:
    button = banner.findChild(QPushButton)
    assert button is not None
    button.click()


@pytest.mark.parametrize(
    ("fault", "signal"),
    [(StorageError("The disk is full."), "missing"), (DamagedHistory("Damaged."), "damaged")],
)
def test_a_history_that_cannot_be_opened_says_why(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path, fault: StorageError, signal: str
) -> None:
    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "open_history", fail_once(fault))
    keeper = HistoryKeeper(jobs, fakes.given, jobs)
    with qtbot.waitSignal(getattr(keeper, signal)) as told:
        keeper.open()
    assert told.args == [str(fault)]


def test_what_is_salvaged_is_told_and_opened(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    keeper = HistoryKeeper(jobs, fakes.given, jobs)
    with qtbot.waitSignal(keeper.opened):
        keeper.open()
    with qtbot.waitSignals([keeper.salvaged, keeper.opened]):
        keeper.salvage()
    assert fakes.history.closed


def test_a_salvage_that_fails_leaves_the_window_without_a_history(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    def fail() -> str:
        raise StorageError("No session can be read.")

    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "salvage", fail)
    keeper = HistoryKeeper(jobs, fakes.given, jobs)
    with qtbot.waitSignal(keeper.missing) as told:
        keeper.salvage()
    assert told.args == ["No session can be read."]


def test_a_network_drive_is_warned_of(open_desk: OpenDesk, tmp_path: Path, qtbot: QtBot) -> None:
    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "network_warning", lambda: "It is on a network drive.")
    banners = open_desk(fakes).window.page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert [each.text for each in banners.banners] == ["It is on a network drive."]


def test_a_damaged_history_is_salvaged_by_one_button(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    """The real database, of which the middle was overwritten."""
    path = tmp_path / "history.sqlite3"
    with History.open(path) as history:
        keep(history, tmp_path, [earlier(n, text=f"reply {n} " * 3000) for n in range(12)])
    n_pages = path.stat().st_size // 4096
    overwrite(path, list(range(n_pages // 2, n_pages // 2 + 12)))
    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "open_history", lambda: History.open(path))
    object.__setattr__(fakes.given, "salvage", lambda: salvaged_words(salvage(path)))
    desk = open_desk(fakes)
    desk.window.show_widget(desk.history_page)
    stacks = (desk.window.page.banners, desk.history_page.banners)

    def offers() -> list[Banner]:
        return [each for stack in stacks for each in stack.banners if "is damaged" in each.text]

    read: list[None] = []
    for number in range(12):
        desk.history.choose([f"{number:08d}"])
        desk.jobs.start("history", lambda: None, read.append)
        qtbot.waitUntil(lambda number=number: len(read) > number)  # type: ignore[misc]  # its default
    assert offers()
    press(offers()[0])
    told = desk.window.page.banners
    qtbot.waitUntil(lambda: any("new history" in each.text for each in told.banners))
    assert list(tmp_path.glob("history-damaged-*.sqlite3"))
    qtbot.waitUntil(lambda: 0 < desk.history.table.rowCount() <= 12)
    qtbot.waitUntil(lambda: desk.compare.why_not_run() != "Getting ready…")
    for row in desk.history.table.summaries:
        with History.open(path) as again:
            assert again.session(row.id).id == row.id
