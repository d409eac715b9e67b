"""Is the cheaper one good enough? Non-inferiority at a margin, on the same cases.

better        the difference is above zero
non-inferior  the difference is above −margin
worse         the difference is below −margin, or a critical case vetoes
undecided     none of these can be said yet; `cases_missing` tells how many more cases would settle
it

A reference that itself passes no more than the margin cannot make anybody good enough: whoever passes
nothing would be. Such a margin leaves undecided what is not better. (ICH E10, 1.5.1.1: the trial must be
able to tell the treatment from none.)

Each claim is made with 95 % confidence, one-sided. Several candidates are several chances to be
wrong: Holm's procedure keeps each kind of claim at 5 % over all of them, and each bound is given at
the level that the procedure sets for it, so that outcome and bound never contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.contract import Outcome, Verdict
from engine.errors import PlanError
from engine.quality.intervals import PairedDifference
from engine.quality.planning import (
    CONFIDENCE,
    cases_needed,
    cases_without_flips,
    loss_left_open,
)


class PairedCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case under both contenders: 1 passed, 0 failed, between them an average or a partial
    score.

    vetoes: it is critical, and only the candidate fails it.
    """

    case: str
    cluster: str
    reference: float
    candidate: float
    vetoes: bool = False


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All cases that both contenders have a score for.

    unscored: cases left out because one of them has none; unjudged: those of them that no check could
    judge. overruled: checks that a person overruled.
    """

    reference: str
    contender: str
    cases: tuple[PairedCase, ...]
    unscored: int = 0
    unjudged: int = 0
    overruled: int = 0


class _Tested(msgspec.Struct, frozen=True, kw_only=True):
    rejected: bool
    confidence: float


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    good_enough: _Tested
    better: _Tested
    worse: _Tested


def verdicts(
    comparisons: Sequence[Comparison], margin: float, confidence: float = CONFIDENCE
) -> tuple[Verdict, ...]:
    """A verdict on each candidate; margin is the loss that would still do, as a fraction.

    Raises PlanError when the margin is no loss between 0 and 1.
    """
    if not 0 < margin < 1:
        raise PlanError(
            f"A margin of {margin * 100:g} points cannot be used: "
            "give the loss that would still do, between 0 and 100 points."
        )
    differences = [_difference(comparison) for comparison in comparisons]
    alpha = 1 - confidence
    good_enough = _holm([_p(d, -margin, above=True) for d in differences], alpha)
    better = _holm([_p(d, 0.0, above=True) for d in differences], alpha)
    worse = _holm([_p(d, -margin, above=False) for d in differences], alpha)
    return tuple(
        _verdict(
            comparison,
            differences[i],
            _Claims(good_enough=good_enough[i], better=better[i], worse=worse[i]),
            margin,
            len(comparisons),
        )
        for i, comparison in enumerate(comparisons)
    )


def _difference(comparison: Comparison) -> PairedDifference | None:
    if not comparison.cases:
        return None
    return PairedDifference(
        [case.candidate - case.reference for case in comparison.cases],
        [case.cluster for case in comparison.cases],
    )


def _p(difference: PairedDifference | None, delta: float, *, above: bool) -> float:
    if difference is None or not difference.testable:
        return 1.0
    return difference.p_above(delta) if above else difference.p_below(delta)


def _holm(p_values: Sequence[float], alpha: float) -> list[_Tested]:
    """Holm (Scandinavian Journal of Statistics 6, 1979): step down, stop at the first
    acceptance."""
    tested: dict[int, _Tested] = {}
    rejecting = True
    level = alpha
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if rejecting:
            level = alpha / (len(p_values) - step)
            rejecting = p_values[index] < level
        tested[index] = _Tested(rejected=rejecting, confidence=1 - level)
    return [tested[index] for index in range(len(p_values))]


def _verdict(
    comparison: Comparison,
    difference: PairedDifference | None,
    claims: _Claims,
    margin: float,
    compared_with: int,
) -> Verdict:
    vetoed_by = tuple(case.case for case in comparison.cases if case.vetoes)
    outcome = _outcome(bool(vetoed_by), claims)
    if outcome == "non-inferior" and says_nothing(_reference_mean(comparison.cases), margin):
        outcome = "undecided"
    # Of two claims that hold the bound shows the stronger one, at the level that was set for it.
    shown = claims.better if outcome == "better" else claims.good_enough
    confidence = shown.confidence
    verdict = Verdict(
        reference=comparison.reference,
        contender=comparison.contender,
        n=len(comparison.cases),
        confidence=confidence,
        upper_confidence=claims.worse.confidence,
        margin=margin,
        outcome=outcome,
        vetoed_by=vetoed_by,
        compared_with=compared_with,
        unscored=comparison.unscored,
        unjudged=comparison.unjudged,
        overruled=comparison.overruled,
    )
    if difference is None:
        # Nothing was compared: what is missing is the run itself, not more cases.
        needed = cases_without_flips(margin, confidence)
        return msgspec.structs.replace(verdict, cases_needed=needed)
    return _measured(verdict, comparison.cases, difference)


def says_nothing(reference_mean: float | None, margin: float) -> bool:
    """Whether a contender that passes nothing at all would be within the margin."""
    return reference_mean is not None and reference_mean <= margin + 1e-9


def _reference_mean(cases: Sequence[PairedCase]) -> float | None:
    return sum(case.reference for case in cases) / len(cases) if cases else None


def _outcome(vetoed: bool, claims: _Claims) -> Outcome:
    if vetoed:
        return "worse"
    if claims.good_enough.rejected:
        return "better" if claims.better.rejected else "non-inferior"
    return "worse" if claims.worse.rejected else "undecided"


def _measured(
    verdict: Verdict, cases: Sequence[PairedCase], difference: PairedDifference
) -> Verdict:
    n, spotless = difference.n, difference.single and not difference.flip_rate
    testable = difference.testable
    needed = _cases_needed(difference, verdict)
    reference_mean = _reference_mean(cases)
    open_to_more = verdict.outcome == "undecided" and not says_nothing(
        reference_mean, verdict.margin
    )
    missing = max(1, needed - n) if needed and open_to_more else None
    return msgspec.structs.replace(
        verdict,
        b=difference.worse,
        c=difference.better,
        reference_mean=reference_mean,
        contender_mean=sum(case.candidate for case in cases) / n,
        difference=difference.mean,
        lower_bound=difference.lower(verdict.confidence) if testable else None,
        upper_bound=difference.upper(verdict.upper_confidence) if testable else None,
        cases_needed=needed,
        cases_missing=missing,
        method="tango" if difference.single else "clustered",
        clusters=difference.clusters,
        standard_error=difference.standard_error,
        flip_rate=difference.flip_rate,
        loss_left_open=loss_left_open(n, verdict.confidence) if spotless else None,
    )


def _cases_needed(difference: PairedDifference, verdict: Verdict) -> int | None:
    planned = cases_needed(
        difference.flip_rate,
        verdict.margin,
        design_effect=difference.design_effect,
        confidence=verdict.confidence,
    )
    if verdict.outcome != "undecided" or planned is None or planned > difference.n:
        return planned
    return cases_needed(
        difference.flip_rate,
        verdict.margin,
        true_difference=min(0.0, difference.mean),
        design_effect=difference.design_effect,
        confidence=verdict.confidence,
    )
