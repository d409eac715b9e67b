"""What a reply took: the speed large, the other figures quiet, all the rest behind Details."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import Reply
from gui.compare.cells import ColumnView
from gui.compare.states import live_words
from gui.details import reply_rows, runtime_rows
from gui.figures import line, repeat_words, reply_words, speed_words
from gui.theme import Theme
from gui.widgets.buttons import TextButton
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
        self.award = label("", "award", parent=self)
        self.words = label("", "small-muted", wrap=True, parent=self)
        self.words.setAccessibleName(f"Figures of {name}")
        self.details = TextButton(theme, "down", "Details", f"All figures of {name}", parent=self)
        self.details.clicked.connect(self._show_details)
        row = QHBoxLayout()
        row.setSpacing(theme.space.s)
        row.addWidget(self.speed)
        row.addWidget(self.award)
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
        praise = view.standing[0] if view.standing[1] else ""
        self.award.setText(praise)
        self.award.setVisible(bool(praise))
        self.details.setVisible(view.reply is not None)
        self.setVisible(bool(speed or words))

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
        return live_words(view)
    standing, praise = view.standing
    words = [*repeat_words(view.speed), "" if praise else standing, *reply_words(reply)]
    return speed_words(reply, view.speed), line(words)
