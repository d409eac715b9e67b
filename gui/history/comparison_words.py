"""What changed between two sessions, as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from engine.contract import Session
from gui.figures import count, rate, seconds, when
from storage.comparison import Difference, ReplyPair, SessionComparison, SpeedChange

_FIGURES: Final = {
    "generation_tokens_per_s": "Speed",
    "prompt_tokens_per_s": "Prompt speed",
    "ttft_s": "First token",
    "total_s": "Whole reply",
    "load_s": "Loading",
}
_SHOWN_OF_HASH: Final = 12


def session_words(session: Session, now: datetime) -> str:
    return f"{' '.join(session.title.split())} · {when(session.created, now)}"


def difference_rows(comparison: SessionComparison) -> list[tuple[str, ...]]:
    """What, whose, before, after; then what only one of the sessions has."""
    rows = [_difference(each) for each in comparison.differences]
    for word, before, after in (
        ("contender", comparison.contenders_only_before, comparison.contenders_only_after),
        ("prompt", comparison.cases_only_before, comparison.cases_only_after),
    ):
        rows += [(word, "", name, "not there") for name in before]
        rows += [(word, "", "not there", name) for name in after]
    return rows


def speed_rows(comparison: SessionComparison) -> list[tuple[str, ...]]:
    """Contender, figure, before, after, change."""
    return [
        (
            each.contender,
            _FIGURES.get(each.figure, each.figure),
            _figure(each, each.before),
            _figure(each, each.after),
            "" if each.ratio is None else percent(each.ratio),
        )
        for each in comparison.speeds
    ]


def percent(ratio: float) -> str:
    """How much more or less it became: +12 %, −4 %, or ±0 % where rounding leaves nothing."""
    rounded = round((ratio - 1) * 100)
    if rounded == 0:
        return "±0 %"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded)} %"


def pair_state(pair: ReplyPair) -> str:
    if pair.before is None:
        return "only after"
    if pair.after is None:
        return "only before"
    if pair.before.error is not None or pair.after.error is not None:
        return "failed"
    return "same" if pair.same else "changed"


def replies_words(states: Sequence[str]) -> str:
    """How many replies stayed the same, for a heading."""
    if not states:
        return "Replies"
    alone = sum(state.startswith("only") for state in states)
    words = f"Replies: {states.count('same')} of {count(len(states) - alone, 'pair')} the same"
    return f"{words}, {alone} in one session only" if alone else words


def _difference(each: Difference) -> tuple[str, ...]:
    before, after = each.before, each.after
    if each.what == "model file":
        before, after = before[:_SHOWN_OF_HASH], after[:_SHOWN_OF_HASH]
    return (each.what.replace("_", " "), each.contender or "", before, after)


def _figure(change: SpeedChange, value: float) -> str:
    return rate(value) if change.figure.endswith("per_s") else seconds(value)
