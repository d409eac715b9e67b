"""What a suite found, for reports: passed cases, verdicts, votes, and the evidence under a reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from engine.contract import CaseScore, CheckResult, Session, Verdict
from engine.quality.sentences import outcome_words, sentence, told_lower_bound
from engine.quality.standings import Standing, standing
from engine.quality.votes import NO_BEST_WORDS
from engine.suite import suite_of
from engine.wording import NONE, count
from storage.exports.figures import Cell, Column
from storage.exports.settings import Fact
from storage.exports.tables import TablePart
from storage.exports.wording import joined

_MARKS: Final = {True: "passed", False: "failed", None: "not told"}
_MOST_SPANS: Final = 3


class ScorePart(msgspec.Struct, frozen=True, kw_only=True):
    """mark: passed, failed or not told. checks: a line each, with what was found where."""

    mark: str
    passed: bool | None
    checks: tuple[str, ...]


def standings(session: Session) -> tuple[Standing, ...]:
    """Nothing where no reply was scored."""
    if not session.scores:
        return ()
    suite = suite_of(session)
    return tuple(standing(suite, session.scores, each.name) for each in session.contenders)


def quality_columns(session: Session) -> Iterator[Column]:
    found = standings(session)
    if found:
        yield Column(
            key="pass_rate",
            title="Passed cases",
            explained="share of the cases that pass every check, with the 95 % interval for cases"
            " like these; repeats of a case count together",
            better="higher",
            cells=tuple(_passed(each) for each in found),
        )


def quality_findings(session: Session) -> Iterator[str]:
    """The verdicts in words, and what people chose."""
    judged_by = session.suite.judged_by if session.suite is not None else "passed"
    yield from (sentence(verdict, judged_by) for verdict in session.verdicts)
    n_votes = len(session.votes)
    if n_votes:
        chosen = Counter(
            NO_BEST_WORDS[vote.no_best] if vote.best is None else f"{vote.best} was best"
            for vote in session.votes
        )
        blind = sum(vote.blind for vote in session.votes)
        told = joined(f"{words} {count(n, 'time')}" for words, n in chosen.most_common())
        yield f"Of {count(n_votes, 'vote')}, {blind:,} of them blind: {told}."


def quality_facts(session: Session) -> Iterator[Fact]:
    terms = session.suite
    if terms is not None:
        by = "" if terms.judged_by == "passed" else ", by the scores that cases reach in part"
        yield Fact(
            name="Judged",
            text=f"suite {terms.name}{by}, with a margin of {100 * terms.margin:g} points: a contender that"
            f" loses less than that against {session.contenders[0].name} is good enough",
        )
        for remark in terms.not_supported:
            yield Fact(name="Not supported", text=remark.sentence())


def verdict_table(session: Session) -> Iterator[TablePart]:
    if session.verdicts:
        yield TablePart(
            title="Verdicts in figures",
            head=(
                *("Contender", "Verdict", "Cases", "Only the reference", "Only it"),
                *("Difference", "At least", "Margin", "Cases needed"),
            ),
            rows=tuple(map(_verdict, session.verdicts)),
            note="How many cases only the one of both passes. Differences are in points of passed cases"
            f" against {session.verdicts[0].reference}.",
        )


def score_part(score: CaseScore) -> ScorePart:
    lines = [score.reason] if score.reason else []
    lines.extend(_check(check) for check in score.checks)
    return ScorePart(mark=_MARKS[score.passed], passed=score.passed, checks=tuple(lines))


def _passed(found: Standing) -> Cell:
    if found.pass_rate is None:
        return Cell()
    detail = f"n = {found.scored:,}"
    if found.low is not None and found.high is not None:
        detail = f"{100 * found.low:.0f} to {100 * found.high:.0f} %, {detail}"
    return Cell(
        text=f"{100 * found.pass_rate:.1f} %",
        detail=detail,
        value=found.pass_rate,
        low=found.low,
        high=found.high,
    )


def _verdict(verdict: Verdict) -> tuple[str, ...]:
    return (
        verdict.contender,
        outcome_words(verdict),
        f"{verdict.n:,}",
        f"{verdict.b:,}",
        f"{verdict.c:,}",
        _points(verdict.difference),
        _points(told_lower_bound(verdict)),
        f"{100 * verdict.margin:g}",
        NONE if verdict.cases_needed is None else f"{verdict.cases_needed:,}",
    )


def _points(fraction: float | None) -> str:
    return NONE if fraction is None else f"{100 * fraction:+.1f}".replace("+0.0", "0.0")


def _check(check: CheckResult) -> str:
    found = ", ".join(f"“{span.text}”" for span in check.evidence[:_MOST_SPANS])
    return " ".join(
        part
        for part in (
            f"{_MARKS[check.passed]}: {check.label or check.check}.",
            check.reason,
            f"Found {found}." if found else "",
            f"Overruled: {check.overruled}" if check.overruled else "",
        )
        if part
    )
