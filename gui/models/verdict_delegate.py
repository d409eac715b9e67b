"""Cells of the models' tables: a verdict stands in its colour."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.models.library_model import LibraryRole
from gui.theme import Theme


class VerdictDelegate(QStyledItemDelegate):
    """Writes the verdict in its colour, which a quiet selection leaves readable."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        colours, role = self._theme.colours, QPalette.ColorRole
        mood = index.data(LibraryRole.MOOD)
        colour = {
            None: colours.text,
            "good": colours.good,
            "warning": colours.warning,
            "error": colours.error,
        }.get(mood, colours.muted)
        if mood is not None:
            option.font.setWeight(QFont.Weight.DemiBold)
        option.palette.setColor(role.Highlight, QColor(colours.accent_soft))
        option.palette.setColor(role.Text, QColor(colour))
        option.palette.setColor(role.HighlightedText, QColor(colour))
