"""Adds a check to a case, or to all of them: what a good reply does, and a value."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.quality.adding import KINDS
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, add_row, form
from gui.widgets.labels import label


class AddCheckForm(QWidget):
    wanted = Signal(str, str, bool)
    """The kind's name, its value, and whether all cases get it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = ChoiceField({kind.name: kind.title for kind in KINDS}, KINDS[0].name, self)
        self.value = QLineEdit(self)
        self.here = QPushButton("Add to this case", self)
        self.everywhere = QPushButton("Add to all cases", self)
        for button in (self.here, self.everywhere):
            button.setAutoDefault(False)
        rows = form(theme)
        add_row(rows, "A good reply", self.kind)
        add_row(rows, "Value", self.value)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.everywhere)
        buttons.addWidget(self.here)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(label("Add a check", "strong", parent=self))
        column.addLayout(rows)
        column.addLayout(buttons)
        self._has_answer = False
        self.kind.currentIndexChanged.connect(self._judge)
        self.value.textChanged.connect(self._judge)
        self.value.returnPressed.connect(self.here.click)
        self.here.clicked.connect(self._add_here)
        self.everywhere.clicked.connect(self._add_everywhere)
        self._judge()

    def offer(self, *, has_answer: bool) -> None:
        """Whether the shown case has an expected answer."""
        self._has_answer = has_answer
        self._judge()

    def _judge(self, _changed: object = None) -> None:
        kind = next(each for each in KINDS if each.name == self.kind.choice)
        self.value.setEnabled(bool(kind.value))
        self.value.setPlaceholderText(kind.value or "nothing to enter")
        filled = not kind.value or bool(self.value.text().strip())
        self.everywhere.setEnabled(filled)
        self.here.setEnabled(filled and (self._has_answer or not kind.from_answer))
        why = "This case has no expected answer." if filled and not self.here.isEnabled() else ""
        self.here.setToolTip(why)

    def _add_here(self) -> None:
        self.wanted.emit(self.kind.choice, self._value(), False)

    def _add_everywhere(self) -> None:
        self.wanted.emit(self.kind.choice, self._value(), True)

    def _value(self) -> str:
        return self.value.text() if self.value.isEnabled() else ""
