"""The paid models of the price list, each to be ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.buttons import TextButton

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.cost.paid import PaidModel

_LINES: Final = 4


class PaidList(QWidget):
    ticked = Signal(tuple)
    """The names that are ticked now."""
    edit_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Paid models")
        self.list.setFixedHeight(theme.lines(1.4 * _LINES))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.edit = TextButton(
            theme, "sliders", "Price list…", "Change the list of paid models", parent=self
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(self.list)
        column.addWidget(self.edit, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.list)
        self.list.itemChanged.connect(self._tell)
        self.edit.clicked.connect(self.edit_wanted)

    @property
    def names(self) -> tuple[str, ...]:
        items = (self.list.item(place) for place in range(self.list.count()))
        return tuple(each.text() for each in items if each.checkState() == Qt.CheckState.Checked)

    def offer(self, models: Sequence[PaidModel], chosen: Sequence[str]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for model in models:
            item = QListWidgetItem(model.name, self.list)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if model.name in chosen else Qt.CheckState.Unchecked
            item.setCheckState(state)
            cached = "" if model.cached is None else f", cached {model.cached:g}"
            item.setToolTip(
                f"Prompt {model.prompt:g}{cached}, output {model.output:g} {model.currency} per million "
                f"tokens, {model.date} ({model.source})"
            )
        self.list.blockSignals(False)

    def _tell(self, _item: QListWidgetItem) -> None:
        self.ticked.emit(self.names)
