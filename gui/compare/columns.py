"""The columns side by side: their frame timer, scrolling together, and one of them shown alone."""

from __future__ import annotations

import itertools
from collections import deque
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QScrollBar, QWidget

from engine.contract import Contender, Piece
from gui.compare.cells import ColumnView
from gui.compare.column import Column
from gui.theme import Theme

FRAME_MS: Final = 33
FIGURES_EVERY: Final = 8
"""Live figures change once in so many frames: more often, nobody can read them."""


class Columns(QScrollArea):
    """One timer repaints all streaming columns, and runs only while there is something to paint.

    Whole replies are rendered one column a turn of the event loop.
    """

    repeat_chosen = Signal(str, int)
    divergence_wanted = Signal(str)
    link_chosen = Signal(QUrl)
    text_shown = Signal()
    """A column shows another text, or the same in another form."""
    painted = Signal(str)
    """New text of the contender's reply is on show; told a few times a second, for its live figures."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns: dict[str, Column] = {}
        self._streaming: set[str] = set()
        self._painted: set[str] = set()
        self._frames = 0
        self._texts: deque[tuple[str, str, str]] = deque()
        self._maximised: str | None = None
        self.together = False
        self._scrolling = False
        self.raw = False
        self.setProperty("look", "plain")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Columns of replies")
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.space.s)
        self.setWidget(inner)
        self._frame = QTimer(self)
        self._frame.setInterval(FRAME_MS)
        self._frame.timeout.connect(self._paint_frame)
        self._render = QTimer(self)
        self._render.setSingleShot(True)
        self._render.timeout.connect(self._render_next)

    @property
    def columns(self) -> list[Column]:
        return list(self._columns.values())

    def column(self, name: str) -> Column | None:
        return self._columns.get(name)

    def arrange(self, contenders: tuple[Contender, ...]) -> list[str]:
        """Have one column each in this order; gives the names of those that are new."""
        models = {each.name: each.model for each in contenders}
        old, self._columns = self._columns, {}
        for name, column in old.items():
            if models.get(name) != column.contender.model:
                self._drop(column)
        fresh = []
        for contender in contenders:
            kept = old.get(contender.name)
            if kept is not None and kept.contender.model == contender.model:
                kept.set_contender(contender)
            else:
                kept = self._make(contender)
                fresh.append(contender.name)
            self._columns[contender.name] = kept
        for place, column in enumerate(self.columns):
            self._row.removeWidget(column)
            self._row.insertWidget(place, column, 1)
        if self._maximised not in self._columns:
            self._maximised = None
        self._show_maximised()
        self._set_tab_order()
        self.text_shown.emit()
        return fresh

    def show_view(self, name: str, view: ColumnView) -> None:
        if (column := self._columns.get(name)) is not None:
            column.show_view(view)

    def show_text(self, name: str, text: str, reasoning: str) -> None:
        self._texts.append((name, text, reasoning))
        self._render.start(0)

    def append(self, name: str, piece: Piece) -> None:
        if (column := self._columns.get(name)) is not None:
            self._finish_rendering(name)
            column.append(piece)
            self._streaming.add(name)
            if not self._frame.isActive():
                self._frame.start()

    def show_raw(self, raw: bool) -> None:
        self.raw = raw
        for column in self.columns:
            column.set_raw(raw)

    def scroll_together(self, together: bool) -> None:
        self.together = together

    def maximise(self, name: str | None) -> None:
        """Show one column alone, or all of them again."""
        self._maximised = name
        self._show_maximised()

    @property
    def rendering(self) -> bool:
        """Whether a whole reply waits to be shown."""
        return bool(self._texts)

    @property
    def painting(self) -> bool:
        """Whether the frame timer ticks."""
        return self._frame.isActive()

    @property
    def maximised(self) -> str | None:
        return self._maximised

    def focused(self) -> str | None:
        """The column that has the keyboard, by its contender's name."""
        focus = QApplication.focusWidget()
        if focus is None:
            return None
        holds = (name for name, column in self._columns.items() if column.isAncestorOf(focus))
        return next(holds, None)

    def focus_column(self, place: int) -> None:
        if 0 <= place < len(self._columns):
            column = self.columns[place]
            if self._maximised is not None and self._maximised != column.contender.name:
                self.maximise(column.contender.name)
            self.ensureWidgetVisible(column, 0, 0)
            column.take_focus()

    def _make(self, contender: Contender) -> Column:
        name = contender.name
        column = Column(self._theme, contender, self.widget())
        column.set_raw(self.raw)
        column.maximise_toggled.connect(partial(self._toggle_maximised, name))
        column.repeat_chosen.connect(partial(self.repeat_chosen.emit, name))
        column.divergence_wanted.connect(partial(self.divergence_wanted.emit, name))
        column.raw.toggled.connect(self.text_shown)
        column.link_chosen.connect(self.link_chosen)
        for area in column.reply.areas:
            area.verticalScrollBar().valueChanged.connect(self._scroll_others)
        return column

    def _drop(self, column: Column) -> None:
        self._streaming.discard(column.contender.name)
        self._row.removeWidget(column)
        column.hide()
        column.deleteLater()

    def _toggle_maximised(self, name: str, on: bool) -> None:
        self.maximise(name if on else None)

    def _show_maximised(self) -> None:
        for name, column in self._columns.items():
            column.setVisible(self._maximised in {None, name})
            column.set_maximised(self._maximised == name)

    def _set_tab_order(self) -> None:
        stops = [stop for column in self.columns for stop in column.tab_stops()]
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _paint_frame(self) -> None:
        if not self._streaming:
            self._frame.stop()
            self._tell_painted()
            return
        for name in self._streaming:
            if (column := self._columns.get(name)) is not None:
                column.reply.flush()
        self._painted |= self._streaming
        self._streaming.clear()
        self._frames += 1
        if self._frames % FIGURES_EVERY == 0:
            self._tell_painted()

    def _tell_painted(self) -> None:
        painted, self._painted = self._painted, set()
        for name in painted:
            self.painted.emit(name)

    def _render_next(self) -> None:
        if self._texts:
            self._render_text(*self._texts.popleft())
        if self._texts:
            self._render.start(0)

    def _finish_rendering(self, name: str) -> None:
        """A piece belongs after the text that waits to be shown."""
        waiting = [each for each in self._texts if each[0] == name]
        for each in waiting:
            self._texts.remove(each)
            self._render_text(*each)

    def _render_text(self, name: str, text: str, reasoning: str) -> None:
        if (column := self._columns.get(name)) is not None:
            self._streaming.discard(name)
            column.show_text(text, reasoning)
            self.text_shown.emit()

    def _scroll_others(self) -> None:
        bar = self.sender()
        if not self.together or self._scrolling or not isinstance(bar, QScrollBar):
            return
        share = bar.value() / bar.maximum() if bar.maximum() else 0.0
        self._scrolling = True
        for column in self.columns:
            other = column.reply.area.verticalScrollBar()
            if other is not bar and column.isVisible():
                other.setValue(round(share * other.maximum()))
        self._scrolling = False
