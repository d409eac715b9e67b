"""The panel with the recent comparisons: a click opens one, its menu does the rest."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.sessions.sessions_model import SessionRole, SessionsModel, facts
from gui.theme import Theme
from gui.widgets.buttons import IconButton, MainButton, TextButton
from gui.widgets.labels import label
from storage.summary import SessionSummary


class SessionsPanel(QFrame):
    opened = Signal(str)
    export_wanted = Signal(str)
    delete_wanted = Signal(object)
    """The SessionSummary of what is to be deleted."""
    all_wanted = Signal()
    new_wanted = Signal()
    hide_wanted = Signal()

    def __init__(self, theme: Theme, model: SessionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("look", "panel")
        self.setFixedWidth(theme.characters(42))
        self.list = QListView(self)
        self.list.setProperty("look", "sessions")
        self.list.setAccessibleName("Recent comparisons, newest first")
        self.list.setModel(model)
        self.list.setItemDelegate(SessionDelegate(theme, self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        theme.changed.connect(self.list.viewport().update)
        self.nothing = label(
            "Nothing has been run yet. Each comparison is kept here.",
            "muted",
            wrap=True,
            parent=self,
        )
        self._lay_out(theme)
        model.loaded.connect(self._show_nothing)
        self._show_nothing()

    def select(self, session_id: str | None) -> None:
        """Mark the session that the page shows."""
        for row in range(self._model.rowCount()):
            index = self._model.index(row)
            if self._summary(index).id == session_id:
                self.list.setCurrentIndex(index)
                return
        self.list.clearSelection()
        self.list.setCurrentIndex(QModelIndex())

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        top = QHBoxLayout()
        top.addWidget(label("Recent", "title", parent=self), 1)
        close = IconButton(theme, "left", "Hide the recent comparisons", self)
        close.clicked.connect(self.hide_wanted)
        top.addWidget(close)
        new = MainButton(theme, "plus", "New comparison", look="", parent=self)
        new.clicked.connect(self.new_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.m)
        column.addLayout(top)
        column.addWidget(new)
        column.addWidget(self.nothing)
        column.addWidget(self.list, 1)
        words = "Search all sessions on the History page"
        self.all = TextButton(theme, "history", "All sessions", words, parent=self)
        self.all.clicked.connect(self.all_wanted)
        column.addWidget(self.all)

    def _show_nothing(self) -> None:
        self.nothing.setVisible(self._model.rowCount() == 0)

    def _summary(self, index: QModelIndex) -> SessionSummary:
        summary = index.data(SessionRole.SUMMARY)
        assert isinstance(summary, SessionSummary)
        return summary

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(self._summary(index).id)

    def _show_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if not index.isValid():
            return
        self.list.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", self._open_current)
        menu.addAction("Rename…", self._rename_current)
        menu.addAction("Export…", self._export_current)
        menu.addSeparator()
        menu.addAction("Delete", self._delete_current)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _open_current(self) -> None:
        self._open(self.list.currentIndex())

    def _export_current(self) -> None:
        self.export_wanted.emit(self._summary(self.list.currentIndex()).id)

    def _rename_current(self) -> None:
        summary = self._summary(self.list.currentIndex())
        title, agreed = QInputDialog.getText(self, "Rename session", "Title", text=summary.title)
        if agreed and title.strip():
            self._model.rename(summary.id, title.strip())

    def _delete_current(self) -> None:
        self.delete_wanted.emit(self._summary(self.list.currentIndex()))


class SessionDelegate(QStyledItemDelegate):
    """Title over a quiet line of facts; a session that did not finish says so in colour and words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(self._theme.characters(20), self._theme.lines(2.1) + 2 * self._theme.space.s)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        summary = index.data(SessionRole.SUMMARY)
        colours, space = self._theme.colours, self._theme.space
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box: QRect = option.rect.adjusted(0, 1, -1, -1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(QColor(colours.accent if selected else colours.border))
            painter.setBrush(QColor(colours.accent_soft if selected else colours.hover))
            painter.drawRoundedRect(box, space.xs, space.xs)
        inner = box.adjusted(space.s, space.s, -space.s, -space.s)
        top = inner.adjusted(0, 0, 0, -inner.height() // 2)
        bottom = inner.adjusted(0, inner.height() // 2, 0, 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Medium)
        self._write(painter, top, summary.title, font, colours.text)
        small = QFont(option.font)
        small.setPointSizeF(self._theme.type.small)
        odd = summary.status in {"interrupted", "running"}
        colour = colours.warning if odd else colours.muted
        self._write(painter, bottom, facts(summary, datetime.now().astimezone()), small, colour)
        painter.restore()

    def _write(self, painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetrics(font).elidedText(
            " ".join(text.split()), Qt.TextElideMode.ElideRight, box.width()
        )
        painter.drawText(
            box, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown
        )
