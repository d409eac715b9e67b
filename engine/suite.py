"""A suite run: every contender answers every case, the replies are checked, and a verdict is given.

The run itself is a plan like any other (`suite_plan`), so it is recorded, stopped and resumed like one;
what the checks and the paired comparison say is computed from its replies (`assess`), at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from engine.contract import (
    Case,
    CaseScore,
    ChoiceMetric,
    Contender,
    Findings,
    JudgedBy,
    Plan,
    Reply,
    Sampling,
    Session,
    SuiteTerms,
    Verdict,
)
from engine.contract.checks import Check, CheckSet, LimitCheck
from engine.errors import PlanError
from engine.quality.choices import choose, chooses_by, score_choices
from engine.quality.pairing import Flips, compare, flips, verdicts_on
from engine.quality.scores import checks_not_run, overruled_checks, score_reply
from engine.quality.sentences import sentence
from engine.quality.standings import Standing, standing
from engine.quality.suite import Suite, cases_by_id

DEFAULT_MARGIN = 0.05


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """sentences and flips stand beside the verdict of the same place.

    checks_not_run: check and reason → how often it could not be told.
    """

    scores: tuple[CaseScore, ...]
    standings: tuple[Standing, ...]
    verdicts: tuple[Verdict, ...]
    sentences: tuple[str, ...]
    flips: tuple[Flips, ...]
    checks_not_run: dict[str, int]


def suite_plan(
    suite: Suite,
    contenders: Sequence[Contender],
    *,
    sampling: Sampling | None = None,
    repeats: int = 1,
    deterministic: bool = False,
) -> Plan:
    """The plan that runs a suite; the first contender is the reference.

    deterministic: one case at a time, with latencies; otherwise batched. Both leave flash attention off
    unless it was asked for, so that they give the same replies. Raises PlanError.
    """
    if len(contenders) < 2:
        raise PlanError("A suite compares at least two models: a reference and a candidate.")
    if not suite.cases:
        raise PlanError(f"The suite {suite.name} has no cases.")
    return Plan(
        contenders=tuple(_as_in_batches(contender) for contender in contenders),
        cases=suite.cases,
        sampling=_with_logprobs_if_needed(suite, sampling or Sampling()),
        repeats=repeats,
        batched=not deterministic,
        title=f"Suite {suite.name}",
    )


def _score(case: Case, reply: Reply, metric: ChoiceMetric) -> CaseScore:
    if case.right is None or not reply.likelihoods:
        return score_reply(case, reply)
    result = choose(case, reply.likelihoods)
    return score_choices(case, result, metric, reply.contender, reply.repeat)


def _with_logprobs_if_needed(suite: Suite, sampling: Sampling) -> Sampling:
    """Checks of perplexity need the reply's log-probabilities, which cost time otherwise."""
    needed = any(_reads_logprobs(check) for each in suite.cases for check in each.checks)
    if not needed or sampling.top_logprobs is not None:
        return sampling
    return replace(sampling, top_logprobs=0)


def _reads_logprobs(check: Check) -> bool:
    if isinstance(check, CheckSet):
        return any(_reads_logprobs(part) for part in check.checks)
    return isinstance(check, LimitCheck) and check.type.startswith("perplexity")


def _as_in_batches(contender: Contender) -> Contender:
    if contender.runtime.flash_attention != "auto":
        return contender
    return replace(contender, runtime=replace(contender.runtime, flash_attention="off"))


def assess(
    suite: Suite,
    contenders: Sequence[Contender],
    replies: Iterable[Reply],
    *,
    margin: float = DEFAULT_MARGIN,
    metric: ChoiceMetric = "acc_norm",
    judged_by: JudgedBy = "passed",
    known: Iterable[CaseScore] = (),
    checked: Callable[[int], None] = lambda _: None,
) -> Assessment:
    """Score the replies and judge every contender against the first one; raises PlanError.

    metric: which of the three decides a multiple choice; its name stands in the score.
    known: scores that stand as they are, with what a person overruled in them; those of a multiple choice
    that another metric decided are made anew. checked: told how many replies are; what it raises ends it.
    """
    by_id = cases_by_id(suite)
    still = [each for each in known if chooses_by(each) in {None, metric} or _is_overruled(each)]
    by_place = {(each.contender, each.case, each.repeat): each for each in still}
    scores = []
    for reply in replies:
        if reply.case in by_id:
            done = by_place.get((reply.contender, reply.case, reply.repeat))
            scores.append(done or _score(by_id[reply.case], reply, metric))
            checked(len(scores))
    return judge(suite, contenders, scores, margin=margin, judged_by=judged_by)


def reassess(session: Session, *, checked: Callable[[int], None] = lambda _: None) -> Assessment:
    """What is known of a recorded suite: its own scores, and those of replies that have none yet.

    checked: as in `assess`.
    """
    terms = terms_of(session)
    return assess(
        suite_of(session),
        session.contenders,
        session.replies,
        margin=terms.margin,
        metric=terms.metric,
        judged_by=terms.judged_by,
        known=session.scores,
        checked=checked,
    )


def _is_overruled(score: CaseScore) -> bool:
    return overruled_checks((score,)) > 0


def judge(
    suite: Suite,
    contenders: Sequence[Contender],
    scores: Sequence[CaseScore],
    *,
    margin: float = DEFAULT_MARGIN,
    judged_by: JudgedBy = "passed",
) -> Assessment:
    """Judge every contender against the first one by these scores; raises PlanError."""
    reference, *others = [contender.name for contender in contenders]
    found = verdicts_on(suite, scores, reference, others, margin, metric=judged_by)
    return Assessment(
        scores=tuple(scores),
        standings=tuple(standing(suite, scores, contender.name) for contender in contenders),
        verdicts=found,
        sentences=tuple(sentence(verdict, judged_by) for verdict in found),
        flips=tuple(flips(compare(suite, scores, reference, other, judged_by)) for other in others),
        checks_not_run=checks_not_run(scores),
    )


def findings(
    suite: Suite,
    found: Assessment,
    *,
    margin: float,
    metric: ChoiceMetric = "acc_norm",
    judged_by: JudgedBy = "passed",
) -> Findings:
    """What the session keeps of an assessment."""
    return Findings(
        suite=SuiteTerms(
            name=suite.name,
            margin=margin,
            metric=metric,
            judged_by=judged_by,
            not_supported=suite.not_supported,
        ),
        scores=found.scores,
        verdicts=found.verdicts,
    )


def suite_of(session: Session) -> Suite:
    """The suite that a session ran."""
    terms = terms_of(session)
    return Suite(name=terms.name, cases=session.cases, not_supported=terms.not_supported)


def terms_of(session: Session | None) -> SuiteTerms:
    """What a recorded suite was judged by; where it was not yet, or there is none, the usual terms."""
    if session is not None and session.suite is not None:
        return session.suite
    return SuiteTerms(name="" if session is None else session.title, margin=DEFAULT_MARGIN)
