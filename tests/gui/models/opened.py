"""A window on its Models page, and what tests ask of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.models.library_columns import Column
from gui.models.quantize_dialog import QuantizeDialog
from models.library import Entry

OpenDesk = Callable[..., Desk]
OpenModels = Callable[..., "Opened"]


class Opened:
    """A window on its Models page, over a folder with models."""

    def __init__(self, qtbot: QtBot, desk: Desk, own: Path) -> None:
        self.qtbot, self.desk, self.own = qtbot, desk, own
        self.page = desk.models_page.machine
        self.model = desk.models
        self.table = self.page.library.table

    def rows(self, column: Column = Column.NAME) -> list[str]:
        shown = self.table.model()
        return [str(shown.index(row, column).data()) for row in range(shown.rowCount())]

    def choose(self, *names: str) -> None:
        self.table.clearSelection()
        for row, name in enumerate(self.rows()):
            if name in names:
                index = self.table.model().index(row, 0)
                flags = self.table.selectionModel().SelectionFlag
                self.table.selectionModel().select(index, flags.Select | flags.Rows)

    def wait_for(self, *names: str) -> None:
        self.qtbot.waitUntil(lambda: self.rows() == list(names) and not self.model.scanning)

    def entry(self) -> Entry:
        return self.model.library.entries[0]

    def details(self) -> list[str]:
        """Every text of the pane beside the table."""
        return [part.text() for part in self.page.details.findChildren(QLabel)]

    def wait_for_verdicts(self) -> None:
        self.qtbot.waitUntil(lambda: "…" not in self.rows(Column.FIT))


def banner_texts(opened: Opened) -> list[str]:
    return [banner.text for banner in opened.desk.models_page.banners.banners]


def offered(opened: Opened) -> QuantizeDialog:
    opened.choose("alpha.F16")
    opened.page.details.quantize.click()
    opened.qtbot.waitUntil(lambda: bool(opened.page.findChildren(QuantizeDialog)))
    return opened.page.findChildren(QuantizeDialog)[-1]
