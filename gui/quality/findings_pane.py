"""The right side of the Quality page: how far a run is, and below it what was found."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from gui.quality.hints import WHAT_FOR, hint
from gui.theme import Theme
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling


class FindingsPane(QWidget):
    """A place for each measurement, with a hint in it until there is a result."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", "small-muted", parent=self)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the measurement")
        self._found = QStackedWidget(self)
        self._places: list[QVBoxLayout] = []
        for title, text in WHAT_FOR:
            page = QWidget(self)
            page.setProperty("look", "clear")
            inside = QVBoxLayout(page)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.addWidget(hint(theme, title, text, page))
            self._found.addWidget(scrolling(page, self))
            self._places.append(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addWidget(self._found, 1)

    def show_place(self, place: int) -> None:
        self._found.setCurrentIndex(place)

    def show_running(self, running: bool) -> None:
        for part in (self.progress, self.words):
            part.setVisible(running)

    def show_progress(self, words: str, fraction: float) -> None:
        self.words.setText(words)
        self.progress.setValue(round(fraction * 1000))

    def put(self, place: int, result: QWidget) -> None:
        """Show a result in the place of its hint."""
        column = self._places[place]
        first = column.takeAt(0)
        shown = None if first is None else first.widget()
        if shown is not None:
            shown.hide()
            shown.deleteLater()
        column.addWidget(result)
        result.show()
