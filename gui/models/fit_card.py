"""The verdict on one model: words, a bar to scale, and the figures behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.figures import size
from gui.models.fit_words import fit_mood, fit_rows, fit_sentence, fit_words
from gui.models.memory_bar import MemoryBar
from gui.theme import Theme
from gui.widgets.labels import Badge, label
from gui.widgets.rows import RowsView

if TYPE_CHECKING:
    from gui.models.fit_words import FitResult
    from storage.uses import Use


class FitCard(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.badge = Badge(self)
        self.sentence = label("", wrap=True, parent=self)
        self.bar = MemoryBar(theme, self)
        self._rows: RowsView | None = None
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(self.badge)
        column.addWidget(self.sentence)
        column.addWidget(self.bar)

    def show_fit(
        self, result: FitResult | None, free_bytes: int | None, use: Use | None = None
    ) -> None:
        """free_bytes: what is free in the memories that it would use; None where that is not known.

        use: of the model on this machine.
        """
        self.badge.show_state(fit_words(result), fit_mood(result))
        self.sentence.setText(fit_sentence(result))
        if self._rows is not None:
            self._column.removeWidget(self._rows)
            self._rows.hide()
            self._rows.deleteLater()
            self._rows = None
        known = result is not None and not isinstance(result, str)
        self.bar.setVisible(known and free_bytes is not None)
        if result is None or isinstance(result, str):
            return
        whole = result.need.whole
        if free_bytes is not None:
            parts = (whole.weights_bytes, whole.kv_bytes, whole.compute_bytes)
            words = f"{size(whole.total_bytes)} of {size(free_bytes)} that is free"
            self.bar.show_need(parts, free_bytes, words)
        self._rows = RowsView(self._theme, fit_rows(result, use), self)
        self._column.addWidget(self._rows)
