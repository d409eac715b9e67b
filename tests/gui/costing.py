"""Sessions of known joules and seconds, as the window's history holds them."""

from __future__ import annotations

import msgspec

from engine.contract import Energy, Outcome, Session, Verdict
from tests.cost.sessions import Figures, measured, reply, session
from tests.gui.fakes import contender

DEAR, CHEAP = contender("Q8_0", 145_000_000), contender("Q4_1")
FIGURES: dict[str, Figures] = {DEAR.name: (90.0, 6.0), CHEAP.name: (36.0, 2.4)}


def weighed(
    session_id: str = "s1", *, title: str = "Letters", figures: dict[str, Figures] | None = None
) -> Session:
    """Four cases, each with the joules and seconds of its contender."""
    taken = FIGURES if figures is None else figures
    return _of(
        session_id,
        title,
        {name: (measured(joules, seconds), seconds) for name, (joules, seconds) in taken.items()},
    )


def unmetered() -> Session:
    """Two contenders whose energy nobody measured."""
    absent = Energy(joules=None, absent={"joules": "This machine has no energy counter."})
    return _of("s1", "Unmetered", {name: (absent, took) for name, (_, took) in FIGURES.items()})


def judged(outcome: Outcome, *, vetoed_by: tuple[str, ...] = ()) -> Verdict:
    """A suite's verdict on the cheap contender against the dear one."""
    return Verdict(
        reference=DEAR.name,
        contender=CHEAP.name,
        n=400,
        confidence=0.95,
        upper_confidence=0.95,
        margin=0.05,
        outcome=outcome,
        vetoed_by=vetoed_by,
        compared_with=1,
        unscored=0,
        overruled=0,
    )


def _of(session_id: str, title: str, taken: dict[str, tuple[Energy, float]]) -> Session:
    replies = [
        reply(name, f"case {case}", energy, seconds)
        for name, (energy, seconds) in taken.items()
        for case in range(4)
    ]
    known = {each.name: each for each in (DEAR, CHEAP)}
    contenders = tuple(known.get(name) or contender(name.rpartition(" ")[2]) for name in taken)
    return msgspec.structs.replace(
        session(replies), id=session_id, title=title, contenders=contenders
    )
