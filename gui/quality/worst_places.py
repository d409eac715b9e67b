"""Where each candidate is furthest from the scored replies, with a way to look at the place."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import Fidelity, FidelityDocument, ReplyFidelity
from gui.divergence.words import brief_names, percent, quoted
from gui.figures import significant
from gui.quality.fidelity_model import FidelityModel
from gui.quality.figures_table import Cell, Column, FiguresModel, FiguresTable
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.labels import label

_MOST_LINES: Final = 8
_COLUMNS: Final = (
    Column("Prompt", is_text=True),
    Column("Model", is_text=True),
    Column("Same token", "In how many of the reply's places it would go on alike."),
    Column("Mean KLD", "Over the reply's tokens, in nats."),
    Column("Furthest at token", "The token with the largest KL divergence.", is_text=True),
    Column("Probability", "Of that token: for the reference, then for the model."),
    Column("Its likeliest", "What the model finds likeliest there.", is_text=True),
)


class WorstPlaces(QFrame):
    """`wanted` carries the Question of the chosen row."""

    wanted = Signal(object)

    def __init__(self, theme: Theme, model: FidelityModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._model = model
        self._places: list[tuple[str, ReplyFidelity]] = []
        self._why_not = ""
        self._rows = FiguresModel(_COLUMNS, self)
        self.table = FiguresTable(
            theme, self._rows, "Replies, the largest difference first", most_lines=_MOST_LINES
        )
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.show_tokens = TextButton(
            theme, "diverge", "Show its tokens…", "Show the tokens of the chosen reply", parent=self
        )
        self.why = label("", "small-muted", wrap=True, parent=self)
        space = theme.space
        foot = QHBoxLayout()
        foot.setSpacing(space.s)
        foot.addWidget(self.show_tokens)
        foot.addWidget(self.why, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addWidget(label("Where they differ most", "strong", parent=self))
        column.addWidget(self.table)
        column.addLayout(foot)
        self.show_tokens.clicked.connect(self._want)
        self.table.activated.connect(self._want)
        self.table.selectionModel().currentRowChanged.connect(self._show_availability)

    def show_document(self, document: FidelityDocument) -> None:
        prompts = {each.case: each.prompt for each in document.replies}
        found = [
            (candidate.name, each)
            for candidate in document.candidates
            if isinstance(candidate, Fidelity)
            for each in candidate.replies
        ]
        self._places = sorted(found, key=_distance, reverse=True)
        names = self._brief_names()
        rows = [_row(name, names[name], each, prompts[each.case]) for name, each in self._places]
        self._rows.show_columns(_COLUMNS, rows)
        if self._places:
            self.table.selectRow(0)
        self._show_availability()

    def _brief_names(self) -> dict[str, str]:
        reference = self._model.reference
        return {
            each.name: brief_names(reference, each)[1] if reference is not None else each.name
            for each in self._model.candidates
        }

    def hold(self, why_not: str) -> None:
        """Let nothing be opened for this reason, as long as it holds."""
        self._why_not = why_not
        self._show_availability()

    def _show_availability(self, *_changed: QModelIndex) -> None:
        why = self._why_not_shown()
        self.show_tokens.setEnabled(not why)
        self.why.setText(why)

    def _why_not_shown(self) -> str:
        row = self.table.currentIndex().row()
        if self._why_not or not 0 <= row < len(self._places):
            return self._why_not or "Choose a reply."
        return self._model.why_no_question(self._places[row][0])

    def _want(self, _at: object = None) -> None:
        if self._why_not_shown():
            return
        question = self._model.question(*self._places[self.table.currentIndex().row()])
        if question is not None:
            self.wanted.emit(question)


def _distance(place: tuple[str, ReplyFidelity]) -> float:
    return place[1].worst.kld


def _row(name: str, brief: str, found: ReplyFidelity, prompt: str) -> list[Cell]:
    worst = found.worst
    change = f"{percent(worst.probability)} → {percent(worst.candidate_probability)}"
    line = " ".join(prompt.split())
    return [
        Cell(f"{found.case}: {line}", hint=prompt),
        Cell(brief, hint=name),
        Cell(f"{found.same_top_percent:.1f} %", found.same_top_percent),
        Cell(f"{found.mean_kld:.4f}", found.mean_kld),
        Cell(
            f"{worst.token + 1}: {quoted(worst.text)}",
            worst.token,
            f"KL divergence there: {significant(worst.kld)} nats",
        ),
        Cell(change),
        Cell(quoted(worst.instead)),
    ]
