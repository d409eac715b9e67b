"""A reply whose tokens can be looked at one by one with the keyboard and the mouse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextOption,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from gui.divergence.ramp import colour_of, step_of
from gui.divergence.words import clean, token_rows, token_title, token_verdict
from gui.theme import Theme

if TYPE_CHECKING:  # the engine's parts are imported when they are used
    from engine.divergence import Divergence, Unit
    from engine.protocol import PartedToken

_SIDEWAYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
}
_UP_AND_DOWN = {
    Qt.Key.Key_Up: QTextCursor.MoveOperation.Up,
    Qt.Key.Key_Down: QTextCursor.MoveOperation.Down,
}


class TokenText(QPlainTextEdit):
    """Coloured by Δp; a token that the candidate would not have written is underlined as well.

    Tokens that share a character are shown, coloured and chosen as one place, by the strongest of them;
    the arrow keys still reach each.
    """

    token_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: Divergence | None = None
        self._names = ("", "")
        self._units: tuple[Unit, ...] = ()
        self._starts: list[int] = []
        self._place = 0
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.setTabChangesFocus(True)
        self.setProperty("look", "reply")
        self.setAccessibleName("Tokens of the reply")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(theme.space.s)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        font = self.font()
        font.setPointSizeF(theme.type.strong)
        self.setFont(font)
        theme.changed.connect(self._write)

    def show_tokens(self, found: Divergence, names: tuple[str, str]) -> None:
        self._found, self._names = found, names
        self._units = found.units
        self._place = 0
        self._write()

    def choose(self, place: int) -> None:
        """Mark a token and bring it into view."""
        self._place = place
        self._mark()
        cursor = self.textCursor()
        cursor.setPosition(self._starts[self._unit_of(place)])
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def place_at(self, point: QPoint) -> int | None:
        """The token under a point of the viewport."""
        if not self._starts:
            return None
        cursor = self.cursorForPosition(point)
        edge = self.cursorRect(cursor)
        slack = 2 * self.fontMetrics().averageCharWidth()
        in_line = edge.top() <= point.y() <= edge.bottom()
        if not in_line or abs(point.x() - edge.x()) > slack:
            return None
        return self._place_of(cursor.position() - (1 if point.x() < edge.x() else 0))

    def hint(self, place: int) -> str:
        """What stands beside the text, as a tool tip; the texts of models are escaped."""
        if self._found is None:
            return ""
        title = escape(token_title(self._found, place))
        verdict = escape(token_verdict(self._found, place, self._names))
        rows = "".join(
            f"<tr><td>{escape(name)}&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>"
            for name, value in token_rows(self._found, place, self._names)
        )
        return f"<p><b>{title}</b><br>{verdict}</p><table>{rows}</table>"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        plain = event.modifiers() in {
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        }
        if plain and key in _SIDEWAYS:
            self._choose_if_there(self._place + _SIDEWAYS[key])
        elif plain and key in _UP_AND_DOWN:
            cursor = self.textCursor()
            cursor.movePosition(_UP_AND_DOWN[key])
            self._choose_if_there(self._place_of(cursor.position()))
        elif plain and key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            last = self._units[-1].stop - 1 if self._units else 0
            self._choose_if_there(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        place = self.place_at(event.position().toPoint())
        if place is not None and not self.textCursor().hasSelection():
            self.token_chosen.emit(place)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            if place is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.hint(place), self)
            return True
        return super().viewportEvent(event)

    def _choose_if_there(self, place: int) -> None:
        if self._units and 0 <= place < self._units[-1].stop:
            self.token_chosen.emit(place)

    def _place_of(self, position: int) -> int:
        """The token at a position of the text; of several that share it, the first that differs."""
        if self._found is None or not self._units:
            return 0
        unit = self._units[max(0, bisect_right(self._starts, position) - 1)]
        tokens = enumerate(self._found.tokens[unit.start : unit.stop], unit.start)
        return next((place for place, token in tokens if token.rank > 1), unit.start)

    def _unit_of(self, place: int) -> int:
        return bisect_right(self._units, place, key=lambda unit: unit.start) - 1

    def _write(self) -> None:
        """Positions are read from the cursor: Qt counts in UTF-16 and joins some line ends."""
        if self._found is None:
            return
        self.clear()
        self._starts.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for unit in self._units:
            tokens = self._found.tokens[unit.start : unit.stop]
            differs = any(token.rank > 1 for token in tokens)
            self._starts.append(cursor.position())
            cursor.insertText(_shown(unit.text, differs), self._format(tokens, differs))
        cursor.endEditBlock()
        self._mark()

    def _format(self, tokens: Sequence[PartedToken], differs: bool) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(QColor(self._theme.colours.text))
        changes = (token.candidate_probability - token.probability for token in tokens)
        colour = colour_of(step_of(max(changes, key=abs)), self._theme.scheme)
        if colour is not None:
            made.setBackground(QColor(colour))
        if differs:
            made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
            made.setUnderlineColor(QColor(self._theme.colours.text))
        return made

    def _mark(self) -> None:
        if not self._starts:
            return
        mark = QTextEdit.ExtraSelection()
        mark.cursor = self._cursor_over(self._place)
        made = QTextCharFormat()
        made.setBackground(QColor(self._theme.colours.accent))
        made.setForeground(QColor(self._theme.colours.on_accent))
        made.setProperty(QTextFormat.Property.FontWeight, 600)
        mark.format = made
        self.setExtraSelections([mark])

    def _cursor_over(self, place: int) -> QTextCursor:
        end = self.document().characterCount() - 1
        unit = self._unit_of(place)
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._starts[unit])
        stop = self._starts[unit + 1] if unit + 1 < len(self._starts) else end
        cursor.setPosition(stop, QTextCursor.MoveMode.KeepAnchor)
        return cursor


def _shown(text: str, differs: bool) -> str:
    """A line end carries no underline, so one that differs is written as a sign as well."""
    shown = clean(text.replace("\r\n", "\n"))
    return shown.replace("\n", "↵\n") if differs else shown
