"""How tokens are chosen, for all contenders alike, in a popover of the composer."""

from __future__ import annotations

import json
from typing import Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QPushButton, QWidget

from engine.contract import Gbnf, JsonSchema, Sampling
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, FoldedRows, NumberField, RealField, add_row, form
from gui.widgets.labels import label
from gui.widgets.popover import Popover

_FREE, _SCHEMA, _GRAMMAR = "free", "json_schema", "gbnf"
_OUTPUTS = {_FREE: "free text", _SCHEMA: "JSON of a schema", _GRAMMAR: "a grammar (GBNF)"}
_MARKS: Final = {"n": "\n", "t": "\t", "r": "\r"}


class SamplingForm(Popover):
    """Shows a Sampling; every change is told with the changed one, and whether models warm up."""

    edited = Signal(object)
    warm_up_chosen = Signal(bool)

    def __init__(self, theme: Theme, sampling: Sampling, warm_up: bool, parent: QWidget) -> None:
        super().__init__(theme, "Sampling", parent)
        self._sampling = sampling
        self.temperature = RealField(0.0, 0.0, 5.0, step=0.1)
        self.max_tokens = NumberField(1, 1, (1 << 31) - 1, step=64)
        self.seed = NumberField(0, 0, (1 << 31) - 1)
        self.top_k = NumberField(0, 0, 1000)
        self.top_p = RealField(0.0, 0.0, 1.0)
        self.min_p = RealField(0.0, 0.0, 1.0)
        self.repeat_penalty = RealField(1.0, 0.0, 5.0)
        self.presence_penalty = RealField(0.0, -5.0, 5.0)
        self.frequency_penalty = RealField(0.0, -5.0, 5.0)
        self.stop = QPlainTextEdit()
        self.output = ChoiceField(_OUTPUTS, _FREE)
        self.constraint = QPlainTextEdit()
        self.problem = label("", "small-muted", wrap=True)
        self.warm_up = QCheckBox("Discard a short warm-up after each load")
        self.warm_up.setChecked(warm_up)
        self._lay_out()
        self._show(sampling)
        self._listen()

    @property
    def _reals(self) -> tuple[RealField, ...]:
        penalties = (self.repeat_penalty, self.presence_penalty, self.frequency_penalty)
        return (self.temperature, self.top_p, self.min_p, *penalties)

    @property
    def _numbers(self) -> tuple[NumberField, ...]:
        return (self.max_tokens, self.seed, self.top_k)

    def _lay_out(self) -> None:
        rows = form(self._theme)
        greedy = "0 takes the likeliest token each time, so that comparisons repeat."
        add_row(rows, "Temperature", self.temperature, greedy)
        add_row(rows, "At most, tokens", self.max_tokens)
        add_row(rows, "Seed", self.seed)
        add_row(rows, "Output", self.output)
        self._dress(self.constraint, 7)
        add_row(rows, "Schema or grammar", self.constraint)
        rows.addRow("", self.problem)
        more = FoldedRows(self._theme, rows, "More sampling", "more sampling settings")
        more.add("Top-k", self.top_k, "0 switches it off.")
        more.add("Top-p", self.top_p, "1 switches it off.")
        more.add("Min-p", self.min_p, "0 switches it off.")
        more.add("Repeat penalty", self.repeat_penalty, "1 switches it off.")
        more.add("Presence penalty", self.presence_penalty)
        more.add("Frequency penalty", self.frequency_penalty)
        self._dress(self.stop, 3)
        more.add("Stop at, one a line", self.stop)
        more.add("", self.warm_up)
        self.warm_up.setAccessibleName("Discard a short warm-up after each load")
        self._rows = rows
        self.body.addLayout(rows)
        more.fold()
        more.button.toggled.connect(self.refit)
        self.body.addStretch(1)
        reset = QPushButton("Reset")
        reset.setToolTip("Greedy, seed 42, 256 tokens: the same reply each time.")
        reset.clicked.connect(self._reset)
        done = QPushButton("Done")
        done.setProperty("look", "primary")
        done.clicked.connect(self.close)
        self.foot.addWidget(reset)
        self.foot.addStretch(1)
        self.foot.addWidget(done)

    def _dress(self, editor: QPlainTextEdit, lines: int) -> None:
        editor.setFixedHeight(self._theme.lines(lines))
        editor.setTabChangesFocus(True)
        editor.setProperty("look", "entry")
        editor.setFont(self._theme.mono(self._theme.type.small))

    def _listen(self) -> None:
        for number in self._numbers:
            number.valueChanged.connect(self._edit)
        for real in self._reals:
            real.valueChanged.connect(self._edit)
        self.stop.textChanged.connect(self._edit)
        self.constraint.textChanged.connect(self._edit)
        self.output.currentIndexChanged.connect(self._edit)
        self.output.currentIndexChanged.connect(self.refit)
        self.warm_up.toggled.connect(self.warm_up_chosen)

    def _show(self, sampling: Sampling) -> None:
        for field, value in (
            (self.temperature, sampling.temperature),
            (self.top_p, sampling.top_p),
            (self.min_p, sampling.min_p),
            (self.repeat_penalty, sampling.repeat_penalty),
            (self.presence_penalty, sampling.presence_penalty),
            (self.frequency_penalty, sampling.frequency_penalty),
        ):
            field.set_number(value)
        self.max_tokens.set_number(sampling.max_tokens)
        self.seed.set_number(sampling.seed)
        self.top_k.set_number(sampling.top_k)
        self.stop.setPlainText("\n".join(shown_stop(each) for each in sampling.stop))
        match sampling.constraint:
            case JsonSchema(schema=text):
                self.output.set_choice(_SCHEMA)
            case Gbnf(grammar=text):
                self.output.set_choice(_GRAMMAR)
            case None:
                self.output.set_choice(_FREE)
                text = ""
        self.constraint.setPlainText(text)
        self._settle()

    def _settle(self) -> None:
        constrained = self.output.choice != _FREE
        self._rows.setRowVisible(self.constraint, constrained)
        problem = self._constraint_problem()
        self.problem.setText(problem)
        self._rows.setRowVisible(self.problem, bool(problem))

    def _constraint_problem(self) -> str:
        """A sentence while the schema is no JSON; the grammar is checked where it is used."""
        text = self.constraint.toPlainText().strip()
        if self.output.choice == _FREE:
            return ""
        if not text:
            return "Write it here; until then the text is free."
        if self.output.choice == _GRAMMAR:
            return ""
        try:
            json.loads(text)
        except ValueError as fault:
            return f"This is not JSON yet: {fault}."
        return ""

    def _edit(self) -> None:
        self._settle()
        changed = self.sampling()
        if changed != self._sampling:
            self._sampling = changed
            self.edited.emit(changed)

    def sampling(self) -> Sampling:
        """The sampling as the fields have it; a schema that is no JSON yet is left out."""
        return msgspec.structs.replace(
            self._sampling,
            temperature=self.temperature.number,
            max_tokens=self.max_tokens.number or 1,
            seed=self.seed.number or 0,
            top_k=self.top_k.number or 0,
            top_p=self.top_p.number,
            min_p=self.min_p.number,
            repeat_penalty=self.repeat_penalty.number,
            presence_penalty=self.presence_penalty.number,
            frequency_penalty=self.frequency_penalty.number,
            stop=tuple(taken_stop(each) for each in self.stop.toPlainText().split("\n") if each),
            constraint=self._constraint(),
        )

    def _constraint(self) -> Gbnf | JsonSchema | None:
        text = self.constraint.toPlainText().strip()
        if not text or self.output.choice == _FREE or self._constraint_problem():
            return None
        if self.output.choice == _SCHEMA:
            return JsonSchema(schema=text)
        return Gbnf(grammar=text)

    def _reset(self) -> None:
        self._show(Sampling())
        self.warm_up.setChecked(True)
        self._edit()


def shown_stop(text: str) -> str:
    for letter, mark in (("\\", "\\"), *((value, key) for key, value in _MARKS.items())):
        text = text.replace(letter, f"\\{mark}")
    return text


def taken_stop(line: str) -> str:
    r"""A stop string as it is written on one line, with \n, \t, \r and \\ for what a line cannot hold."""
    marks = {**_MARKS, "\\": "\\"}
    parts = iter(line)
    result = []
    for letter in parts:
        if letter != "\\":
            result.append(letter)
            continue
        following = next(parts, "")
        result.append(marks.get(following, "\\" + following))
    return "".join(result)
