"""The History page: its parts laid out and connected to its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Session, SessionKind
from gui.actions import Command, never_blocked
from gui.figures import count
from gui.history.comparison_view import ComparisonView
from gui.history.details_pane import DetailsPane
from gui.history.exporting import ask_and_export
from gui.history.filter_bar import FilterBar
from gui.history.history_model import HistoryModel
from gui.history.session_table import SessionTable
from gui.history.table_model import SORT_KEYS, Column
from gui.pages import Page, Use
from gui.theme import Theme
from gui.widgets.banner import BannerStack
from gui.widgets.labels import label
from storage.comparison import SessionComparison
from storage.query import Query


class HistoryPage(QWidget):
    opened = Signal(str)
    again_wanted = Signal(str)
    change_wanted = Signal(str)
    resume_wanted = Signal(str)

    def __init__(self, theme: Theme, model: HistoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._why_kind_not: Callable[[Use, SessionKind], str] = _never
        self.banners = BannerStack(theme, self)
        self.filters = FilterBar(theme, self)
        self.table = SessionTable(theme, model.table, self)
        self.details = DetailsPane(theme, self)
        self.comparison = ComparisonView(theme, self)
        self.counted = label("", "small-muted", parent=self)
        self.nothing = label("", "muted", wrap=True, parent=self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out(theme)
        self._connect_model()
        self._connect_parts()

    def commands(self) -> tuple[Command, ...]:
        """What the menus offer while the page is shown."""
        return tuple(
            Command(f"history-{name}", title, "History", call, (key,) if key else (), why)
            for title, name, call, key, why in self._table_of_commands()
        )

    def _table_of_commands(
        self,
    ) -> tuple[tuple[str, str, Callable[[], None], str, Callable[[], str]], ...]:
        model = self._model
        some, two = model.why_not_on_chosen, model.why_not_compare
        again, change = partial(self.why_not, "again"), partial(self.why_not, "change")
        resume = partial(self.why_not, "resume")
        return (
            ("Search sessions", "find", self.go_to_search, "Ctrl+F", never_blocked),
            ("Star or unstar", "star", model.flip_star, "Ctrl+D", some),
            ("Compare two sessions", "compare-two", model.compare, "Ctrl+K", two),
            ("Run the session again", "run-chosen", self.run_again, "", again),
            ("Run it with changes…", "change-chosen", self.change, "", change),
            ("Resume the session", "resume-chosen", self.resume, "", resume),
            ("Export sessions…", "export-chosen", self.export, "Ctrl+Shift+E", some),
            ("Import sessions…", "import", self.import_files, "Ctrl+I", never_blocked),
            ("Delete sessions", "delete", model.discard_chosen, "", some),
        )

    def take_focus(self) -> None:
        if self._views.currentIndex():
            self.comparison.back.setFocus()
        else:
            self.table.setFocus()

    def go_to_search(self) -> None:
        """Put the keyboard into the search field."""
        self._views.setCurrentIndex(0)
        self.filters.search.setFocus()
        self.filters.search.selectAll()

    def show_all(self) -> None:
        """Go back from a comparison to the list."""
        self._views.setCurrentIndex(0)
        self.table.setFocus()

    def open_chosen(self) -> None:
        if not self._model.why_not_on_one():
            self.opened.emit(self._model.chosen[0])

    def run_again(self) -> None:
        if not self.why_not("again"):
            self.again_wanted.emit(self._model.chosen[0])

    def change(self) -> None:
        """Let the user change something of the chosen session before it is run again."""
        if not self.why_not("change"):
            self.change_wanted.emit(self._model.chosen[0])

    def resume(self) -> None:
        if not self.why_not("resume"):
            self.resume_wanted.emit(self._model.chosen[0])

    def ask(self, why_kind_not: Callable[[Use, SessionKind], str]) -> None:
        """Learn from this function what sessions of a kind are never used for, and why."""
        self._why_kind_not = why_kind_not

    def why_not(self, use: Use) -> str:
        """Why the chosen session cannot be put to this use; empty where it can."""
        row = self._model.chosen_row()
        if row is None:
            return self._model.why_not_on_one() or "Wait until the session is read."
        if use == "resume" and row.status not in {"interrupted", "stopped"}:
            return "Nothing of this session is missing."
        return self._why_kind_not(use, row.kind)

    def export(self) -> None:
        """Ask how and where to, then write what is chosen."""
        self.export_these(self._model.chosen)

    def export_these(self, ids: Sequence[str]) -> None:
        """The same for these sessions, whatever page is shown."""
        chosen = self._model.to_export(ids)
        if chosen is not None:
            ask_and_export(self._theme, self._model.exporter, chosen, self.window())

    def import_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self, "Import sessions", "", "Sessions (*.json *.jsonl)"
        )
        self._model.import_files([Path(name) for name in names])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.hide()

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        self._list = QStackedWidget(self)
        self._list.addWidget(self.table)
        self._list.addWidget(self.nothing)
        left = QVBoxLayout()
        left.setSpacing(space.s)
        left.addWidget(self.filters)
        left.addWidget(self._list, 1)
        left.addWidget(self.counted)
        everything = QWidget(self)
        row = QHBoxLayout(everything)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.l)
        row.addLayout(left, 1)
        row.addWidget(self.details)
        self._views = QStackedWidget(self)
        self._views.addWidget(everything)
        self._views.addWidget(self.comparison)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.m)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addWidget(self._views, 1)

    def _connect_model(self) -> None:
        model = self._model
        model.loaded.connect(self._show_count)
        model.choices_changed.connect(self.filters.show_choices)
        model.availability_changed.connect(self._show_chosen)
        model.chosen_read.connect(self._show_session)
        model.compared.connect(self._show_comparison)
        model.failed.connect(partial(self.banners.add, "error"))
        model.noticed.connect(partial(self.banners.add, "notice"))

    def _connect_parts(self) -> None:
        model, table, details = self._model, self.table, self.details
        self.filters.searched.connect(model.search)
        self.filters.restricted.connect(self._restrict)
        self.filters.import_wanted.connect(self.import_files)
        self.comparison.closed.connect(self.show_all)
        table.horizontalHeader().sortIndicatorChanged.connect(self._sort)
        table.choice_changed.connect(self._choose)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.open_wanted.connect(self.open_chosen)
        table.delete_wanted.connect(model.discard_chosen)
        table.star_wanted.connect(self._star)
        details.open_wanted.connect(self.open_chosen)
        details.again_wanted.connect(self.run_again)
        details.change_wanted.connect(self.change)
        details.resume_wanted.connect(self.resume)
        details.export_wanted.connect(self.export)
        details.compare_wanted.connect(model.compare)
        details.delete_wanted.connect(model.discard_chosen)
        details.star_wanted.connect(model.flip_star)
        details.renamed.connect(model.rename)
        details.noted.connect(model.set_notes)
        details.tag_added.connect(self._add_tag)
        details.tag_removed.connect(self._remove_tag)

    # What the user does ------------------------------------------------------------------------

    def _restrict(self, query: Query) -> None:
        asked = self._model.query
        self._model.restrict(
            msgspec.structs.replace(query, sort=asked.sort, ascending=asked.ascending)
        )

    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        ascending = order == Qt.SortOrder.AscendingOrder
        key = SORT_KEYS[Column(column)]
        self._model.restrict(
            msgspec.structs.replace(self._model.query, sort=key, ascending=ascending)
        )

    def _choose(self) -> None:
        self._model.choose(self.table.chosen())

    def _show_menu(self, at: QPoint) -> None:
        """What can be done with the chosen rows, under the pointer."""
        if not self._model.chosen:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", self.open_chosen).setEnabled(not self._model.why_not_on_one())
        for title, _, call, _, blocked in self._table_of_commands():
            if blocked is not never_blocked and not blocked():
                menu.addAction(title, call)
        menu.popup(self.table.viewport().mapToGlobal(at))

    def _star(self, session_id: str, starred: bool) -> None:
        self._model.set_starred((session_id,), starred=starred)

    def _add_tag(self, tag: str) -> None:
        self._model.add_tag(self._model.chosen, tag)

    def _remove_tag(self, tag: str) -> None:
        self._model.remove_tag(self._model.chosen, tag)

    # What the model says -----------------------------------------------------------------------

    def _show_count(self) -> None:
        found = self._model.n_found or 0
        self.table.fit_dates(self._model.query.sort == "created")
        self.counted.setText(count(found, "session"))
        self._show_tags()
        self._list.setCurrentIndex(0 if found else 1)
        self.nothing.setText(
            "No session has all of this. Show all, or search for less."
            if self.filters.is_narrow()
            else "Nothing has been run yet. Each comparison is kept here as it happens."
        )

    def _show_chosen(self) -> None:
        self.details.show_chosen(len(self._model.chosen))
        self._show_tags()

    def _show_tags(self) -> None:
        """Of several sessions the tags of all; those of one come with its details."""
        if len(self._model.chosen) > 1:
            self.details.tags.show_tags(self._model.tags_of_chosen())

    def _show_session(self, session: Session | None) -> None:
        if session is not None:
            self.details.show_session(session)
            self.details.show_uses(self.why_not)

    def _show_comparison(
        self, before: Session, after: Session, comparison: SessionComparison
    ) -> None:
        self._views.setCurrentIndex(1)
        self.comparison.show_comparison(before, after, comparison)


def _never(_use: Use, _kind: SessionKind) -> str:
    return ""


def page_of_history(page: HistoryPage, model: HistoryModel) -> Page:
    return Page(
        "history",
        "History",
        "Find earlier sessions",
        page,
        page.take_focus,
        page.commands(),
        model.availability_changed,
    )
