"""Scores of replies: every check with its evidence, and what a person overruled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from engine.contract import Case, CaseScore, CheckResult, Reply
from engine.quality.checks.findings import Subject
from engine.quality.checks.run import run_check, total

_ALONE: Final = "{}; run one case at a time to have it"


def score_reply(case: Case, reply: Reply, cost: float | None = None) -> CaseScore:
    """Run the case's checks over a reply; cost is what the reply cost, for `cost` checks.

    A contender that gives no reply has failed the case. One whose reply the user stopped has no
    score.
    """
    if reply.finish_reason == "stopped":
        return _unscored(case, reply, "The reply was stopped.")
    if not case.checks and case.right is None:
        return _unscored(case, reply, "The case has no checks.")
    if reply.finish_reason == "error":
        return CaseScore(
            contender=reply.contender,
            case=reply.case,
            repeat=reply.repeat,
            passed=False,
            score=0.0,
            threshold=case.threshold,
            reason=f"There is no reply: {reply.error or 'it failed'}",
        )
    if not case.checks:
        return _unscored(case, reply, "Its choices were not measured.")
    subject = _subject(reply, cost)
    return _totalled(
        CaseScore(
            contender=reply.contender,
            case=reply.case,
            repeat=reply.repeat,
            passed=None,
            score=None,
            threshold=case.threshold,
            checks=tuple(run_check(check, subject) for check in case.checks),
        )
    )


def overrule(score: CaseScore, check: int, passed: bool, reason: str) -> CaseScore:
    """The score with one of its checks set by a person; the reason is kept with it."""
    if not reason.strip():
        raise ValueError("a check is overruled for a reason")
    changed = msgspec.structs.replace(
        score.checks[check],
        passed=passed,
        score=1.0 if passed else 0.0,
        overruled=reason.strip(),
    )
    checks = (*score.checks[:check], changed, *score.checks[check + 1 :])
    return _totalled(msgspec.structs.replace(score, checks=checks))


def overruled_checks(scores: Iterable[CaseScore]) -> int:
    return sum(check.overruled is not None for score in scores for check in score.checks)


def checks_not_run(scores: Iterable[CaseScore]) -> dict[str, int]:
    """How often each check could not be told, by its name and reason."""
    counts: dict[str, int] = {}
    for check in (each for score in scores for top in score.checks for each in _parts(top)):
        if check.passed is None and not check.parts:
            line = f"{check.check}: {check.reason}"
            counts[line] = counts.get(line, 0) + 1
    return counts


def _parts(check: CheckResult) -> Iterator[CheckResult]:
    yield check
    for part in check.parts:
        yield from _parts(part)


def _totalled(score: CaseScore) -> CaseScore:
    both = total(score.checks, score.threshold)
    reason = "None of its checks could be told." if both.passed is None else None
    return msgspec.structs.replace(score, passed=both.passed, score=both.score, reason=reason)


def _unscored(case: Case, reply: Reply, reason: str) -> CaseScore:
    return CaseScore(
        contender=reply.contender,
        case=reply.case,
        repeat=reply.repeat,
        passed=None,
        score=None,
        threshold=case.threshold,
        reason=reason,
    )


def _subject(reply: Reply, cost: float | None) -> Subject:
    timing = reply.timing
    absent = {
        "latency": _ALONE.format(timing.absent.get("total_s", "it was not measured")),
        "cost": "no price is known",
        "logprobs": "the run kept no log-probabilities",
    }
    if timing.shared:
        absent["latency"] = _ALONE.format("other replies were made at the same time")
    return Subject(
        text=reply.text,
        finish_reason=reply.finish_reason,
        latency_s=None if timing.shared else timing.total_s,
        cost=cost,
        logprobs=tuple(token.logprob for token in reply.logprobs) or None,
        absent=absent,
    )
