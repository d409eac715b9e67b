"""An area that scrolls what is too tall for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget


def scrolling(inner: QWidget, parent: QWidget, *, sideways: bool = False) -> QScrollArea:
    """`inner` keeps the area's width; sideways: one that is wider scrolls to the side, too."""
    area = QScrollArea(parent)
    area.setProperty("look", "plain")
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if not sideways:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area
