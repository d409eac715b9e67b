"""What was found of replies: scores with their evidence, verdicts and votes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Outcome = Literal["better", "non-inferior", "worse", "undecided"]
ChoiceMetric = Literal["acc", "acc_norm", "acc_per_token"]
JudgedBy = Literal["passed", "score"]
NoBest = Literal["tie", "all_bad"]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the reply's text, in characters."""

    start: int
    end: int
    text: str


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a check came out. passed and score are None when it could not be told; reason says why.

    evidence: what was found where in the reply. overruled: a person's reason for setting `passed`.
    """

    check: str
    label: str | None = None
    passed: bool | None
    score: float | None
    weight: float
    reason: str
    evidence: tuple[Span, ...] = ()
    parts: tuple[CheckResult, ...] = ()
    overruled: str | None = None


class CaseScore(msgspec.Struct, frozen=True, kw_only=True):
    """How one reply did. passed and score are None when nothing could be told; reason says why."""

    contender: str
    case: str
    repeat: int
    passed: bool | None
    score: float | None
    threshold: float | None = None
    checks: tuple[CheckResult, ...] = ()
    reason: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a contender against its reference; differences and margin are fractions.

    b: cases where only the reference passes (or scores higher); c: where only the contender does.
    Means and difference are None when no case could be compared. lower_bound and upper_bound are
    one-sided at confidence and upper_confidence, and None when there are too few groups for any.
    cases_needed: in all, at the observed flip rate and for a contender that loses nothing; where
    that many were run already, for the observed difference, and None when no number would do.
    loss_left_open: only without any flip, the loss that is still possible.
    unscored: cases that one of both has no score for; unjudged: those among them that no check could judge.
    """

    reference: str
    contender: str
    n: int
    b: int = 0
    c: int = 0
    reference_mean: float | None = None
    contender_mean: float | None = None
    difference: float | None = None
    lower_bound: float | None = None
    confidence: float
    upper_bound: float | None = None
    upper_confidence: float
    margin: float
    outcome: Outcome
    cases_needed: int | None = None
    cases_missing: int | None = None
    vetoed_by: tuple[str, ...] = ()
    method: Literal["tango", "clustered"] | None = None
    clusters: int = 0
    standard_error: float | None = None
    flip_rate: float | None = None
    loss_left_open: float | None = None
    compared_with: int
    unscored: int
    unjudged: int = 0
    overruled: int


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a place in a file; line None where the file's form does not tell it."""

    file: str
    line: int | None
    field: str
    reason: str

    def sentence(self) -> str:
        line = f", line {self.line}" if self.line is not None else ""
        field = f", {self.field}" if self.field else ""
        stop = "" if self.reason.endswith("?") else "."
        return f"{self.file}{line}{field}: {self.reason}{stop}"


class SuiteTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite was judged by. margin: a fraction; metric: what decides a multiple choice.

    judged_by: whether cases pass, or the scores that they reach in part.
    """

    name: str
    margin: float
    metric: ChoiceMetric = "acc_norm"
    judged_by: JudgedBy = "passed"
    not_supported: tuple[Remark, ...] = ()


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """A person's choice among the replies to a case; best None: none was better than the others.

    no_best: whether they were equally good or all bad, where none was best; None where nobody said.
    blind: the contenders' names were hidden until then.
    """

    case: str
    repeat: int = 0
    best: str | None
    no_best: NoBest | None = None
    blind: bool
    created: datetime
