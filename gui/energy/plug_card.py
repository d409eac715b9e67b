"""A plug meter's two readings, beside what the sensors say at the same time, and what follows."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.energy.wording import plug_text
from engine.wording import digits_text
from gui.energy.energy_model import EnergyModel, State
from gui.theme import Theme
from gui.widgets.fields import RealField
from gui.widgets.labels import label

_HOW: Final = (
    "The sensors see the components only. Put a plug meter between the machine and the wall, and take two "
    "readings: replies then tell their energy at the plug, and costs include the rest of the machine. Each "
    "measurement takes ten seconds; read the plug meter meanwhile."
)
_STATES: Final[tuple[tuple[State, str, str], ...]] = (
    ("rest", "At rest", "Leave the machine alone."),
    ("load", "Under load", "All processor cores work meanwhile."),
)
_UNREAD: Final = "not read"


class PlugCard(QFrame):
    def __init__(self, theme: Theme, model: EnergyModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.setProperty("look", "card")
        self.known = label("", "", wrap=True, parent=self)
        self.measure: dict[State, QPushButton] = {}
        self.sensors = {state: label("", "muted", parent=self) for state, _, _ in _STATES}
        self.plug: dict[State, RealField] = {}
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the reading")
        self.cancel = QPushButton("Cancel", self)
        self.why = label("", "muted", wrap=True, parent=self)
        self.keep = QPushButton("Keep the calibration", self)
        self.forget = QPushButton("Forget it", self)
        self._lay_out()
        self._connect()
        self._show()
        self._show_availability()

    def _lay_out(self) -> None:
        space = self._theme.space
        grid = QGridLayout()
        grid.setHorizontalSpacing(space.l)
        grid.setVerticalSpacing(space.s)
        for place, head in enumerate(("", "", "The sensors say", "The plug meter shows, W")):
            grid.addWidget(label(head, "small-muted", parent=self), 0, place)
        for row, (state, title, hint) in enumerate(_STATES, start=1):
            button = QPushButton(f"Measure {title[0].lower()}{title[1:]}", self)
            button.setToolTip(hint)
            self.measure[state] = button
            field = RealField(0.0, 0.0, 100_000.0, step=1.0, parent=self)
            field.setSpecialValueText(_UNREAD)
            field.setAccessibleName(f"What the plug meter shows {title.lower()}, in watts")
            self.plug[state] = field
            grid.addWidget(label(title, "", parent=self), row, 0)
            grid.addWidget(button, row, 1)
            grid.addWidget(self.sensors[state], row, 2)
            grid.addWidget(field, row, 3)
        grid.setColumnMinimumWidth(2, self._theme.characters(16))
        grid.setColumnStretch(4, 1)
        going = QHBoxLayout()
        going.addWidget(self.progress, 1)
        going.addWidget(self.cancel)
        ending = QHBoxLayout()
        ending.setSpacing(space.s)
        ending.addWidget(self.keep)
        ending.addWidget(self.forget)
        ending.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addWidget(label("Plug meter", "strong", parent=self))
        column.addWidget(self.known)
        column.addWidget(label(_HOW, "muted", wrap=True, parent=self))
        column.addLayout(grid)
        column.addLayout(going)
        column.addWidget(self.why)
        column.addLayout(ending)

    def _connect(self) -> None:
        model = self._model
        for state, button in self.measure.items():
            button.clicked.connect(partial(self._measure, state))
        for state, field in self.plug.items():
            field.valueChanged.connect(partial(self._type, state))
        self.cancel.clicked.connect(model.cancel)
        self.keep.clicked.connect(model.keep_calibration)
        self.forget.clicked.connect(model.forget_calibration)
        model.changed.connect(self._show)
        model.availability_changed.connect(self._show_availability)
        model.progressed.connect(self._show_progress)

    def _measure(self, state: State, _checked: bool = False) -> None:
        self.progress.setValue(0)
        self._model.measure(state)

    def _type(self, state: State, _value: float) -> None:
        self._model.type_plug(state, self.plug[state].number)

    def _show(self) -> None:
        model = self._model
        words = plug_text(model.settings.plug)
        self.known.setText(f"{words[:1].upper()}{words[1:]}")
        self.forget.setVisible(model.settings.plug is not None)
        for state, shown in self.sensors.items():
            measured = model.measured.get(state)
            words = (
                "not measured yet" if measured is None else f"{digits_text(measured.watts, 3)} W"
            )
            shown.setText(words)
        self._show_availability()

    def _show_availability(self) -> None:
        model = self._model
        why_not, why_not_keep = model.why_not_measure(), model.why_not_keep()
        for button in self.measure.values():
            button.setEnabled(not why_not)
        self.keep.setEnabled(not why_not_keep)
        self.keep.setToolTip(why_not_keep)
        measuring = model.measuring is not None
        self.progress.setVisible(measuring)
        self.cancel.setVisible(measuring)
        found = model.calibration
        self.why.setText(why_not or why_not_keep or f"This means: {plug_text(found)}")
        self.why.setVisible(bool(self.why.text()))

    def _show_progress(self, fraction: float) -> None:
        self.progress.setValue(round(1000 * fraction))
