"""What changed in speed and energy from one session to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from engine.contract import Measured, Session
from engine.energy.typical import typical_energy
from engine.summary import summarise

_ENERGY: Final = ("joules", "joules_per_token")


class EnergyKnown(msgspec.Struct, frozen=True, kw_only=True):
    """How an energy came about; low and high as far as it has a range."""

    kind: Literal["measured", "estimated"]
    low: float | None = None
    high: float | None = None


class SpeedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of one contender in both sessions, ratio after / before.

    figure: a field of Timing, or joules or joules_per_token, of which these are medians, or a test's name as
    llama-bench has it (pp512), of which these are means in tokens per second. batched: which of the two is of
    replies that ran in batches, so that it is a share of theirs. energy: of joules alone.
    """

    contender: str
    figure: str
    before: float
    after: float
    n_before: int
    n_after: int
    ratio: float | None
    batched_before: bool = False
    batched_after: bool = False
    energy_before: EnergyKnown | None = None
    energy_after: EnergyKnown | None = None


def speed_changes(
    before: Session, after: Session, names: Mapping[str, str]
) -> Iterator[SpeedChange]:
    """names lead from contenders of the earlier session to those of the later."""
    figures_after = {summary.contender: summary.figures for summary in summarise(after.replies)}
    for summary in summarise(before.replies):
        name = names.get(summary.contender)
        later = figures_after.get(name or "", {})
        for figure, earlier in summary.figures.items():
            if name is None or figure not in later:
                continue
            now = later[figure]
            yield SpeedChange(
                contender=name,
                figure=figure,
                before=earlier.median,
                after=now.median,
                n_before=earlier.n,
                n_after=now.n,
                ratio=now.median / earlier.median if earlier.median else None,
                batched_before=before.batched and figure != "load_s",
                batched_after=after.batched and figure != "load_s",
                energy_before=_energy_known(before, summary.contender, figure),
                energy_after=_energy_known(after, name, figure),
            )


def _energy_known(session: Session, contender: str, figure: str) -> EnergyKnown | None:
    if figure not in _ENERGY:
        return None
    typical = typical_energy([each for each in session.replies if each.contender == contender])
    if typical is None:
        return None
    whole = figure == "joules"
    return EnergyKnown(
        kind=typical.kind,
        low=typical.low_joules if whole else None,
        high=typical.high_joules if whole else None,
    )


def bench_changes(
    before: Session, after: Session, names: Mapping[str, str]
) -> Iterator[SpeedChange]:
    """Tests that were run once each in both; of lists of settings it cannot be told which belong together."""
    earlier, later = _only_tests(before.speeds), _only_tests(after.speeds)
    for (name_before, test), one in earlier.items():
        name = names.get(name_before)
        other = None if name is None else later.get((name, test))
        if name is not None and other is not None:
            yield SpeedChange(
                contender=name,
                figure=test,
                before=one.avg_ts,
                after=other.avg_ts,
                n_before=len(one.samples_ns),
                n_after=len(other.samples_ns),
                ratio=other.avg_ts / one.avg_ts if one.avg_ts else None,
            )


def _only_tests(speeds: Iterable[Measured]) -> dict[tuple[str, str], Measured]:
    found: dict[tuple[str, str], list[Measured]] = {}
    for each in speeds:
        if min(each.samples_ns, default=0) <= 0:
            continue  # an imported document can say that it took no time
        found.setdefault((each.contender, each.test.name), []).append(each)
    return {place: runs[0] for place, runs in found.items() if len(runs) == 1}
