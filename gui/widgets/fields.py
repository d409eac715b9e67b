"""Entry fields of the forms, with the name that a screen reader says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QLocale, QObject, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from gui.theme import Theme
from gui.widgets.buttons import FoldButton

_FEWEST_CHARACTERS: Final = 8


class NumberField(QSpinBox):
    """A number, or nothing where `nothing` says what then holds; the wheel scrolls the form instead.

    A number that the field cannot show stays as it was given until another is entered.
    """

    def __init__(
        self,
        value: int | None,
        low: int,
        high: int,
        *,
        nothing: str = "",
        step: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._none_at = low - 1 if nothing else None
        self._given, self._shown = value, low
        self.setRange(low - 1 if nothing else low, high)
        self.setSpecialValueText(nothing)
        self.setSingleStep(step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_height(self))
        self.set_number(value)

    @property
    def number(self) -> int | None:
        if self.value() == self._none_at:
            return None
        return self._given if self.value() == self._shown else self.value()

    def set_number(self, value: int | None) -> None:
        self._given = value
        self._shown = self.minimum() if value is None else min(value, self.maximum())
        self.setValue(self._shown)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class RealField(QDoubleSpinBox):
    """A number with decimals; the wheel scrolls the form instead.

    Decimals that the field cannot show stay as they were given until another number is entered.
    """

    def __init__(
        self,
        value: float,
        low: float,
        high: float,
        *,
        step: float = 0.05,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setLocale(QLocale.c())
        self.setDecimals(3)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_height(self))
        self._given = self._shown = value
        self.set_number(value)

    @property
    def number(self) -> float:
        return self._given if self.value() == self._shown else self.value()

    def set_number(self, value: float) -> None:
        self.setValue(value)
        self._given, self._shown = value, self.value()

    def textFromValue(self, value: float) -> str:
        return f"{value:g}"

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(QComboBox):
    """One of several values, each under its words."""

    def __init__(self, words: Mapping[str, str], value: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_height(self))
        for key, text in words.items():
            self.addItem(text, key)
        self.set_choice(value)

    @property
    def choice(self) -> str:
        return str(self.currentData())

    def set_choice(self, value: str) -> None:
        self.setCurrentIndex(self.findData(value))

    def offer(self, words: Mapping[str, str]) -> None:
        """Offer these from now on, without a signal; what is chosen stays where it is among them."""
        if [(self.itemData(row), self.itemText(row)) for row in range(self.count())] == [
            *words.items()
        ]:
            return  # a list that is open just now stays so
        before = self.choice
        self.blockSignals(True)
        self.clear()
        for key, text in words.items():
            self.addItem(text, key)
        self.setCurrentIndex(max(0, self.findData(before)))
        self.blockSignals(False)

    def let_shrink(self) -> None:
        """Cut long words where there is no room, instead of pushing a column of settings out of its card."""
        self.setMinimumContentsLength(_FEWEST_CHARACTERS)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def form(theme: Theme) -> QFormLayout:
    made = QFormLayout()
    made.setHorizontalSpacing(theme.space.l)
    made.setVerticalSpacing(theme.space.s)
    made.setContentsMargins(0, 0, 0, 0)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return made


def add_row(layout: QFormLayout, text: str, field: QWidget, hint: str = "") -> None:
    """A labelled field; the hint is its tool tip and its description for a screen reader."""
    field.setAccessibleName(text)
    if hint:
        field.setToolTip(hint)
        field.setAccessibleDescription(hint)
    layout.addRow(text, field)


class FoldedRows(QObject):
    """Rows of a form under a button that shows and hides them; `fold` when all are there."""

    def __init__(self, theme: Theme, rows: QFormLayout, title: str, thing: str) -> None:
        button = FoldButton(theme, title, thing)
        super().__init__(button)
        self.button = button
        self._rows = rows
        self._fields: list[QWidget] = []
        rows.addRow(self.button)

    def add(self, text: str, field: QWidget, hint: str = "") -> None:
        add_row(self._rows, text, field, hint)
        self._fields.append(field)

    def fold(self) -> None:
        self._show(False)
        self.button.toggled.connect(self._show)

    def _show(self, shown: bool) -> None:
        for field in self._fields:
            self._rows.setRowVisible(field, shown)


def _height(field: QWidget) -> int:
    """All fields of a form are alike in height, whatever the style gives each kind."""
    return round(field.fontMetrics().lineSpacing() * 1.7)
