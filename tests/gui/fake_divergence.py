"""A divergence without models: made-up chances for the words of a reply."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

from engine.client import Stopped
from engine.contract import Case, Contender, Loading
from engine.divergence import Divergence
from engine.protocol import PartedToken, TokenChance


def token(
    text: str, number: int, *, mine: float = 0.9, its: float = 0.85, other: str | None = None
) -> PartedToken:
    """other: what the candidate would have written instead."""
    best = text if other is None else other
    first = number if other is None else 9000 + number
    theirs = [
        TokenChance(token=first, text=best, probability=its if other is None else 0.6),
        TokenChance(token=8000, text=text if other else " else", probability=0.05),
    ]
    if other is not None:
        theirs[1] = TokenChance(token=number, text=text, probability=its)
    rest = [TokenChance(token=7000 + i, text=f" r{i}", probability=0.004) for i in range(3)]
    return PartedToken(
        token=number,
        text=text,
        probability=mine,
        candidate_probability=its,
        rank=1 if other is None else 2,
        kld=abs(mine - its),
        top=(
            TokenChance(token=number, text=text, probability=mine),
            TokenChance(token=6000, text=" second", probability=min(0.95 - mine, mine)),
            *rest,
        ),
        candidate_top=(*theirs, *rest),
    )


def tokens_of(reply: str) -> tuple[PartedToken, ...]:
    """Its words; every fourth one, from the second, would be another, the first of them a coin flip."""
    made = []
    for place, word in enumerate(re.findall(r"\s*\S+|\s+", reply)):
        if place % 4 == 1:
            mine = 0.45 if place == 1 else 0.8
            made.append(token(word, place, mine=mine, its=0.2, other=" <b>other</b>"))
        else:
            made.append(token(word, place))
    return tuple(made)


class FakeDivergenceBench:
    """`hold`, once given, is waited for after loading."""

    def __init__(self, hold: threading.Event | None = None, fault: Exception | None = None) -> None:
        self.asked: list[tuple[Contender, Contender, Case, str]] = []
        self.stopped = threading.Event()
        self._hold = hold
        self._fault = fault

    def run(
        self, reference: Contender, candidate: Contender, case: Case, reply: str
    ) -> Iterator[Loading | Divergence]:
        self.asked.append((reference, candidate, case, reply))
        return self._play(reference, candidate, reply)

    def _play(
        self, reference: Contender, candidate: Contender, reply: str
    ) -> Iterator[Loading | Divergence]:
        yield Loading(contender=reference.name, fraction=0.7)
        if self._fault is not None:
            raise self._fault
        while self._hold is not None and not self._hold.wait(0.005):
            if self.stopped.is_set():
                raise Stopped
        yield Divergence(
            reference=reference.name, candidate=candidate.name, tokens=tokens_of(reply)
        )

    def stop(self) -> None:
        self.stopped.set()
