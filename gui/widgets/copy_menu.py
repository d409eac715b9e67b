"""Copying offered on a widget: in its context menu, and by the Edit menu while it has the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from gui import clipboard
from gui.clipboard import Picture, Words

KEYS: Final = "Ctrl+Alt+C"
_Way = tuple[str, Callable[[], QMimeData]]


class CopyMenu(QObject):
    """Belongs to the widget whose contents it copies; the first of the ways is that of the keyboard.

    why_not: a sentence while there is nothing to copy.
    """

    def __init__(self, widget: QWidget, ways: Sequence[_Way], why_not: Callable[[], str]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._ways = tuple(ways)
        self.why_not = why_not
        widget.installEventFilter(self)
        if isinstance(widget, QAbstractScrollArea):
            widget.viewport().installEventFilter(self)

    def copy(self) -> None:
        if not self.why_not():
            clipboard.copy(self._ways[0][1]())

    def add_to(self, menu: QMenu) -> None:
        why = self.why_not()
        for place, (title, make) in enumerate(self._ways):
            action = menu.addAction(title, partial(_copy, make))
            action.setEnabled(not why)
            action.setToolTip(why or title)
            if place == 0:
                action.setText(f"{title}\t{KEYS}")
        menu.setToolTipsVisible(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QContextMenuEvent):
            menu = self._standard_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.add_to(menu)
            menu.popup(event.globalPos())
            return True
        return super().eventFilter(watched, event)

    def _standard_menu(self) -> QMenu:
        """What the widget offers by itself, which stays."""
        if isinstance(self._widget, QPlainTextEdit | QTextEdit):
            menu = self._widget.createStandardContextMenu()
            menu.addSeparator()
            return menu
        return QMenu(self._widget)


def offer_words(
    widget: QWidget, what: str, make: Callable[[], Words], why_not: Callable[[], str]
) -> CopyMenu:
    """what: in the words of the menu, as “the reply”."""
    return CopyMenu(widget, _ways(what, make, clipboard.rich), why_not)


def offer_cells(
    widget: QWidget, what: str, make: Callable[[], Words], why_not: Callable[[], str]
) -> CopyMenu:
    """For what looks like a table and is none of Qt's."""
    return CopyMenu(widget, _ways(what, make, clipboard.spreadsheet), why_not)


def offer_table(view: QAbstractItemView, what: str = "the table") -> CopyMenu:
    def why_not() -> str:
        return "" if view.model().rowCount() else "The table is empty."

    make = partial(clipboard.view_words, view)
    return CopyMenu(view, _ways(what, make, clipboard.spreadsheet), why_not)


def offer_picture(widget: QWidget, what: str = "the chart") -> CopyMenu:
    widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def drawn(carry: Callable[[Picture], QMimeData]) -> QMimeData:
        return carry(clipboard.picture_of_widget(widget))

    ways = (
        (f"Copy {what}", partial(drawn, clipboard.both)),
        ("Copy as PNG", partial(drawn, clipboard.image)),
        ("Copy as SVG", partial(drawn, clipboard.svg)),
    )
    return CopyMenu(widget, ways, _nothing)


def copy_menu_of(widget: QWidget | None) -> CopyMenu | None:
    """That of a widget or of the nearest one around it."""
    while widget is not None:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        found = widget.findChild(CopyMenu, options=direct)
        if found is not None:
            return found
        widget = widget.parentWidget()
    return None


def _ways(
    what: str, make: Callable[[], Words], carry: Callable[[Words], QMimeData]
) -> tuple[_Way, ...]:
    def drawn(into: Callable[[Picture], QMimeData]) -> QMimeData:
        return into(clipboard.picture_of_words(make()))

    return (
        (f"Copy {what}", lambda: carry(make())),
        ("Copy as text", lambda: clipboard.plain(make())),
        ("Copy as Markdown", lambda: clipboard.markdown(make())),
        ("Copy as PNG", partial(drawn, clipboard.image)),
        ("Copy as SVG", partial(drawn, clipboard.svg)),
    )


def _copy(make: Callable[[], QMimeData]) -> None:
    clipboard.copy(make())


def _nothing() -> str:
    return ""
