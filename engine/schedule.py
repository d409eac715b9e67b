"""In which order a plan's jobs run, which of them are still to do, and what stays of those done."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.contract import Case, CaseScore, Contender, Plan, Reply, Session
from engine.errors import PlanError
from engine.limits import check_plan_limits

Key = tuple[str, str, int]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    contender: Contender
    case: Case
    repeat: int

    @property
    def key(self) -> Key:
        return (self.contender.name, self.case.id, self.repeat)


def check_plan(plan: Plan) -> None:
    """Raises PlanError for a plan that could not be told apart afterwards, or cannot be run."""
    names = [contender.name for contender in plan.contenders]
    cases = [case.id for case in plan.cases]
    if not names:
        raise PlanError("There is no model to run. Add at least one.")
    if not cases:
        raise PlanError("There is no prompt to run. Write one.")
    if plan.together and plan.batched:
        raise PlanError("A run is either together or batched, not both.")
    check_plan_limits(plan)
    for what, values in (("contenders", names), ("cases", cases)):
        for value in values:
            if values.count(value) > 1:
                raise PlanError(f"Two {what} are called “{value}”. Give each its own name.")
    for case in plan.cases:
        if not any(message.content.strip() for message in case.messages):
            raise PlanError(
                f"The prompt “{case.id}” is empty. Write something for the models to answer."
            )


def jobs_in_order(plan: Plan, *, all_loaded: bool) -> list[Job]:
    """Repeats outermost, so that contenders take turns: A B A B.

    all_loaded: every model stays loaded, so contenders alternate at each case. Otherwise each answers all
    its cases before the next is loaded, once a repeat.
    """
    pairs = (
        [(contender, case) for case in plan.cases for contender in plan.contenders]
        if all_loaded
        else [(contender, case) for contender in plan.contenders for case in plan.cases]
    )
    return [
        Job(contender=contender, case=case, repeat=repeat)
        for repeat in range(plan.repeats)
        for contender, case in pairs
    ]


def missing_jobs(jobs: Iterable[Job], session: Session) -> list[Job]:
    """Those that have no finished reply yet; stopped and failed ones are tried again."""
    done = {_key(reply) for reply in kept_replies(session)}
    return [job for job in jobs if job.key not in done]


def kept_replies(session: Session | None) -> tuple[Reply, ...]:
    """Those that a run which resumes the session does not make again; none where it resumes nothing."""
    return () if session is None else tuple(each for each in session.replies if each.finished)


def kept_scores(session: Session | None) -> tuple[CaseScore, ...]:
    """Those of the kept replies: a person may have overruled a check of theirs."""
    kept = {_key(reply) for reply in kept_replies(session)}
    return () if session is None else tuple(each for each in session.scores if _key(each) in kept)


def _key(each: Reply | CaseScore) -> Key:
    return (each.contender, each.case, each.repeat)
