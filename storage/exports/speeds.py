"""What a benchmark measured, for reports: a column a test, as llama-bench names it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from engine.contract import Measured, Session, SpeedTest
from storage.exports.figures import Cell, Column

KEY = "speed "


def speed_columns(session: Session) -> Iterator[Column]:
    found = {(each.contender, each.test.name): each for each in session.speeds}
    for test in {each.test.name: each.test for each in session.speeds}.values():
        cells = tuple(_cell(found.get((each.name, test.name))) for each in session.contenders)
        yield Column(
            key=f"{KEY}{test.name}",
            title=test.name,
            explained=explained(test),
            better="higher",
            cells=cells,
        )


def explained(test: SpeedTest) -> str:
    told = []
    if test.n_prompt:
        told.append(f"{test.n_prompt:,} tokens of a prompt evaluated")
    if test.n_gen:
        told.append(f"{test.n_gen:,} tokens generated one by one")
    return f"{', then '.join(told)}; tokens a second, mean and standard deviation"


def rates(measured: Measured) -> Sequence[float]:
    """Tokens a second; a foreign file may hold times that no clock gives."""
    tokens = measured.test.n_prompt + measured.test.n_gen
    return [tokens * 1e9 / ns for ns in measured.samples_ns if ns > 0]


def mean_and_deviation(measured: Measured) -> tuple[float | None, float | None]:
    found = rates(measured)
    if not found:
        return None, None
    return statistics.fmean(found), statistics.stdev(found) if len(found) > 1 else None


def _cell(measured: Measured | None) -> Cell:
    mean, deviation = mean_and_deviation(measured) if measured else (None, None)
    if mean is None or measured is None:
        return Cell()
    n = f"n = {len(measured.samples_ns)}"
    return Cell(
        text=f"{mean:,.1f} tok/s",
        detail=n if deviation is None else f"± {deviation:.1f}, {n}",
        value=mean,
        low=None if deviation is None else mean - deviation,
        high=None if deviation is None else mean + deviation,
    )
