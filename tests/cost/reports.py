"""Reports on simple sessions, and what tests look up in them."""

from __future__ import annotations

import datetime as dt
import random
from typing import Literal

import msgspec

from engine.contract import Session
from engine.cost.document import ContenderCost, CostReport
from engine.cost.paid import PaidModel
from engine.cost.ranges import Range
from tests.cost.sessions import measured_session

API = PaidModel(
    name="API",
    prompt=3.0,
    cached=0.3,
    output=15.0,
    currency="EUR",
    date=dt.date(2026, 1, 1),
    source="test",
)


def costs(report: CostReport) -> dict[str, ContenderCost]:
    return {each.name: each for each in report.contenders}


def likely(range_: Range | None) -> float:
    assert range_ is not None
    return range_.likely


Outcome = Literal["better", "non-inferior", "worse", "undecided"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite said of B against A."""

    outcome: Outcome
    contender: str = "B"
    reference: str = "A"
    margin: float = 0.05
    vetoed_by: tuple[str, ...] = ()


def judged(outcome: Outcome, *, vetoed_by: str | None = None) -> Judged:
    return Judged(outcome=outcome, vetoed_by=() if vetoed_by is None else (vetoed_by,))


def steady(joules: float = 50.0, seconds: float = 2.0, cases: int = 8) -> Session:
    return measured_session({"A": [(joules, seconds)] * cases})


def varied(cases: int = 20) -> Session:
    """B takes 40 % of A's energy in every case; the cases differ by a factor of four."""
    chance = random.Random(3)
    sizes = [chance.uniform(20, 80) for _ in range(cases)]
    return measured_session(
        {
            "A": [(size, size / 20) for size in sizes],
            "B": [(0.4 * size, size / 40) for size in sizes],
        }
    )
