"""The Quality page: settings on the left, what was found on the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Command
from gui.pages import Page
from gui.quality.fidelity_form import FidelityForm
from gui.quality.participants_card import ParticipantsCard
from gui.quality.quality_model import QualityModel
from gui.theme import Theme
from gui.widgets.banner import BannerStack
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

_WHAT_FOR: Final = (
    "Both models read the same text, token by token, and their probabilities are compared. "
    "That shows within minutes how far a smaller quantization is from the model it was made of.\n\n"
    "Choose a reference, usually the largest file, tick the candidates, and run."
)
_WIDTH: Final = 44


def page_of_quality(page: QualityPage, model: QualityModel) -> Page:
    return Page(
        "quality",
        "Quality",
        "Measure what a cheaper model loses",
        page,
        page.take_focus,
        page.commands(),
        model.availability_changed,
    )


class QualityPage(QWidget):
    def __init__(self, theme: Theme, model: QualityModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.banners = BannerStack(theme, self)
        self.participants = ParticipantsCard(theme, model.participants, self)
        self.fidelity_form = FidelityForm(theme, model.fidelity.settings, self)
        self.run = MainButton(theme, "play", "Run", parent=self)
        self.stop = MainButton(theme, "stop", "Stop", look="stop", parent=self)
        self.why = label("", "small-muted", wrap=True, parent=self)
        self.progress_words = label("", "small-muted", parent=self)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the measurement")
        self.hint = self._hint()
        self.result: QWidget | None = None
        self._found = QVBoxLayout()
        self._lay_out()
        self._connect()
        self._show_availability()

    def take_focus(self) -> None:
        """Put the keyboard where the user most likely goes on."""
        if self.run.isEnabled():
            self.run.setFocus()
        else:
            self.participants.add.setFocus()

    def commands(self) -> tuple[Command, ...]:
        fidelity = self._model.fidelity
        return (
            Command(
                "quality-run",
                "Measure quality",
                "Run",
                fidelity.run,
                ("Ctrl+Return", "Ctrl+Enter"),
                fidelity.why_not_run,
                part=2,
                listed=False,
            ),
            Command(
                "quality-stop",
                "Stop measuring",
                "Run",
                fidelity.stop,
                ("Esc",),
                fidelity.why_not_stop,
                part=2,
                listed=False,
            ),
        )

    def choose_files(self) -> None:
        """Ask for GGUF files and add them."""
        names, _ = QFileDialog.getOpenFileNames(
            self, "Add models", "", "GGUF models (*.gguf);;All files (*)"
        )
        self._model.add_files(Path(name) for name in names)

    # Parts -------------------------------------------------------------------------------------

    def _hint(self) -> QFrame:
        frame = QFrame(self)
        space = self._theme.space
        column = QVBoxLayout(frame)
        column.setContentsMargins(space.xl, space.xl, space.xl, space.xl)
        column.setSpacing(space.m)
        column.addWidget(label("What does the cheaper model lose?", "title", parent=frame))
        column.addWidget(label(_WHAT_FOR, "muted", wrap=True, parent=frame))
        column.addStretch(1)
        return frame

    def _lay_out(self) -> None:
        space = self._theme.space
        row = QHBoxLayout()
        row.setSpacing(space.l)
        row.addWidget(self._settings())
        row.addLayout(self._findings(), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addLayout(row, 1)

    def _settings(self) -> QWidget:
        space = self._theme.space
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        column = QVBoxLayout(inner)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.m)
        column.addWidget(label("Models", "strong", parent=inner))
        column.addWidget(self.participants)
        column.addWidget(label("Fidelity on a text", "strong", parent=inner))
        column.addWidget(self.fidelity_form)
        column.addStretch(1)
        scroll = _scrolling(inner, self)
        card = QFrame(self)
        card.setProperty("look", "card")
        card.setFixedWidth(self._theme.characters(_WIDTH))
        foot = QVBoxLayout()
        foot.setContentsMargins(space.m, 0, space.m, space.m)
        foot.setSpacing(space.xs)
        foot.addWidget(self.why)
        foot.addWidget(self.run)
        foot.addWidget(self.stop)
        whole = QVBoxLayout(card)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)
        return card

    def _findings(self) -> QVBoxLayout:
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        self._found = QVBoxLayout(inner)
        self._found.setContentsMargins(0, 0, 0, 0)
        self._found.addWidget(self.hint)
        column = QVBoxLayout()
        column.setSpacing(self._theme.space.xs)
        column.addWidget(self.progress_words)
        column.addWidget(self.progress)
        column.addWidget(_scrolling(inner, self), 1)
        return column

    def _connect(self) -> None:
        model, fidelity = self._model, self._model.fidelity
        model.availability_changed.connect(self._show_availability)
        model.failed.connect(partial(self.banners.add, "error"))
        model.noticed.connect(partial(self.banners.add, "notice"))
        self.participants.add_wanted.connect(self.choose_files)
        self.fidelity_form.edited.connect(fidelity.edit)
        self.run.clicked.connect(fidelity.run)
        self.stop.clicked.connect(fidelity.stop)
        fidelity.progressed.connect(self._show_progress)
        fidelity.estimated.connect(self._show_result)
        fidelity.finished.connect(self._end)

    # What the model says -----------------------------------------------------------------------

    def _show_availability(self) -> None:
        fidelity, running = self._model.fidelity, self._model.running
        why = fidelity.why_not_run()
        self.run.setVisible(not running)
        self.run.setEnabled(not why)
        self.stop.setVisible(running)
        self.stop.setEnabled(not fidelity.why_not_stop())
        self.why.setText(fidelity.why_not_stop() if running else why)
        self.why.setVisible(bool(self.why.text()))
        self.participants.set_locked(self._model.why_not_edit())
        self.fidelity_form.set_locked(running)
        for part in (self.progress, self.progress_words):
            part.setVisible(running)

    def _show_progress(self, words: str, fraction: float) -> None:
        self.progress_words.setText(words)
        self.progress.setValue(round(fraction * 1000))

    def _show_result(self, _name: str = "") -> None:
        """Make the view of the result with the first estimate; from then on it follows the model."""
        if self.result is not None:
            return
        from gui.quality.fidelity_result import FidelityResult

        self.result = FidelityResult(self._theme, self._model.fidelity, self)
        self.hint.hide()
        self._found.addWidget(self.result)

    def _end(self) -> None:
        document = self._model.fidelity.document
        if document is not None:
            self._show_result()
            words = "The measurement has ended"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))


def _scrolling(inner: QWidget, parent: QWidget) -> QScrollArea:
    area = QScrollArea(parent)
    area.setProperty("look", "plain")
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area
