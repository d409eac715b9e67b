"""A blind comparison: replies without names until somebody has said which is best."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from string import ascii_uppercase

from PySide6.QtCore import QObject, Signal

from engine.contract import Case, NoBest, Plan, Reply, Vote
from engine.quality.votes import NO_BEST_WORDS
from gui.compare.board_model import BoardModel

Shuffle = Callable[[Sequence[str]], list[str]]


class BlindModel(QObject):
    """`hiding` from the beginning of a blind run until all its prompts are voted on, or it is revealed."""

    changed = Signal()
    voted = Signal(tuple)
    """All votes of the run so far."""

    def __init__(
        self, board: BoardModel, parent: QObject | None = None, shuffle: Shuffle | None = None
    ) -> None:
        super().__init__(parent)
        self._board = board
        self._shuffle = shuffle or _shuffled
        self._names: tuple[str, ...] = ()
        self.hiding = False
        self.votes: tuple[Vote, ...] = ()
        board.replied.connect(self._take_reply)
        board.case_shown.connect(self.changed)
        board.status_changed.connect(self.changed)

    @property
    def letters(self) -> tuple[str, ...]:
        """What the contenders are called, from left to right."""
        return tuple(_letter(place) for place in range(len(self._names)))

    def begin(self, plan: Plan, *, blind: bool) -> None:
        """Hide who is who from now on, or hide nothing where it is not blind."""
        names = [each.name for each in plan.contenders]
        self.hiding = blind and len(names) > 1
        self._names = tuple(self._shuffle(names)) if self.hiding else ()
        self.votes = ()
        self.changed.emit()

    def show(self, votes: tuple[Vote, ...]) -> None:
        """Show a recorded session, with the votes there were."""
        self.hiding, self._names, self.votes = False, (), votes
        self.changed.emit()

    def replies(self) -> tuple[Reply, ...] | None:
        """Of the shown prompt, from left to right; None until all have replied."""
        case = self._board.shown_case
        return None if case is None else self._replies(case)

    def why_not_vote(self) -> str:
        if self.replies() is None:
            if self._board.status == "running":
                return "The replies are shown once all models have answered this prompt."
            return "Not all models have answered this prompt, so there is nothing to choose from."
        return "" if self._vote_on_shown() is None else "You have chosen here already."

    def vote(self, place: int) -> None:
        """Say which is the best of the shown replies."""
        if 0 <= place < len(self._names):
            self._vote(self._names[place], None)

    def vote_for_none(self, no_best: NoBest) -> None:
        """Say that none is better than the others, and whether all are good or bad."""
        self._vote(None, no_best)

    def _vote(self, best: str | None, no_best: NoBest | None) -> None:
        case = self._board.shown_case
        if case is None or not self.hiding or self.why_not_vote():
            return
        now = datetime.now(UTC)
        vote = Vote(case=case.id, best=best, no_best=no_best, blind=True, created=now)
        self.votes += (vote,)
        self.voted.emit(self.votes)
        waiting = self._waiting()
        if waiting:
            self._board.show_case(waiting[0])
        elif len(self.votes) == len(self._board.cases):
            self.hiding = False
        self.changed.emit()

    def reveal(self) -> None:
        """Show names and figures without another vote."""
        self.hiding = False
        self.changed.emit()

    def words(self) -> str:
        """Once nothing is hidden: what was chosen for the shown prompt, and who was who."""
        if self.hiding:
            return ""
        vote, who = self._vote_on_shown(), ""
        if self._names:
            pairs = zip(self.letters, self._names, strict=True)
            who = ", ".join(f"{letter} was {name}" for letter, name in pairs) + "."
        if vote is None:
            return who
        no_best = f"You found that {NO_BEST_WORDS[vote.no_best]}"
        chosen = no_best if vote.best is None else f"You chose {vote.best}"
        how = " without seeing names" if vote.blind else ""
        return " ".join(filter(None, (f"{chosen}{how}.", who)))

    # -------------------------------------------------------------------------------------------

    def _replies(self, case: Case) -> tuple[Reply, ...] | None:
        found = [self._board.replies(name, case.id) for name in self._names]
        if not found or not all(found):
            return None
        return tuple(replies[0] for replies in found)

    def _vote_on_shown(self) -> Vote | None:
        case = self._board.shown_case
        return next((v for v in self.votes if case is not None and v.case == case.id), None)

    def _waiting(self) -> list[int]:
        """Places of the prompts that all have answered and nobody has voted on."""
        voted = {vote.case for vote in self.votes}
        return [
            place
            for place, case in enumerate(self._board.cases)
            if case.id not in voted and self._replies(case) is not None
        ]

    def _take_reply(self, _reply: Reply) -> None:
        if self.hiding:
            self.changed.emit()


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"No. {place + 1}"


def _shuffled(names: Sequence[str]) -> list[str]:
    return random.SystemRandom().sample(names, len(names))
