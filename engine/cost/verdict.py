"""The sentence for whoever signs: what is saved, and whether the quality is known to be enough.

A saving is never told without its quality: where nobody measured it, the sentence says so.
"""

from __future__ import annotations

from typing import Literal, Protocol

from engine.cost.document import Saving
from engine.cost.money import money_text, percent_text
from engine.cost.ranges import Range
from engine.wording import digits_text, thousands

MANY_TIMES = 4
"""From here on “times as much” reads better than percents."""


class QualityVerdict(Protocol):
    """What is read of a suite's verdict; engine.quality's is one. margin is a fraction."""

    @property
    def contender(self) -> str: ...

    @property
    def reference(self) -> str: ...

    @property
    def outcome(self) -> Literal["better", "non-inferior", "worse", "undecided"]: ...

    @property
    def margin(self) -> float: ...

    @property
    def vetoed_by(self) -> tuple[str, ...]: ...


def verdict_sentence(
    name: str,
    saving: Saving,
    quality: QualityVerdict | None,
    *,
    requests_per_day: float,
    currency: str,
    digits: int,
) -> str:
    """One or two sentences in plain words."""
    judged = _judgement(name, saving.against, quality)
    saved = _saved(saving, requests_per_day, currency, digits)
    if (
        quality is not None
        and not quality.vetoed_by
        and quality.outcome in {"better", "non-inferior"}
    ):
        return f"{judged} and {saved}."
    return f"{judged}. It {saved}."


def _judgement(name: str, against: str, quality: QualityVerdict | None) -> str:
    if quality is None:
        return f"Whether {name} is good enough to replace {against} is not known: no suite compared them"
    if quality.vetoed_by:
        return f"{name} fails a critical case that {against} passes, so it cannot replace it"
    margin = f" of {100 * quality.margin:.3g} points"
    return {
        "better": f"{name} is better than {against}",
        "non-inferior": f"{name} is good enough at your margin{margin}",
        "worse": f"{name} is worse than {against} by more than your margin{margin}",
        "undecided": f"Whether {name} is good enough at your margin{margin} is undecided",
    }[quality.outcome]


def _saved(saving: Saving, requests_per_day: float, currency: str, digits: int) -> str:
    share, what = (
        (saving.energy_percent, "energy")
        if saving.energy_percent is not None
        else (saving.money_percent, "cost")
    )
    if share is None:
        reason = next(iter(saving.absent.values()), "its cost is not known.")
        return f"has no saving that could be told: {reason[0].lower()}{reason[1:].rstrip('.')}"
    if saving.spread_known and share.low <= 0 <= share.high:
        ends = f"{percent_text(share.low)} to {percent_text(share.high)} %"
        return f"shows no clear difference in {what} ({ends})"
    sentence = _difference(share, what)
    if not saving.spread_known:
        sentence += " (from one batch of each, so how sure that is cannot be told)"
    money = saving.money_per_year
    if money is None:
        return sentence
    size = money_text(abs(money.likely), currency, digits)
    more = "" if money.likely >= 0 else " more"
    return f"{sentence}: at {thousands(requests_per_day)} requests a day {size} a year{more}"


def _difference(share: Range, what: str) -> str:
    if share.likely > 0:
        return f"saves {_percents(share)} of the {what}"
    if share.likely > -100 * (MANY_TIMES - 1):
        return f"takes {_percents(share)} more {what}"
    times = 1 - share.likely / 100
    return f"takes {digits_text(times)} times the {what}"


def _percents(share: Range) -> str:
    ends = sorted((abs(share.low), abs(share.high)))
    likely = percent_text(abs(share.likely))
    low, high = (percent_text(end) for end in ends)
    return f"{likely} %" if low == high else f"{likely} % ({low}–{high} %)"
