"""A person sets a check of a recorded suite, with a reason; nothing is run again."""

from __future__ import annotations

from collections.abc import Sequence

from cli.cost_assumptions import named
from cli.suite_options import SuiteOptions
from cli.usage import WrongUsage
from engine.contract import CaseScore, CheckResult, Session, SuiteTerms
from engine.quality.scores import overrule
from engine.suite import Assessment, judge, reassess, suite_of


def overruled(session: Session, options: SuiteOptions, terms: SuiteTerms) -> Assessment:
    """The session's assessment with the check set as asked; raises WrongUsage."""
    case, _, model = str(options.overrule).partition("@")
    if not model or options.verdict is None or not options.because.strip():
        raise WrongUsage(
            "Overruling needs the case and the model (--overrule CASE@MODEL), what the check is set to "
            "(--set passed or --set failed) and why (--because TEXT)."
        )
    contender = named(model, [each.name for each in session.contenders], "--overrule")
    scores = reassess(session).scores
    score = _score(scores, contender, case, options.repeat)
    check = _check(score.checks, options.which)
    changed = overrule(score, check, options.verdict == "passed", options.because)
    return judge(
        suite_of(session),
        session.contenders,
        [changed if each is score else each for each in scores],
        margin=terms.margin,
        judged_by=terms.judged_by,
    )


def _score(scores: Sequence[CaseScore], contender: str, case: str, repeat: int) -> CaseScore:
    for each in scores:
        if (each.contender, each.case, each.repeat) == (contender, case, repeat - 1):
            if each.checks:
                return each
            raise WrongUsage(f"No check of “{case}” was run for {contender}: {each.reason}")
    raise WrongUsage(f"--overrule: {contender} has no reply to a case “{case}”, repeat {repeat}.")


def _check(checks: Sequence[CheckResult], which: str | None) -> int:
    """Its place: by number, or by a name that only one has; the only one where none is named."""
    if which is None and len(checks) == 1:
        return 0
    names = [each.label or each.check for each in checks]
    if which is not None and which.isdecimal() and 1 <= int(which) <= len(checks):
        return int(which) - 1
    if which is not None and names.count(which) == 1:
        return names.index(which)
    listed = ", ".join(f"{place} {name}" for place, name in enumerate(names, 1))
    raise WrongUsage(f"Say which check (--which NUMBER). The case has: {listed}.")
