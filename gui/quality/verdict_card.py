"""The verdict on one candidate."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import Verdict
from gui.quality.suite_words import badge, verdict_figures
from gui.theme import Theme
from gui.widgets.flow import FlowLayout
from gui.widgets.labels import Badge, label


class VerdictCard(QFrame):
    """Is this candidate good enough? The answer, the sentence, the figures."""

    def __init__(
        self, theme: Theme, verdict: Verdict, sentence: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        space = theme.space
        self.setProperty("look", "card")
        self.badge = Badge(self)
        self.badge.show_state(*badge(verdict))
        self.sentence = label(sentence, wrap=True, selectable=True, parent=self)
        head = QHBoxLayout()
        head.setSpacing(space.s)
        head.addWidget(label(verdict.contender, "strong", parent=self))
        head.addWidget(self.badge)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addLayout(head)
        column.addWidget(self.sentence)
        figures = QWidget(self)
        flow = FlowLayout(space.xl, figures)
        for name, value in verdict_figures(verdict):
            flow.addWidget(_figure(name, value, figures))
        column.addWidget(figures)


def _figure(name: str, value: str, parent: QWidget) -> QWidget:
    made = QWidget(parent)
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(0)
    grid.addWidget(label(value, "strong", parent=made), 0, 0)
    grid.addWidget(label(name, "small-muted", parent=made), 1, 0)
    return made
