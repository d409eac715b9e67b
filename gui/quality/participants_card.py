"""Who is compared: the reference, and a tick for each candidate."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from engine.contract import Contender
from gui.figures import size
from gui.quality.participants_model import ParticipantsModel
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

_CHARACTERS = 34


class ParticipantsCard(QWidget):
    add_wanted = Signal()

    def __init__(
        self, theme: Theme, model: ParticipantsModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._width = theme.characters(_CHARACTERS)
        self.reference = ChoiceField({}, "", self)
        self.reference.setAccessibleName("Reference model")
        self.reference.setToolTip("The model that the others are measured against.")
        self.reference.setMinimumContentsLength(12)
        self.reference.setSizeAdjustPolicy(
            ChoiceField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.ticks: list[QCheckBox] = []
        self._shown: list[Contender] = []
        self.add = TextButton(theme, "plus", "Add model…", "Add model files", parent=self)
        self.add.clicked.connect(self.add_wanted)
        self._candidates = QVBoxLayout()
        self._candidates.setSpacing(theme.space.xs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(label("Reference", "small-muted", parent=self))
        column.addWidget(self.reference)
        column.addSpacing(theme.space.xs)
        column.addWidget(label("Candidates", "small-muted", parent=self))
        column.addLayout(self._candidates)
        column.addWidget(self.add)
        self.reference.activated.connect(self._choose)
        model.changed.connect(self._show)
        self._show()

    def set_locked(self, why: str) -> None:
        for widget in (self.reference, self.add, *self.ticks):
            widget.setEnabled(not why)

    def _show(self) -> None:
        reference = self._model.reference
        self.reference.clear()
        for each in self._model.contenders:
            self.reference.addItem(each.name, each.name)
        if reference is not None:
            self.reference.set_choice(reference.name)
        self._show_candidates()

    def _show_candidates(self) -> None:
        reference = self._model.reference
        others = [each for each in self._model.contenders if each is not reference]
        if others == self._shown:
            for each, tick in zip(others, self.ticks, strict=True):
                tick.setChecked(self._model.is_candidate(each.name))
            return
        self._shown = others
        for tick in self.ticks:
            self._candidates.removeWidget(tick)
            tick.hide()
            tick.deleteLater()
        self.ticks = [self._tick(each) for each in others]

    def _tick(self, contender: Contender) -> QCheckBox:
        name = contender.name
        tick = QCheckBox(self)
        tick.setText(tick.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, self._width))
        tick.setToolTip(f"{name}, {size(contender.model.size_bytes)}")
        tick.setAccessibleName(f"Measure {name}")
        tick.setChecked(self._model.is_candidate(name))
        tick.toggled.connect(partial(self._model.set_candidate, name))
        self._candidates.addWidget(tick)
        return tick

    def _choose(self, _place: int) -> None:
        self._model.choose_reference(self.reference.choice)
