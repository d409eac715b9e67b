"""Multiple choice by log-likelihood, as lm-eval scores it; which of the three is shown is always
named.

acc            the continuation with the highest log-likelihood
acc_norm       the highest per character of the continuation
acc_per_token  the highest per token, which depends on the tokenizer
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from engine.contract import Case, CaseScore, CheckResult, ChoiceMetric, Likelihood


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
    """The choice as a score of its case, under the metric's name."""
    passed = result.passed(metric)
    chosen: int = getattr(result, metric)
    check = CheckResult(
        check=metric,
        passed=passed,
        score=float(passed),
        weight=1.0,
        reason=f"Prefers “{case.continuations[chosen]}”; right is “{case.continuations[result.right]}”.",
    )
    return CaseScore(
        contender=contender,
        case=case.id,
        repeat=repeat,
        passed=passed,
        score=float(passed),
        checks=(check,),
    )
