"""A verdict in words that a finance director understands."""

from __future__ import annotations

import math
from typing import Final

from engine.contract import JudgedBy, Verdict
from engine.quality.verdict import says_nothing

_MEANING: Final = {
    "better": "better",
    "non-inferior": "good enough",
    "worse": "not good enough",
    "undecided": "not enough cases",
}


def sentence(verdict: Verdict, judged_by: JudgedBy = "passed") -> str:
    """The verdict with its figures, and what else has to be known to read them rightly."""
    return " ".join([_finding(verdict, judged_by), *_remarks(verdict, judged_by)])


def outcome_words(verdict: Verdict) -> str:
    """The outcome in a word or two; more cases need not settle what is undecided."""
    return "undecided" if verdict.outcome == "undecided" else _MEANING[verdict.outcome]


def _finding(verdict: Verdict, judged_by: JudgedBy) -> str:
    if verdict.difference is None:
        return (
            f"No case has a score for both {verdict.contender} and {verdict.reference}: "
            f"{_MEANING['undecided']}."
        )
    start = f"On {_count(verdict.n, 'of your cases')} {verdict.contender} {_compared(verdict, judged_by)}; "
    if verdict.vetoed_by:
        return start + f"but {_veto(verdict)}: {_MEANING['worse']}, whatever the average says."
    meaning = _MEANING[verdict.outcome]
    if verdict.outcome == "undecided" and _says_nothing(verdict):
        meaning = "such a margin decides nothing here"
    return start + f"{_bound(verdict)}: {meaning}."


def _compared(verdict: Verdict, judged_by: JudgedBy) -> str:
    """How many more or fewer it passes, or the difference in points where cases pass only in
    part."""
    assert verdict.difference is not None
    difference, reference = verdict.difference * verdict.n, verdict.reference
    if abs(difference) < 1e-9:
        same = "scores as much as" if judged_by == "score" else "passes as many as"
        return f"{same} {reference}"
    if judged_by == "passed" and abs(difference - round(difference)) < 1e-9:
        word = "fewer" if difference < 0 else "more"
        return f"passes {abs(round(difference))} {word} than {reference}"
    word = "lower" if difference < 0 else "higher"
    return f"scores {_points(abs(verdict.difference))} {word} than {reference} on average"


def _bound(verdict: Verdict) -> str:
    margin = f"your margin is {_number(verdict.margin * 100)}"
    if verdict.lower_bound is None or verdict.upper_bound is None:
        return f"all of them belong to one group, which says nothing about others; {margin}"
    lower, upper = verdict.lower_bound, verdict.upper_bound
    if verdict.outcome == "better":
        return f"{_with(verdict.confidence)} it passes at least {_at_least(lower)} more; {margin}"
    if verdict.outcome == "worse":
        return f"{_with(verdict.upper_confidence)} it loses more than {_at_least(-upper)}; {margin}"
    if lower >= 0:
        return f"{_with(verdict.confidence)} it loses nothing; {margin}"
    verb = "loses less than" if verdict.outcome == "non-inferior" else "may lose up to"
    return f"{_with(verdict.confidence)} it {verb} {_at_most(-lower, verdict.margin)}; {margin}"


def _veto(verdict: Verdict) -> str:
    first, others = verdict.vetoed_by[0], len(verdict.vetoed_by) - 1
    rest = f" and {_count(others, 'other critical case')}" if others else ""
    return f"it fails the critical case “{first}”{rest}, which {verdict.reference} passes"


def _remarks(verdict: Verdict, judged_by: JudgedBy) -> list[str]:
    remarks = []
    if verdict.outcome in {"undecided", "non-inferior"} and _says_nothing(verdict):
        remarks.append(_weak_reference(verdict, judged_by))
    elif verdict.outcome == "undecided" and verdict.difference is not None:
        remarks.append(_what_would_settle_it(verdict))
    if verdict.loss_left_open is not None:
        open_loss = _at_most(verdict.loss_left_open)
        remarks.append(
            f"No case came out differently; that many cases still leave a loss of {open_loss} open."
        )
    if verdict.clusters and verdict.clusters < verdict.n:
        remarks.append(f"The cases form {verdict.clusters} groups, and the figures allow for that.")
    if verdict.compared_with > 1:
        remarks.append(f"The confidence allows for {verdict.compared_with} candidates at once.")
    remarks += _left_out(verdict)
    if verdict.overruled:
        overruled = _count(verdict.overruled, "check")
        remarks.append(f"{overruled} {_be(verdict.overruled, 'was', 'were')} overruled by hand.")
    return remarks


def _left_out(verdict: Verdict) -> list[str]:
    """Cases that no check could judge stay without a score, however often they are run."""
    told, unjudged = [], verdict.unjudged
    if unjudged:
        are, them = _be(unjudged, "is", "are"), _be(unjudged, "it", "them")
        told.append(f"{_count(unjudged, 'case')} {are} left out, as no check could judge {them}.")
    waiting = verdict.unscored - unjudged
    if waiting:
        finish = "; if the run was stopped, finish it" if verdict.outcome == "undecided" else ""
        are = _be(waiting, "is", "are")
        told.append(f"{_count(waiting, 'case')} without a score {are} left out{finish}.")
    return told


def _says_nothing(verdict: Verdict) -> bool:
    return says_nothing(verdict.reference_mean, verdict.margin)


def _weak_reference(verdict: Verdict, judged_by: JudgedBy) -> str:
    does = "passes only" if judged_by == "passed" else "scores only"
    share = _number((verdict.reference_mean or 0.0) * 100)
    return (
        f"{verdict.reference} itself {does} {share} %, which is within your margin, so a model that passes "
        f"nothing would count as good enough. Give a smaller margin or easier cases."
    )


def _what_would_settle_it(verdict: Verdict) -> str:
    if verdict.cases_missing is None:
        return (
            "It loses about as much as your margin, so more cases are unlikely to make it good "
            "enough."
        )
    more = f"About {_count(verdict.cases_missing, 'more case')} should settle it"
    if verdict.difference is not None and verdict.difference >= 0:
        return f"{more}, if it really loses nothing."
    return f"{more}."


def _with(confidence: float) -> str:
    return f"with {_number(math.floor(confidence * 1000 + 1e-6) / 10)} % confidence"


def told_lower_bound(verdict: Verdict) -> float | None:
    """As the sentence rounds it, so that figures beside it say the same."""
    lower = verdict.lower_bound
    if lower is None:
        return None
    return _least(lower) if lower >= 0 else -_most(-lower, verdict.margin)


def told_upper_bound(verdict: Verdict) -> float | None:
    """As the sentence rounds it."""
    upper = verdict.upper_bound
    if upper is None:
        return None
    return round(upper, 3) if upper >= 0 else -_least(-upper)


def _at_most(loss: float, margin: float = 1.0) -> str:
    return _points(_most(loss, margin))


def _at_least(gain: float) -> str:
    return _points(_least(gain))


def _most(loss: float, margin: float) -> float:
    # A loss of 5.04 points must not read as 5 beside a margin of 5.
    # Nor may one that is not quite nothing read as less than none.
    rounded = max(round(loss, 3), 0.001)
    return math.ceil(loss * 1000) / 1000 if rounded <= margin < loss else rounded


def _least(gain: float) -> float:
    return math.floor(gain * 1000 + 1e-6) / 1000


def _points(fraction: float) -> str:
    value = round(fraction * 100, 1)
    return f"{value:g} {'point' if value == 1 else 'points'}"


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _count(n: int, noun: str) -> str:
    plural = noun if noun.endswith("s") or n == 1 else f"{noun}s"
    return f"{n:,} {plural}"


def _be(n: int, one: str, many: str) -> str:
    return one if n == 1 else many
