"""What a reply took: the speed large, the other figures quiet, all the rest behind Details."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import Reply
from gui.compare.cells import ColumnView, Phase
from gui.compare.states import live_words
from gui.details import reply_rows, runtime_rows
from gui.figures import line, repeat_words, reply_words, speed_words
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.labels import label
from gui.widgets.popover import Popover
from gui.widgets.rows import RowsView


class FiguresLine(QWidget):
    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._reply: Reply | None = None
        self.speed = label("", "figure", parent=self)
        self.standing = label("", "award", parent=self)
        self.words = label("", "small-muted", wrap=True, parent=self)
        self.words.setAccessibleName(f"Figures of {name}")
        self.details = IconButton(
            theme, "down", f"All figures of {name}", text="Details", parent=self
        )
        self.details.clicked.connect(self._show_details)
        row = QHBoxLayout()
        row.setSpacing(theme.space.s)
        row.addWidget(self.speed)
        row.addWidget(self.standing)
        row.addStretch(1)
        row.addWidget(self.details)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addLayout(row)
        column.addWidget(self.words)

    def show_view(self, view: ColumnView) -> None:
        self._reply = view.reply
        speed, words = _texts(view)
        self.speed.setText(speed)
        self.speed.setVisible(bool(speed))
        self.words.setText(words)
        self._show_standing(*view.standing)
        self.details.setVisible(view.reply is not None)
        self.setVisible(view.reply is not None or bool(words))

    def _show_standing(self, words: str, praise: bool) -> None:
        look = "award" if praise else "small-muted"
        if look != self.standing.property("look"):
            self.standing.setProperty("look", look)
            self.standing.style().unpolish(self.standing)
            self.standing.style().polish(self.standing)
        self.standing.setText(words)
        self.standing.setVisible(bool(words))

    def _show_details(self) -> None:
        if self._reply is None:
            return
        popover = Popover(self._theme, self._name, self)
        popover.body.addWidget(RowsView(self._theme, reply_rows(self._reply), popover))
        if self._reply.runtime is not None:
            popover.body.addWidget(label("As it was loaded", "strong", parent=popover))
            popover.body.addWidget(
                RowsView(self._theme, runtime_rows(self._reply.runtime), popover)
            )
        popover.body.addStretch(1)
        popover.open_at(self.details)


def _texts(view: ColumnView) -> tuple[str, str]:
    reply = view.reply
    if reply is None:
        return "", live_words(view) if view.phase is Phase.RUNNING else ""
    words = [*repeat_words(view.speed), *reply_words(reply)]
    return speed_words(reply, view.speed), line(words)
