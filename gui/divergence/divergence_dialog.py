"""Shows where a candidate would have left a reply, once both models have read it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.divergence.divergence_model import DivergenceModel
from gui.divergence.legend import Legend
from gui.divergence.token_details import TokenDetails
from gui.divergence.token_text import TokenText
from gui.divergence.words import summary, token_verdict
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling

_REASONED = (
    "The reasoning before this reply was left out: the first tokens may differ for that alone."
)


class DivergenceDialog(QDialog):
    """Opened once the model was asked; closing it stops what still runs."""

    def __init__(self, theme: Theme, model: DivergenceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        reference, candidate = model.names
        self.setWindowTitle(f"Where would {candidate} differ from {reference}?")
        self.resize(theme.characters(160), theme.lines(40))
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._waiting_page())
        self._stack.addWidget(self._result_page())
        self.end = QPushButton("Cancel", self)
        self.end.setAutoDefault(False)
        self.end.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.end)
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.m)
        column.setSpacing(space.m)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)
        self._connect()

    def _waiting_page(self) -> QWidget:
        page = QWidget(self)
        self.waiting = label("Starting…", wrap=True, selectable=True, parent=page)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.progress = QProgressBar(page)
        self.progress.setAccessibleName("Progress of the comparison")
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        column = QVBoxLayout(page)
        column.setSpacing(self._theme.space.m)
        column.addStretch(1)
        column.addWidget(self.waiting)
        column.addWidget(self.progress)
        column.addStretch(1)
        return page

    def _result_page(self) -> QWidget:
        page = QWidget(self)
        names = self._model.names
        self.sentence = label("", wrap=True, selectable=True, parent=page)
        self.text = TokenText(self._theme, page)
        self.details = TokenDetails(self._theme, names, page)
        split = QSplitter(page)
        split.setChildrenCollapsible(False)
        split.addWidget(self.text)
        split.addWidget(self._scrolled(page))
        split.setStretchFactor(0, 1)
        split.setSizes([self._theme.characters(90), self._theme.characters(60)])
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.space.m)
        column.addWidget(self.sentence)
        column.addLayout(self._bar(page, names[1]))
        column.addWidget(split, 1)
        return page

    def _bar(self, page: QWidget, candidate: str) -> QHBoxLayout:
        self.back = IconButton(self._theme, "left", "Previous difference (P or Shift+F3)", page)
        self.on = IconButton(self._theme, "right", "Next difference (N or F3)", page)
        self.where = label("", "small-muted", parent=page)
        bar = QHBoxLayout()
        bar.setSpacing(self._theme.space.xs)
        bar.addWidget(Legend(self._theme, candidate, page), 1)
        for part in (self.where, self.back, self.on):
            bar.addWidget(part)
        return bar

    def _scrolled(self, page: QWidget) -> QScrollArea:
        area = scrolling(self.details, page)
        area.setAccessibleName("The chosen token")
        area.setMinimumWidth(self._theme.characters(52))
        return area

    def _connect(self) -> None:
        model = self._model
        model.progressed.connect(self._show_progress)
        model.failed.connect(self._show_fault)
        model.found.connect(self._show_result)
        model.place_changed.connect(self._show_place)
        self.text.token_chosen.connect(model.choose)
        self.finished.connect(model.stop)
        self.on.clicked.connect(self._go_on)
        self.back.clicked.connect(self._go_back)
        for keys, slot in ((("N", "F3"), self._go_on), (("P", "Shift+F3"), self._go_back)):
            shortcut = QShortcut(self)
            shortcut.setKeys([QKeySequence(key) for key in keys])
            shortcut.activated.connect(slot)

    # What the model says -----------------------------------------------------------------------

    def _show_progress(self, words: str, fraction: float) -> None:
        self.waiting.setText(words)
        self.progress.setValue(round(1000 * fraction))

    def _show_fault(self, sentence: str) -> None:
        self.waiting.setText(sentence)
        self.progress.hide()
        self.end.setText("Close")
        self._announce(sentence)

    def _show_result(self) -> None:
        model = self._model
        found, question = model.result, model.question
        if found is None or question is None:
            return
        words = summary(found, model.names)
        self.sentence.setText(f"{words}\n{_REASONED}" if question.reasoned else words)
        self.text.show_tokens(found, model.names)
        for button in (self.back, self.on):
            button.setEnabled(bool(found.differing))
        self._stack.setCurrentIndex(1)
        self.end.setText("Close")
        self.text.setFocus()
        self._announce(words)
        model.choose(model.place)

    def _show_place(self, place: int) -> None:
        found = self._model.result
        if found is None:
            return
        self.text.choose(place)
        self.details.show_token(found, place)
        places = found.differing
        nth = f"{places.index(place) + 1} of {len(places)}" if place in places else f"{len(places)}"
        self.where.setText(f"Difference {nth}" if place in places else f"Differences: {nth}")
        self._announce(
            f"{self.details.title.text()}. {token_verdict(found, place, self._model.names)}"
        )

    def _announce(self, words: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    # What the user does ------------------------------------------------------------------------

    def _go_on(self) -> None:
        self._model.step(1)

    def _go_back(self) -> None:
        self._model.step(-1)
