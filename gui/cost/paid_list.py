"""The paid models of the price list, each to be ticked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.buttons import TextButton

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.cost.paid import PaidModel


class PaidList(QWidget):
    ticked = Signal()
    edit_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[str, QCheckBox] = {}
        self.edit = TextButton(
            theme, "sliders", "Price list…", "Change the list of paid models", parent=self
        )
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space.xs)
        self._column.addWidget(self.edit, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.edit)
        self.edit.clicked.connect(self.edit_wanted)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def offer(self, models: Sequence[PaidModel], chosen: Sequence[str]) -> None:
        for box in self.boxes.values():
            self._column.removeWidget(box)
            box.deleteLater()
        self.boxes = {}
        for place, model in enumerate(models):
            # An ampersand would become a shortcut.
            box = QCheckBox(model.name.replace("&", "&&"), self)
            box.setAccessibleName(model.name)
            # A long name must not widen the form.
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setChecked(model.name in chosen)
            box.setToolTip(escape(_price(model)))
            box.toggled.connect(self.ticked)
            self._column.insertWidget(place, box)
            self.boxes[model.name] = box


def _price(model: PaidModel) -> str:
    cached = "" if model.cached is None else f", cached {model.cached:g}"
    return (
        f"Prompt {model.prompt:g}{cached}, output {model.output:g} {model.currency} per million tokens, "
        f"{model.date} ({model.source})"
    )
