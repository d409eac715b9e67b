"""Checks of what was measured or counted: latency, cost, perplexity, lengths and the end."""

from __future__ import annotations

import math
import re
from typing import Final

from engine.contract.checks import FinishCheck, LengthCheck, LimitCheck
from engine.quality.checks.findings import Finding, Subject, quoted

_NOUNS: Final = {"word-count": "words", "character-count": "characters"}
_WORD: Final = re.compile(r"\S+")


def find_limit(check: LimitCheck, subject: Subject) -> Finding:
    value = _figure(check, subject)
    if value is None:
        kind = "logprobs" if check.type.startswith("perplexity") else check.type
        why = subject.absent.get(kind, "it was not measured")
        return Finding(holds=None, reason=f"No {check.type} to check: {why}.")
    if check.type == "perplexity-score":
        return Finding(
            holds=value >= check.threshold,
            score=value,
            reason=f"The perplexity score is {value:.3g}; wanted {check.threshold:g} or more.",
        )
    unit = " ms" if check.type == "latency" else ""
    return Finding(
        holds=value <= check.threshold,
        reason=f"The {check.type} is {value:.4g}{unit}; allowed {check.threshold:g}{unit}.",
    )


def find_length(check: LengthCheck, text: str) -> Finding:
    n = len(_WORD.findall(text)) if check.type == "word-count" else len(text)
    low, high = check.minimum, check.maximum
    holds = (low is None or n >= low) and (high is None or n <= high)
    if low == high:
        wanted = f"exactly {low}"
    else:
        limits = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
        wanted = " and ".join(limits)
    return Finding(holds=holds, reason=f"{n} {_NOUNS[check.type]}; wanted {wanted}.")


def find_finish(check: FinishCheck, subject: Subject) -> Finding:
    return Finding(
        holds=subject.finish_reason == check.value.lower(),
        reason=f"It ended by {quoted(subject.finish_reason)}; wanted {quoted(check.value)}.",
    )


def _figure(check: LimitCheck, subject: Subject) -> float | None:
    if check.type == "latency":
        return None if subject.latency_s is None else subject.latency_s * 1000
    if check.type == "cost":
        return subject.cost
    if not subject.logprobs:
        return None
    perplexity = math.exp(-math.fsum(subject.logprobs) / len(subject.logprobs))
    return perplexity if check.type == "perplexity" else 1 / (1 + perplexity)
