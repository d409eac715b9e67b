"""The work of a suite run off the window's thread: reading the cases, and judging the replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from engine.contract import (
    ChoiceMetric,
    Contender,
    Findings,
    JudgedBy,
    Reply,
    Sampling,
    Session,
    SessionStatus,
)
from engine.errors import AssumptionError, PlanError
from engine.schedule import kept_scores
from gui.collaborators import Bench, Collaborators, History
from gui.overheard import Overheard
from gui.quality.cases_model import CasesChoice, read_cases

if TYPE_CHECKING:  # the checks bring numpy, which a start must not wait for
    from engine.contract import Plan
    from engine.cost.assumptions import Assumptions
    from engine.quality.standings import TradeOff
    from engine.quality.suite import Suite
    from engine.suite import Assessment


Prices = Callable[[], "Assumptions"]
"""Gives what the Cost page assumes, from any thread; raises AssumptionError."""


class SuiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the cases are run and judged."""

    margin_points: float = 5.0
    max_tokens: int = 256
    temperature: float = 0.0
    repeats: int = 1
    deterministic: bool = False
    judged_by: JudgedBy = "passed"
    metric: ChoiceMetric = "acc_norm"

    def terms(self) -> Terms:
        return Terms(
            margin=self.margin_points / 100.0, metric=self.metric, judged_by=self.judged_by
        )


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """By what replies are judged; margin: a fraction, metric: what decides a multiple choice."""

    margin: float
    metric: ChoiceMetric = "acc_norm"
    judged_by: JudgedBy = "passed"


class Decision(msgspec.Struct, frozen=True):
    """What a person set a check to; place: contender, case and repeat of its score."""

    place: tuple[str, str, int]
    check: int
    passed: bool
    reason: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A run that can begin; earlier: the session that it finishes."""

    bench: Bench
    recorder: Overheard
    suite: Suite
    plan: Plan
    earlier: Session | None = None


class SuiteFound(msgspec.Struct, frozen=True, kw_only=True):
    """session: where it is recorded, if it is. unfinished: it was stopped, or its process died.

    notices: what the run told beside its replies.
    """

    suite: Suite
    contenders: tuple[Contender, ...]
    replies: tuple[Reply, ...]
    assessment: Assessment
    terms: Terms
    trade_off: tuple[TradeOff, ...] = ()
    session: str | None = None
    unfinished: bool = False
    notices: tuple[str, ...] = ()

    def findings(self) -> Findings:
        """What the session keeps of it."""
        from engine.suite import findings

        return findings(
            self.suite,
            self.assessment,
            margin=self.terms.margin,
            metric=self.terms.metric,
            judged_by=self.terms.judged_by,
        )


def prepare_suite(
    given: Collaborators,
    history: History | None,
    choice: CasesChoice,
    settings: SuiteSettings,
    contenders: tuple[Contender, ...],
) -> Prepared:
    from engine.quality.adding import without_checks
    from engine.suite import suite_plan

    suite = read_cases(choice)
    if without_checks(suite.cases) == len(suite.cases):
        raise PlanError(
            f"No case of {suite.name} has a check, so no reply could be judged. Add some under “See and "
            "edit cases”."
        )
    plan = suite_plan(
        suite,
        contenders,
        sampling=Sampling(max_tokens=settings.max_tokens, temperature=settings.temperature),
        repeats=settings.repeats,
        deterministic=settings.deterministic,
    )
    return _prepared(given, history, suite, plan)


def prepare_again(given: Collaborators, history: History | None, session: Session) -> Prepared:
    """All that a recorded suite asked, once more, as a session of its own."""
    from engine.suite import suite_of

    return _prepared(given, history, suite_of(session), session.plan())


def prepare_rest(given: Collaborators, history: History | None, session: Session) -> Prepared:
    """What a recorded suite still lacks."""
    from engine.suite import suite_of

    return _prepared(given, history, suite_of(session), session.plan(), session)


def settings_of(session: Session, found: SuiteFound) -> SuiteSettings:
    """Those that a recorded suite was run with."""
    return SuiteSettings(
        margin_points=round(found.terms.margin * 100, 6),
        max_tokens=session.sampling.max_tokens,
        temperature=session.sampling.temperature,
        repeats=session.repeats,
        deterministic=not session.batched,
        judged_by=found.terms.judged_by,
        metric=found.terms.metric,
    )


def weighed(work: Callable[[], SuiteFound], prices: Prices | None) -> SuiteFound:
    """What the work finds, with quality beside what it costs at these prices."""
    from engine.quality.trade_off import trade_offs

    found = work()
    try:
        assumed = None if prices is None else prices()
    except AssumptionError:
        # The Cost page tells what is wrong with its prices; here the money is told to be absent.
        assumed = None
    points = trade_offs(found.assessment.standings, found.contenders, found.replies, assumed)
    return replace(found, trade_off=points)


def judge_suite(
    prepared: Prepared,
    replies: tuple[Reply, ...],
    terms: Terms,
    *,
    session: str | None,
    unfinished: bool,
    notices: tuple[str, ...],
    checked: Callable[[int], None],
) -> SuiteFound:
    """Scores of replies that the run did not make again stand as they were."""
    from engine.suite import assess

    suite, plan, known = prepared.suite, prepared.plan, kept_scores(prepared.earlier)
    return SuiteFound(
        suite=suite,
        contenders=plan.contenders,
        replies=replies,
        assessment=assess(
            suite,
            plan.contenders,
            replies,
            margin=terms.margin,
            metric=terms.metric,
            judged_by=terms.judged_by,
            known=known,
            checked=checked,
        ),
        terms=terms,
        session=session,
        unfinished=unfinished,
        notices=notices,
    )


def reopen_suite(session: Session, checked: Callable[[int], None]) -> SuiteFound:
    """What a recorded session found."""
    from engine.suite import reassess, suite_of

    return SuiteFound(
        suite=suite_of(session),
        contenders=session.contenders,
        replies=session.replies,
        assessment=reassess(session, checked=checked),
        terms=terms_of_session(session),
        session=session.id,
        unfinished=session.status in {"stopped", "interrupted"},
    )


def terms_of_session(session: Session) -> Terms:
    """What a recorded suite was judged by, or would be."""
    from engine.suite import terms_of

    terms = terms_of(session)
    return Terms(margin=terms.margin, metric=terms.metric, judged_by=terms.judged_by)


def overrule_suite(found: SuiteFound, decision: Decision) -> SuiteFound:
    """The result with a check set as a person decided, judged anew."""
    from engine.quality.scores import overrule
    from engine.suite import judge

    terms = found.terms
    scores = [
        overrule(score, decision.check, decision.passed, decision.reason)
        if decision.place == (score.contender, score.case, score.repeat)
        else score
        for score in found.assessment.scores
    ]
    assessment = judge(
        found.suite, found.contenders, scores, margin=terms.margin, judged_by=terms.judged_by
    )
    return replace(found, assessment=assessment)


def judge_by(found: SuiteFound, terms: Terms) -> SuiteFound:
    """The same replies judged by other terms; raises PlanError."""
    from engine.suite import assess

    assessment = assess(
        found.suite,
        found.contenders,
        found.replies,
        margin=terms.margin,
        metric=terms.metric,
        judged_by=terms.judged_by,
        known=found.assessment.scores,
    )
    return replace(found, assessment=assessment, terms=terms)


def unrecorded(prepared: Prepared, found: SuiteFound) -> Session | None:
    """A run that the history did not take, as a session to be exported; None where it did not begin."""
    status: SessionStatus = "stopped" if found.unfinished else "finished"
    made = prepared.recorder.session(
        prepared.plan, found.replies, status, prepared.earlier, "suite"
    )
    return None if made is None else found.findings().added_to(made)


def _prepared(
    given: Collaborators,
    history: History | None,
    suite: Suite,
    plan: Plan,
    earlier: Session | None = None,
) -> Prepared:
    recorder = Overheard(None if history is None else history.recorder("suite"))
    bench = given.make_bench(recorder)
    return Prepared(bench=bench, recorder=recorder, suite=suite, plan=plan, earlier=earlier)
