"""One reply put through two contenders: the question, the run in the background, and the chosen token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.contract import Case, Contender, Loading
from engine.errors import SteelyardError
from gui.collaborators import Collaborators, DivergenceBench
from gui.divergence.words import brief_names
from gui.held_run import HeldRun
from gui.jobs import Jobs

if TYPE_CHECKING:  # the engine's parts are imported when they are used
    from engine.divergence import Divergence

_LOADED = 1.0
_FIRST_LOADED = 0.5


@dataclass(frozen=True)
class Question:
    """Where would `candidate` leave what `reference` replied? reasoned: it had reasoned before.

    place: the token to begin at; None: the first difference.
    """

    reference: Contender
    candidate: Contender
    case: Case
    reply: str
    reasoned: bool = False
    place: int | None = None


def why_not_read(contender: Contender) -> str:
    """Why this model can read no reply; a session that was exported without folders names files alone."""
    if PurePath(contender.model.path).name != contender.model.path:
        return ""
    return f"Where the file of {contender.name} lies is not known."


class DivergenceModel(QObject):
    """Owns the run and its thread; `close` ends them."""

    progressed = Signal(str, float)
    found = Signal()
    failed = Signal(str)
    availability_changed = Signal()
    place_changed = Signal(int)

    def __init__(self, jobs: Jobs, given: Collaborators, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._given = given
        self.question: Question | None = None
        self.result: Divergence | None = None
        self.place = 0
        self._bench: DivergenceBench | None = None
        self._held = HeldRun("comparison of tokens", self)
        self._held.arrived.connect(self._take_events)
        self._held.ended.connect(self._take_end)

    @property
    def running(self) -> bool:
        return self._held.running

    @property
    def names(self) -> tuple[str, str]:
        """Of reference and candidate, as short as they can be told apart by."""
        assert self.question is not None
        return brief_names(self.question.reference, self.question.candidate)

    def why_not_ask(self) -> str:
        return "The last comparison of tokens is still stopping." if self.running else ""

    def ask(self, question: Question) -> None:
        if self.running:
            return
        self.question, self.result, self.place = question, None, 0
        self._held.want()
        self._jobs.start("bench", self._given.make_divergence_bench, self._start, self._fail)
        self.availability_changed.emit()

    def stop(self) -> None:
        if self.running:
            self._held.stop()

    def close(self) -> bool:
        """Stop the run and end its worker; False where its thread is still there."""
        bench, self._bench = self._bench, None
        # The run forgets a stop that came before its first step.
        return bench is None or self._held.close(bench.stop)

    # The chosen token --------------------------------------------------------------------------

    def choose(self, place: int) -> None:
        if self.result is not None and self.result.tokens:
            self.place = max(0, min(place, len(self.result.tokens) - 1))
            self.place_changed.emit(self.place)

    def step(self, by: int) -> None:
        """Choose the next or the previous difference, round the end."""
        places = self.result.differing if self.result is not None else ()
        if not places:
            return
        if by > 0:
            self.choose(next((each for each in places if each > self.place), places[0]))
        else:
            self.choose(next((each for each in reversed(places) if each < self.place), places[-1]))

    # -------------------------------------------------------------------------------------------

    def _start(self, bench: DivergenceBench) -> None:
        question = self.question
        if self._held.stopping or question is None:
            self._end()
            return
        self._bench = bench
        events = bench.run(question.reference, question.candidate, question.case, question.reply)
        self._held.start(bench, events)

    def _take_events(self, events: tuple[object, ...]) -> None:
        from engine.divergence import Divergence

        if self._held.stopping and self._bench is not None:
            # The run forgets a stop that came before its first step.
            self._bench.stop()
        for event in events:
            match event:
                case Loading(fraction=fraction):
                    self._tell(fraction)
                case Divergence():
                    self.result = event

    def _tell(self, fraction: float) -> None:
        """The bench's fraction is of both models, one after the other."""
        reference, candidate = self.names
        if fraction >= _LOADED:
            words = "Putting the reply through both models…"
        else:
            words = f"Loading {reference if fraction < _FIRST_LOADED else candidate}…"
        self.progressed.emit(words, fraction)

    def _take_end(self, fault: Exception | None) -> None:
        from engine.client import Stopped

        stopped = self._held.stopping
        self._end()
        if stopped:
            return
        if isinstance(fault, SteelyardError):
            self.failed.emit(str(fault))
        elif isinstance(fault, Stopped):
            self.failed.emit("The comparison was stopped.")
        elif fault is not None:
            self._jobs.crashed.emit(fault)
            self.failed.emit("The comparison failed by a mistake of this program.")
        elif self.result is not None:
            first = self.result.differing[0] if self.result.differing else 0
            wanted = self.question.place if self.question is not None else None
            self.place = first if wanted is None else wanted
            self.found.emit()

    def _fail(self, fault: SteelyardError) -> None:
        self._end()
        self.failed.emit(str(fault))

    def _end(self) -> None:
        self._held.done()
        self._bench = None
        self.availability_changed.emit()
