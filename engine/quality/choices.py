"""Multiple choice by log-likelihood, as lm-eval scores it; which of the three is shown is always
named.

acc            the continuation with the highest log-likelihood
acc_norm       the highest per character of the continuation
acc_per_token  the highest per token, which depends on the tokenizer
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Final, get_args

import msgspec

from engine.contract import Case, CaseScore, CheckResult, ChoiceMetric, Likelihood

METRICS: Final[tuple[ChoiceMetric, ...]] = get_args(ChoiceMetric)


class ChoiceResult(msgspec.Struct, frozen=True, kw_only=True):
    """The choice that each metric picks, by its place; the first of equals."""

    right: int
    acc: int
    acc_norm: int
    acc_per_token: int

    def passed(self, metric: ChoiceMetric) -> bool:
        chosen: int = getattr(self, metric)
        return chosen == self.right


def choose(case: Case, likelihoods: Sequence[Likelihood]) -> ChoiceResult:
    """What each metric picks; the case has to tell which of its continuations is right."""
    texts = case.continuations
    if case.right is None or len(likelihoods) != len(texts):
        raise ValueError(f"{len(likelihoods)} likelihoods for {len(texts)} choices")

    def best(value: Callable[[int], float]) -> int:
        return max(range(len(likelihoods)), key=lambda i: (value(i), -i))

    return ChoiceResult(
        right=case.right,
        acc=best(lambda i: likelihoods[i].log_likelihood),
        acc_norm=best(lambda i: likelihoods[i].log_likelihood / max(1, len(texts[i]))),
        acc_per_token=best(lambda i: likelihoods[i].log_likelihood / max(1, likelihoods[i].tokens)),
    )


def score_choices(
    case: Case, result: ChoiceResult, metric: ChoiceMetric, contender: str, repeat: int
) -> CaseScore:
    """The choice as a score of its case; the other metrics are reported beside it and decide nothing."""
    passed = result.passed(metric)
    others = [each for each in METRICS if each != metric]
    return CaseScore(
        contender=contender,
        case=case.id,
        repeat=repeat,
        passed=passed,
        score=float(passed),
        checks=tuple(_check(case, result, each, each == metric) for each in (metric, *others)),
    )


def chooses_by(score: CaseScore) -> ChoiceMetric | None:
    """What decided a multiple choice; None for any other score."""
    first = score.checks[0].check if score.checks else ""
    return next((metric for metric in METRICS if metric == first), None)


def choice_words(scores: Iterable[CaseScore]) -> str:
    """How often each metric is right, as in "acc 50.0 %, acc_norm 75.0 % (decides)"; empty without any."""
    found = [(score, metric) for score in scores if (metric := chooses_by(score)) is not None]
    if not found:
        return ""
    right = {
        metric: fmean(
            check.passed is True
            for score, _ in found
            for check in score.checks
            if check.check == metric
        )
        for metric in METRICS
        if all(any(check.check == metric for check in score.checks) for score, _ in found)
    }
    decisive = {metric for _, metric in found}
    return ", ".join(
        f"{metric} {100 * share:.1f} %{' (decides)' if metric in decisive else ''}"
        for metric, share in right.items()
    )


def _check(case: Case, result: ChoiceResult, metric: ChoiceMetric, decides: bool) -> CheckResult:
    passed = result.passed(metric)
    chosen: int = getattr(result, metric)
    return CheckResult(
        check=metric,
        passed=passed,
        score=float(passed),
        weight=1.0 if decides else 0.0,
        reason=f"Prefers “{case.continuations[chosen]}”; right is “{case.continuations[result.right]}”.",
    )
