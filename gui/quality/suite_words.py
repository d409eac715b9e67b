"""What a suite run found, as badges, rows and text. Imported with the first result only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from engine.contract import Case, CaseScore, CheckResult, Contender, Outcome, Reply, Verdict
from engine.naming import short_names
from engine.quality.choices import choice_words
from engine.quality.scores import overruled_checks
from engine.quality.sentences import told_lower_bound, told_upper_bound
from engine.quality.standings import Standing
from gui.figures import count
from gui.quality.figures_table import Cell, Column, named
from gui.quality.suite_work import SuiteFound
from gui.widgets.labels import Mood
from gui.word_diff import Span, foreign_spans, in_utf16

OUTCOMES: Final[dict[Outcome, tuple[str, Mood]]] = {
    "better": ("better", "good"),
    "non-inferior": ("good enough", "good"),
    "worse": ("worse", "error"),
    "undecided": ("undecided", "warning"),
}
STANDING_COLUMNS: Final = (
    Column("Model", is_text=True),
    Column("Passed"),
    Column("95 % interval"),
    Column("Cases"),
)
CASES_SHOWN: Final = {
    "differing": "those that came out differently",
    "replies": "those with other replies",
    "failed": "those that some model fails",
    "untold": "those without a score",
    "overruled": "those overruled by hand",
    "all": "all cases",
}
"""What the list of cases can hold, and its words."""
_MARKS: Final = {True: "passed", False: "failed", None: "not told"}
_MOST_CHARACTERS: Final = 4000
_BETWEEN: Final = "\n\n"


def badge(verdict: Verdict) -> tuple[str, Mood]:
    """The outcome in a word or two, with how many more cases would settle it."""
    words, mood = OUTCOMES[verdict.outcome]
    if verdict.outcome == "undecided" and verdict.cases_missing:
        words = f"not enough cases: about {verdict.cases_missing:,} more"
    return words, mood


def verdict_figures(verdict: Verdict) -> list[tuple[str, str]]:
    rows = [
        ("Cases", str(verdict.n)),
        ("Only the reference passes", str(verdict.b)),
        ("Only this one passes", str(verdict.c)),
        ("Difference", _points(verdict.difference)),
        (f"Lower bound, {_percent(verdict.confidence)}", _points(told_lower_bound(verdict))),
        ("Margin", f"−{verdict.margin * 100:g} points"),
    ]
    if verdict.outcome == "worse" and not verdict.vetoed_by:
        # It is the upper one that says so, and the lower one says no more.
        upper = f"Upper bound, {_percent(verdict.upper_confidence)}"
        rows[-2] = (upper, _points(told_upper_bound(verdict)))
    if verdict.flip_rate is not None:
        rows.insert(3, ("Came out differently", f"{verdict.flip_rate * 100:.1f} %"))
    return rows


def standing_rows(standings: Sequence[Standing]) -> list[list[Cell]]:
    return [_standing(each) for each in standings]


def cases_shown(found: SuiteFound, which: str) -> list[Case]:
    """which: a key of CASES_SHOWN."""
    scores: dict[str, list[CaseScore]] = {}
    for score in found.assessment.scores:
        scores.setdefault(score.case, []).append(score)
    if which == "replies":
        other = _with_other_replies(found)
        return [case for case in found.suite.cases if case.id in other]
    return [case for case in found.suite.cases if _belongs(which, scores.get(case.id, []))]


def _with_other_replies(found: SuiteFound) -> set[str]:
    """The cases to which some contender replied other words than the reference did."""
    words = {(each.contender, each.case, each.repeat): each.text.split() for each in found.replies}
    first = found.contenders[0].name
    return {
        case
        for (_, case, repeat), own in words.items()
        if own != words.get((first, case, repeat), own)
    }


def _belongs(which: str, scores: Sequence[CaseScore]) -> bool:
    match which:
        case "differing":
            by_contender: dict[str, list[bool | None]] = {}
            for score in scores:
                by_contender.setdefault(score.contender, []).append(score.passed)
            return len({tuple(sorted(map(str, each))) for each in by_contender.values()}) > 1
        case "failed":
            return any(score.passed is False for score in scores)
        case "untold":
            return not scores or any(score.passed is None for score in scores)
        case "overruled":
            return overruled_checks(scores) > 0
        case _:
            return True


def short_titles(contenders: Sequence[Contender]) -> list[str]:
    """What tells the contenders apart, or at least the ends of that."""
    return [named(name, 14).title for name in short_names([each.name for each in contenders])]


def case_columns(contenders: Sequence[Contender]) -> list[Column]:
    titles = zip(short_titles(contenders), contenders, strict=True)
    return [Column("Case", is_text=True), *(Column(title, each.name) for title, each in titles)]


def scores_of(found: SuiteFound, case: str) -> list[CaseScore]:
    """Those that have checks to be overruled."""
    return [score for score in found.assessment.scores if score.case == case and score.checks]


def case_rows(found: SuiteFound, cases: Sequence[Case]) -> list[list[Cell]]:
    scores = _by_place(found)
    rows = []
    for case in cases:
        question = " ".join(case.messages[-1].content.split())
        critical = "critical · " if case.critical else ""
        marks = [_mark(scores.get((each.name, case.id), [])) for each in found.contenders]
        rows.append([Cell(f"{critical}{question}", hint=case.id), *map(Cell, marks)])
    return rows


class Evidence(NamedTuple):
    """What is shown of a case, and where in it a candidate's words are not the reference's."""

    text: str
    differing: list[Span]


def evidence(found: SuiteFound, case: Case) -> Evidence:
    """The case, and what each contender replied with what each check found there."""
    replies = {(each.contender, each.case, each.repeat): each for each in found.replies}
    scores = _by_place(found)
    parts = [f"Case {case.id}", case.messages[-1].content.strip()]
    differing: list[Span] = []
    if case.answers:
        parts.append("Expected: " + " / ".join(case.answers))
    for each in found.contenders:
        own = scores.get((each.name, case.id), [])
        for score in own:
            reply = replies.get((score.contender, score.case, score.repeat))
            if reply is not None:
                repeat = f", repeat {score.repeat + 1}" if len(own) > 1 else ""
                head = f"{each.name}{repeat}: {_MARKS[score.passed]}\n"
                start = sum(len(part) + len(_BETWEEN) for part in parts) + len(head)
                reference = replies.get((found.contenders[0].name, score.case, score.repeat))
                differing += [
                    (start + begin, start + end) for begin, end in _differing(reference, reply)
                ]
                parts.append(head + _evidence(score, reply))
    text = _BETWEEN.join(parts)
    return Evidence(text, in_utf16(text, differing))


def _differing(reference: Reply | None, reply: Reply) -> list[Span]:
    if (
        reference is None
        or reference is reply
        or not (reference.text.strip() and reply.text.strip())
    ):
        return []
    return foreign_spans(_shown(reference), _shown(reply))


def _shown(reply: Reply) -> str:
    text = reply.text.strip() or f"(no text: {reply.error or reply.finish_reason})"
    # Where a widget makes one line end of two characters, places in the text would no longer hold.
    return text.replace("\r\n", "\n")[:_MOST_CHARACTERS]


def _evidence(score: CaseScore, reply: Reply) -> str:
    lines = [_shown(reply)]
    if score.reason:
        lines.append(score.reason)
    lines.extend(_check(check) for check in score.checks)
    return "\n".join(lines)


def _mark(scores: Sequence[CaseScore]) -> str:
    if not scores:
        return "–"
    if len(scores) == 1:
        return _MARKS[scores[0].passed]
    return f"{sum(score.passed is True for score in scores)} of {len(scores)} passed"


def remarks(found: SuiteFound) -> list[str]:
    """What the user has to know beside the verdicts: stopped, not supported, not told."""
    lines = []
    if found.unfinished:
        lines.append("The run was stopped: this is what was found until then.")
    lines.extend(found.notices)
    lines.extend(remark.sentence() for remark in found.suite.not_supported)
    for each in found.contenders:
        own = [score for score in found.assessment.scores if score.contender == each.name]
        choices = choice_words(own)
        if choices:
            lines.append(f"{each.name}, multiple choice: {choices}")
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
    """With the replies, which are nowhere else where the history did not take them."""
    document = {
        "suite": found.suite.name,
        "margin": found.terms.margin,
        "judged_by": found.terms.judged_by,
        "choice_metric": found.terms.metric,
        "stopped": found.unfinished,
        "contenders": found.contenders,
        "cases": found.suite.cases,
        "replies": found.replies,
        "found": found.assessment,
        "trade_off": found.trade_off,
    }
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


def _by_place(found: SuiteFound) -> dict[tuple[str, str], list[CaseScore]]:
    """The repeats by contender and case."""
    places: dict[tuple[str, str], list[CaseScore]] = {}
    for score in sorted(found.assessment.scores, key=lambda each: each.repeat):
        places.setdefault((score.contender, score.case), []).append(score)
    return places


def _points(fraction: float | None) -> str:
    if fraction is None:
        return "not known"
    value = round(fraction * 100, 1)
    return f"{value:+g} points".replace("-", "−") if value else "0 points"


def _percent(fraction: float) -> str:
    """Rounded down, as the sentence beside it does: no more confidence than there is."""
    return f"{math.floor(fraction * 1000 + 1e-6) / 10:g} %"
