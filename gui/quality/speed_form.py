"""The settings of a speed run: which sizes, and how often."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from gui.quality.speed_settings import SpeedSettings
from gui.theme import Theme
from gui.widgets.fields import NumberField, add_row, form
from gui.widgets.labels import label


class SpeedForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)

    def __init__(
        self, theme: Theme, settings: SpeedSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.prompts = QLineEdit(settings.prompts, self)
        self.replies = QLineEdit(settings.replies, self)
        self.depths = QLineEdit(settings.depths, self)
        self.repetitions = NumberField(settings.repetitions, 1, 1000)
        self._lay_out(theme)
        for field in (self.prompts, self.replies, self.depths):
            field.setMinimumHeight(self.repetitions.minimumHeight())
            field.textChanged.connect(self._edit)
        self.repetitions.valueChanged.connect(self._edit)

    def show_settings(self, settings: SpeedSettings) -> None:
        """Without telling of it."""
        self._settings = settings
        for field, text in (
            (self.prompts, settings.prompts),
            (self.replies, settings.replies),
            (self.depths, settings.depths),
        ):
            with QSignalBlocker(field):
                field.setText(text)
        with QSignalBlocker(self.repetitions):
            self.repetitions.set_number(settings.repetitions)

    def set_locked(self, locked: bool) -> None:
        for widget in (self.prompts, self.replies, self.depths, self.repetitions):
            widget.setEnabled(not locked)

    def _lay_out(self, theme: Theme) -> None:
        rows = form(theme)
        add_row(
            rows,
            "Prompts, tokens",
            self.prompts,
            "How long the prompts are that are read (pp512). Several with commas between; 0 leaves it out.",
        )
        add_row(
            rows,
            "Replies, tokens",
            self.replies,
            "How many tokens are written (tg128). Several with commas between; 0 leaves it out.",
        )
        add_row(
            rows,
            "After, tokens",
            self.depths,
            "How many tokens the context holds before: long conversations are slower.",
        )
        add_row(
            rows, "Repetitions", self.repetitions, "Of each test, after a run that is not counted."
        )
        about = (
            "The reference and the ticked candidates are measured one after the other, with random tokens, "
            "as llama-bench does. Let nothing else run meanwhile."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addLayout(rows)
        column.addWidget(label(about, "small-muted", wrap=True, parent=self))
        column.addStretch(1)

    def _edit(self, _value: object = None) -> None:
        self._settings = msgspec.structs.replace(
            self._settings,
            prompts=self.prompts.text(),
            replies=self.replies.text(),
            depths=self.depths.text(),
            repetitions=self.repetitions.number or self._settings.repetitions,
        )
        self.edited.emit(self._settings)
