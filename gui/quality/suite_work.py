"""The work of a suite run off the window's thread: reading the cases, and judging the replies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from engine.contract import Contender, Reply, Sampling
from gui.collaborators import Bench, Collaborators, History

if TYPE_CHECKING:  # the checks bring numpy, which a start must not wait for
    from engine.contract import Plan
    from engine.quality.generators.ready import ReadySuite
    from engine.quality.suite import Suite
    from engine.suite import Assessment


class SuiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """ready: the name of a ready suite, which `cases` and `seed` are for, or empty for the file at `path`."""

    ready: str = "arithmetic"
    path: str = ""
    cases: int = 50
    seed: int = 1
    margin_points: float = 5.0
    max_tokens: int = 256
    deterministic: bool = False


class Decision(msgspec.Struct, frozen=True):
    """What a person set a check to; place: contender, case and repeat of its score."""

    place: tuple[str, str, int]
    check: int
    passed: bool
    reason: str


class SuiteFound(msgspec.Struct, frozen=True, kw_only=True):
    """replies: by contender and case, the first of each. notices: what the run told beside them."""

    suite: Suite
    assessment: Assessment
    replies: dict[tuple[str, str], Reply]
    stopped: bool
    notices: tuple[str, ...] = ()


def list_ready_suites() -> tuple[ReadySuite, ...]:
    from engine.quality.generators.ready import ready_suites

    return ready_suites()


def prepare_suite(
    given: Collaborators,
    history: History | None,
    settings: SuiteSettings,
    contenders: tuple[Contender, ...],
) -> tuple[Bench, Suite, Plan]:
    from engine.quality.cases import read_suite
    from engine.quality.generators.ready import ready_suite
    from engine.suite import suite_plan

    if settings.ready:
        suite = ready_suite(settings.ready, settings.cases, settings.seed)
    else:
        suite = read_suite(Path(settings.path))
    plan = suite_plan(
        suite,
        contenders,
        sampling=Sampling(max_tokens=settings.max_tokens),
        deterministic=settings.deterministic,
    )
    recorder = None if history is None else history.recorder("suite")
    return given.make_bench(recorder), suite, plan


def judge_suite(
    suite: Suite,
    contenders: tuple[Contender, ...],
    replies: tuple[Reply, ...],
    margin: float,
    notices: tuple[str, ...],
    *,
    stopped: bool,
) -> SuiteFound:
    from engine.suite import assess

    return SuiteFound(
        suite=suite,
        assessment=assess(suite, contenders, replies, margin=margin),
        replies={(reply.contender, reply.case): reply for reply in reversed(replies)},
        stopped=stopped,
        notices=notices,
    )


def overrule_suite(
    found: SuiteFound, contenders: tuple[Contender, ...], margin: float, decision: Decision
) -> SuiteFound:
    """The result with a check set as a person decided, judged anew."""
    from engine.quality.scores import overrule
    from engine.suite import judge

    scores = [
        overrule(score, decision.check, decision.passed, decision.reason)
        if decision.place == (score.contender, score.case, score.repeat)
        else score
        for score in found.assessment.scores
    ]
    return replace(found, assessment=judge(found.suite, contenders, scores, margin=margin))
