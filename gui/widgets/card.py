"""A bordered surface for what belongs together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.theme import Theme


def padded_card(theme: Theme, parent: QWidget) -> tuple[QFrame, QVBoxLayout]:
    """The card, and the column of its parts."""
    card = QFrame(parent)
    card.setProperty("look", "card")
    space = theme.space
    column = QVBoxLayout(card)
    column.setContentsMargins(space.m, space.m, space.m, space.m)
    column.setSpacing(space.s)
    return card, column
