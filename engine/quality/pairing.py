"""Sets a contender's scores against the reference's, case by case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from engine.contract import Case, CaseScore, JudgedBy, Verdict
from engine.quality.planning import CONFIDENCE
from engine.quality.scores import overruled_checks
from engine.quality.suite import Suite
from engine.quality.verdict import Comparison, PairedCase, verdicts

Metric = JudgedBy
Scored = Mapping[str, Sequence[CaseScore]]


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """Cases by id that came out differently; with repeats, those that passed more or less often."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]


def compare(
    suite: Suite,
    scores: Iterable[CaseScore],
    reference: str,
    contender: str,
    metric: Metric = "passed",
) -> Comparison:
    """The cases that both have a score for; repeats of a case are averaged first."""
    by_case = _by_contender_and_case(scores)
    mine, theirs = by_case[contender], by_case[reference]
    paired, unjudged = [], 0
    for case in suite.cases:
        name = case.id
        candidate, base = _scored(mine, name), _scored(theirs, name)
        if candidate and base:
            paired.append(_pair(case, base, candidate, metric))
        else:
            unjudged += _cannot_be_judged(case, (*mine.get(name, ()), *theirs.get(name, ())))
    return Comparison(
        reference=reference,
        contender=contender,
        cases=tuple(paired),
        unscored=len(suite.cases) - len(paired),
        unjudged=unjudged,
        overruled=sum(overruled_checks(each) for s in (mine, theirs) for each in s.values()),
    )


def verdicts_on(
    suite: Suite,
    scores: Iterable[CaseScore],
    reference: str,
    contenders: Sequence[str],
    margin: float,
    *,
    metric: Metric = "passed",
    confidence: float = CONFIDENCE,
) -> tuple[Verdict, ...]:
    """A verdict on each contender but the reference; raises PlanError for a margin that is none."""
    kept = tuple(scores)
    comparisons = [
        compare(suite, kept, reference, contender, metric)
        for contender in contenders
        if contender != reference
    ]
    return verdicts(comparisons, margin, confidence)


def flips(comparison: Comparison) -> Flips:
    cases = comparison.cases
    return Flips(
        lost=tuple(case.case for case in cases if case.candidate < case.reference),
        gained=tuple(case.case for case in cases if case.candidate > case.reference),
    )


def _by_contender_and_case(
    scores: Iterable[CaseScore],
) -> defaultdict[str, dict[str, list[CaseScore]]]:
    found: defaultdict[str, dict[str, list[CaseScore]]] = defaultdict(dict)
    for score in scores:
        found[score.contender].setdefault(score.case, []).append(score)
    return found


def _scored(by_case: Scored, case: str) -> list[CaseScore]:
    return [score for score in by_case.get(case, ()) if score.passed is not None]


def _cannot_be_judged(case: Case, scores: Sequence[CaseScore]) -> bool:
    """It has nothing that judges a reply, or what it has could not be told of one."""
    has_none = not case.checks and case.right is None
    return has_none or any(score.passed is None and score.checks for score in scores)


def _pair(
    case: Case, base: Sequence[CaseScore], candidate: Sequence[CaseScore], metric: Metric
) -> PairedCase:
    failed, base_failed = (any(s.passed is False for s in each) for each in (candidate, base))
    return PairedCase(
        case=case.id,
        cluster=f"group {case.group}" if case.group else f"case {case.id}",
        reference=_mean(base, metric),
        candidate=_mean(candidate, metric),
        vetoes=case.critical and failed and not base_failed,
    )


def _mean(scores: Sequence[CaseScore], metric: Metric) -> float:
    values = [float(s.passed or False) if metric == "passed" else s.score or 0.0 for s in scores]
    return sum(values) / len(values)
