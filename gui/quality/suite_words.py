"""What a suite run found, as badges, rows and text. Imported with the first result only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from engine.contract import Case, CaseScore, CheckResult, Contender, Outcome, Verdict
from engine.quality.standings import Standing
from gui.figures import count
from gui.quality.figures_table import Cell, Column, named
from gui.quality.suite_work import SuiteFound
from gui.widgets.labels import Mood

OUTCOMES: Final[dict[Outcome, tuple[str, Mood]]] = {
    "better": ("better", "good"),
    "non-inferior": ("good enough", "good"),
    "worse": ("worse", "error"),
    "undecided": ("not enough cases", "warning"),
}
STANDING_COLUMNS: Final = (
    Column("Model", is_text=True),
    Column("Passed"),
    Column("95 % interval"),
    Column("Cases"),
)
_MARKS: Final = {True: "passed", False: "failed", None: "not told"}
_MOST_CHARACTERS: Final = 4000


def badge(verdict: Verdict) -> tuple[str, Mood]:
    """The outcome in a word or two, with how many more cases would settle it."""
    words, mood = OUTCOMES[verdict.outcome]
    if verdict.outcome == "undecided" and verdict.cases_missing:
        words = f"{words}: about {verdict.cases_missing} more"
    return words, mood


def verdict_figures(verdict: Verdict) -> list[tuple[str, str]]:
    rows = [
        ("Cases", str(verdict.n)),
        ("Only the reference passes", str(verdict.b)),
        ("Only this one passes", str(verdict.c)),
        ("Difference", _points(verdict.difference)),
        (f"Lower bound, {_percent(verdict.confidence)}", _points(verdict.lower_bound)),
        ("Margin", f"−{verdict.margin * 100:g} points"),
    ]
    if verdict.flip_rate is not None:
        rows.insert(3, ("Came out differently", f"{verdict.flip_rate * 100:.1f} %"))
    return rows


def standing_rows(standings: Sequence[Standing]) -> list[list[Cell]]:
    return [_standing(each) for each in standings]


def differing_cases(found: SuiteFound) -> list[Case]:
    """The cases that contenders do not all pass or all fail."""
    marks: dict[str, set[bool | None]] = {}
    for score in found.assessment.scores:
        marks.setdefault(score.case, set()).add(score.passed)
    return [case for case in found.suite.cases if len(marks.get(case.id, ())) > 1]


def short_titles(contenders: Sequence[Contender]) -> list[str]:
    """The quantizations where these tell the contenders apart, else the ends of their names."""
    kinds = [each.model.quantization or "" for each in contenders]
    if all(kinds) and len(set(kinds)) == len(kinds):
        return kinds
    return [named(each.name, 14).title for each in contenders]


def case_columns(contenders: Sequence[Contender]) -> list[Column]:
    titles = zip(short_titles(contenders), contenders, strict=True)
    return [Column("Case", is_text=True), *(Column(title, each.name) for title, each in titles)]


def scores_of(found: SuiteFound, case: str) -> list[CaseScore]:
    """Those that have checks to be overruled."""
    return [score for score in found.assessment.scores if score.case == case and score.checks]


def case_rows(
    found: SuiteFound, cases: Sequence[Case], contenders: Sequence[str]
) -> list[list[Cell]]:
    scores = _by_place(found)
    rows = []
    for case in cases:
        marks = [scores.get((name, case.id)) for name in contenders]
        question = " ".join(case.messages[-1].content.split())
        critical = "critical · " if case.critical else ""
        rows.append(
            [
                Cell(f"{critical}{question}", hint=case.id),
                *(Cell("–" if mark is None else _MARKS[mark.passed]) for mark in marks),
            ]
        )
    return rows


def evidence(found: SuiteFound, case: Case, contenders: Sequence[str]) -> str:
    """The case, and what each contender replied with what each check found there."""
    scores = _by_place(found)
    parts = [f"Case {case.id}", case.messages[-1].content.strip()]
    if case.answers:
        parts.append("Expected: " + " / ".join(case.answers))
    for name in contenders:
        score, reply = scores.get((name, case.id)), found.replies.get((name, case.id))
        if score is None or reply is None:
            continue
        text = reply.text.strip() or f"(no text: {reply.error or reply.finish_reason})"
        lines = [f"{name}: {_MARKS[score.passed]}", text[:_MOST_CHARACTERS]]
        if score.reason:
            lines.append(score.reason)
        lines.extend(_check(check) for check in score.checks)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def remarks(found: SuiteFound) -> list[str]:
    """What the user has to know beside the verdicts: stopped, not supported, not told."""
    lines = []
    if found.stopped:
        lines.append("The run was stopped: this is what was found until then.")
    lines.extend(found.notices)
    lines.extend(remark.sentence() for remark in found.suite.not_supported)
    for reason, times in found.assessment.checks_not_run.items():
        lines.append(f"Not told {count(times, 'time')}: {reason}")
    return lines


def as_text(found: SuiteFound) -> str:
    lines = [f"{found.suite.name}, {count(len(found.suite.cases), 'case')}", ""]
    lines.append("\t".join(column.title for column in STANDING_COLUMNS))
    lines.extend(
        "\t".join(cell.text for cell in row) for row in standing_rows(found.assessment.standings)
    )
    for verdict, sentence in zip(
        found.assessment.verdicts, found.assessment.sentences, strict=True
    ):
        lines += ["", f"{verdict.contender}: {badge(verdict)[0]}", sentence]
        lines += [f"{name}: {value}" for name, value in verdict_figures(verdict)]
    return "\n".join([*lines, "", *remarks(found)]) + "\n"


def as_json(found: SuiteFound) -> str:
    document = {"suite": found.suite.name, "stopped": found.stopped, "found": found.assessment}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _check(check: CheckResult) -> str:
    name = check.label or check.check
    found = ", ".join(f"“{span.text}” at {span.start}" for span in check.evidence[:3])
    tail = f" Found {found}." if found else ""
    overruled = f" Overruled: {check.overruled}" if check.overruled else ""
    return f"  {_MARKS[check.passed]}: {name}. {check.reason}{tail}{overruled}"


def _standing(standing: Standing) -> list[Cell]:
    rate, low, high = standing.pass_rate, standing.low, standing.high
    known = low is not None and high is not None
    return [
        Cell(standing.contender, hint=standing.contender),
        Cell("–" if rate is None else f"{rate * 100:.1f} %", rate),
        Cell(f"{(low or 0) * 100:.1f} to {(high or 0) * 100:.1f} %" if known else "–", low),
        Cell(f"{standing.scored} of {standing.cases}", standing.scored),
    ]


def _by_place(found: SuiteFound) -> dict[tuple[str, str], CaseScore]:
    """By contender and case, the first repeat."""
    return {(score.contender, score.case): score for score in reversed(found.assessment.scores)}


def _points(fraction: float | None) -> str:
    if fraction is None:
        return "not known"
    value = round(fraction * 100, 1)
    return f"{value:+g} points".replace("-", "−") if value else "0 points"


def _percent(fraction: float) -> str:
    """Rounded down, as the sentence beside it does: no more confidence than there is."""
    return f"{math.floor(fraction * 1000 + 1e-6) / 10:g} %"
