"""A page with the recent comparisons at its side, shown or folded away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.sessions.sessions_panel import SessionsPanel
from gui.theme import Theme
from gui.widgets.buttons import IconButton


class RecentSide(QWidget):
    """Folded away, a narrow strip keeps the button that brings the panel back."""

    folded = Signal()
    """The panel was shown or folded away."""

    def __init__(
        self, theme: Theme, panel: SessionsPanel, page: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self.button = IconButton(theme, "sessions", "Show the recent comparisons", self)
        self.button.clicked.connect(self.toggle)
        self._strip = QFrame(self)
        self._strip.setProperty("look", "panel")
        strip = QVBoxLayout(self._strip)
        strip.setContentsMargins(theme.space.xs, theme.space.m, theme.space.xs, 0)
        strip.addWidget(self.button)
        strip.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._strip)
        row.addWidget(panel)
        row.addWidget(page, 1)
        panel.hide_wanted.connect(self.toggle)

    @property
    def shown(self) -> bool:
        return not self._panel.isHidden()

    def show_panel(self, shown: bool) -> None:
        self._panel.setVisible(shown)
        self._strip.setVisible(not shown)
        self.folded.emit()

    def toggle(self) -> None:
        self.show_panel(not self.shown)
        (self._panel.list if self.shown else self.button).setFocus()
