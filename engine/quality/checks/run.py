"""Runs the checks of a case over a reply and adds them up as promptfoo does.

A check of weight 0 is reported and decides nothing. The score is the weighted mean of the others;
with a threshold it decides, without one every check has to pass. A check that could not be told
(not supported, no figure, a pattern stopped) takes no part, and is reported with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.contract import CheckResult
from engine.contract.checks import (
    Check,
    CheckSet,
    ExactMatchCheck,
    FinishCheck,
    JsonCheck,
    JsonEqualsCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    PythonCheck,
    RefusalCheck,
    RegexCheck,
    SimilarityCheck,
    TextCheck,
    UnsupportedCheck,
    written_name,
)
from engine.quality.checks.extraction import find_exact_match
from engine.quality.checks.figures import find_finish, find_length, find_limit
from engine.quality.checks.findings import Finding, Subject
from engine.quality.checks.json_text import find_equal_json, find_json
from engine.quality.checks.patterns import find_regex
from engine.quality.checks.python_code import find_python
from engine.quality.checks.refusal import find_refusal
from engine.quality.checks.similarity import find_similarity
from engine.quality.checks.text import find_list, find_text


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """passed and score are None when no check could be told."""

    passed: bool | None
    score: float | None


def run_check(check: Check, subject: Subject) -> CheckResult:
    if isinstance(check, CheckSet):
        return _run_set(check, subject)
    finding = _find(check, subject)
    if finding.holds is None:
        passed = score = None
    else:
        passed = finding.holds is not check.negated
        share = float(finding.holds) if finding.score is None else finding.score
        score = 1.0 - share if check.negated else share
    return CheckResult(
        check=written_name(check),
        label=check.label,
        passed=passed,
        score=score,
        weight=check.weight,
        reason=finding.reason,
        evidence=finding.spans,
    )


def total(results: Sequence[CheckResult], threshold: float | None) -> Total:
    """What the results of a case, or of a set, come to."""
    told = [r for r in results if r.passed is not None and r.score is not None and r.weight > 0]
    if not told:
        reported = any(r.passed is not None for r in results)
        return Total(passed=True, score=1.0) if reported else Total(passed=None, score=None)
    score = sum((r.score or 0.0) * r.weight for r in told) / sum(r.weight for r in told)
    passed = score >= threshold if threshold is not None else all(r.passed for r in told)
    return Total(passed=passed, score=score)


def _run_set(check: CheckSet, subject: Subject) -> CheckResult:
    parts = tuple(run_check(part, subject) for part in check.checks)
    both = total(parts, check.threshold)
    passed, score = both.passed, both.score
    told = sum(part.passed is not None for part in parts)
    reason = f"{sum(part.passed is True for part in parts)} of {told} checks pass."
    if check.negated and passed is not None and score is not None:
        passed, score = not passed, 1.0 - score
    return CheckResult(
        check=written_name(check),
        label=check.label,
        passed=passed,
        score=score,
        weight=check.weight,
        reason=reason if told else "None of its checks could be told.",
        parts=parts,
    )


def _find(check: Check, subject: Subject) -> Finding:
    match check:
        case LimitCheck():
            return find_limit(check, subject)
        case FinishCheck():
            return find_finish(check, subject)
        case LengthCheck():
            return find_length(check, subject.text)
        case RefusalCheck():
            return find_refusal(subject.text)
        case PythonCheck():
            return find_python(check, subject.text)
        case UnsupportedCheck():
            return Finding(holds=None, reason=check.reason)
        case CheckSet():
            raise TypeError("a set is run by run_check")
        case _:
            return _compare(check, subject.text)


def _compare(
    check: TextCheck
    | ListCheck
    | RegexCheck
    | JsonEqualsCheck
    | JsonCheck
    | SimilarityCheck
    | ExactMatchCheck,
    text: str,
) -> Finding:
    match check:
        case TextCheck():
            return find_text(check, text)
        case ListCheck():
            return find_list(check, text)
        case RegexCheck():
            return find_regex(check, text)
        case JsonEqualsCheck():
            return find_equal_json(check, text)
        case JsonCheck():
            return find_json(check, text)
        case SimilarityCheck():
            return find_similarity(check, text)
        case ExactMatchCheck():
            return find_exact_match(check, text)
