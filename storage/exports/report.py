"""A session as a report: the question, the answer in short, the figures, and how they came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

import msgspec

from engine.contract import Case, CaseScore, Message, ModelFile, Reply, Session
from engine.energy.typical import all_with_pooled_energy
from engine.energy.wording import energy_line, energy_text
from engine.wording import count, rate, seconds
from storage.exports.energy import energies, is_told
from storage.exports.fidelity import (
    fidelity_columns,
    fidelity_facts,
    fidelity_findings,
    fidelity_tables,
)
from storage.exports.figures import Column, columns
from storage.exports.findings import findings
from storage.exports.quality import (
    ScorePart,
    quality_columns,
    quality_facts,
    quality_findings,
    score_part,
    verdict_table,
)
from storage.exports.settings import Fact, how_it_was_measured
from storage.exports.speeds import speed_columns
from storage.exports.tables import TablePart
from storage.exports.trade_off import Weighed, trade_off_findings, weighed
from storage.exports.wording import ENDINGS, joined, moment

_KINDS: Final = {
    "compare": "Comparison",
    "bench": "Benchmark",
    "fidelity": "Fidelity",
    "suite": "Suite of cases",
}


class ContenderLine(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    model: str


class ReplyPart(msgspec.Struct, frozen=True, kw_only=True):
    """position: of the contender among all. figures: the quiet line. error: why it failed, if it did.

    score: of a suite.

    n_same: how many later repeats said word for word the same, and are not shown again.
    """

    contender: str
    position: int
    repeat: int
    n_same: int
    text: str
    reasoning: str
    error: str | None
    figures: str
    score: ScorePart | None = None


class CasePart(msgspec.Struct, frozen=True, kw_only=True):
    """rounds: the replies side by side, one round for each repeat that brought something new.

    about: what the case's author says of it. differs: whether some replies pass and others do not.
    """

    name: str
    about: str
    differs: bool
    messages: tuple[Message, ...]
    rounds: tuple[tuple[ReplyPart, ...], ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """columns hold one cell for each of the contenders, in the same order."""

    id: str
    title: str
    about: str
    notes: str
    question: str
    findings: tuple[str, ...]
    contenders: tuple[ContenderLine, ...]
    columns: tuple[Column, ...]
    weighed: tuple[Weighed, ...]
    tables: tuple[TablePart, ...]
    cases: tuple[CasePart, ...]
    measured: tuple[Fact, ...]


def report(session: Session) -> Report:
    taken = energies(session)
    session = msgspec.structs.replace(session, replies=all_with_pooled_energy(session.replies))
    figures = (
        *quality_columns(session),
        *fidelity_columns(session),
        *speed_columns(session),
        *columns(session),
    )
    traded = weighed(session)
    names = [contender.name for contender in session.contenders]
    return Report(
        id=session.id,
        title=session.title,
        about=f"{_KINDS[session.kind]} of {moment(session.created)}",
        notes=session.notes,
        question=_question(session),
        findings=(
            *quality_findings(session),
            *fidelity_findings(session),
            *trade_off_findings([each for each in traded if is_told(each, taken, names)], names),
            *findings(session, figures, taken),
        ),
        contenders=tuple(
            ContenderLine(name=contender.name, model=_model(contender.model))
            for contender in session.contenders
        ),
        columns=figures,
        weighed=traded,
        tables=(*verdict_table(session), *fidelity_tables(session)),
        cases=tuple(_cases(session)),
        measured=(
            *quality_facts(session),
            *fidelity_facts(session),
            *how_it_was_measured(session, figures),
        ),
    )


def _question(session: Session) -> str:
    match session.kind:
        case "fidelity" if session.contenders:
            reference, *others = (contender.name for contender in session.contenders)
            who = joined(others) or "No candidate"
            return f"How far from {reference} is what others predict? Asked of: {who}."
        case "bench":
            who = count(len(session.contenders), "contender")
            return f"How fast do these models read and write? Asked of {who}."
        case "suite" if len(session.contenders) > 1:
            reference, *others = (contender.name for contender in session.contenders)
            cases = count(len(session.cases), "case")
            return f"On {cases}, is one of these as good as {reference}: {joined(others)}?"
        case _:
            return _asked(session)


def _asked(session: Session) -> str:
    contenders = count(len(session.contenders), "contender")
    prompts = "one prompt" if len(session.cases) == 1 else f"{len(session.cases):,} prompts"
    times = "" if session.repeats == 1 else f", {session.repeats:,} times each"
    who = f"{contenders} were" if len(session.contenders) != 1 else "One contender was"
    return f"{who} given {prompts}{times}. What does each reply, and what does it take?"


def _model(model: ModelFile) -> str:
    words = [model.architecture, model.quantization]
    if model.bits_per_weight is not None:
        words.append(f"{model.bits_per_weight:.2f} bits a weight")
    return " · ".join(word for word in words if word)


def _cases(session: Session) -> Iterator[CasePart]:
    positions = {contender.name: i for i, contender in enumerate(session.contenders)}
    scores = {(each.contender, each.case, each.repeat): each for each in session.scores}
    by_case: dict[str, list[Reply]] = {case.id: [] for case in session.cases}
    for reply in session.replies:
        by_case[reply.case].append(reply)
    for case in session.cases:
        replies = sorted(by_case[case.id], key=lambda r: (r.repeat, positions[r.contender]))
        if replies:
            marks = {
                scores[place].passed
                for place in ((r.contender, r.case, r.repeat) for r in replies)
                if place in scores
            }
            yield CasePart(
                name=_name(case) if len(session.cases) > 1 else "Replies",
                about=_about(case),
                differs={True, False} <= marks,
                messages=case.messages,
                rounds=tuple(_rounds(replies, positions, scores)),
            )


def _name(case: Case) -> str:
    """Cases of a comparison are only numbered."""
    return f"Prompt {case.id}" if case.id.isdecimal() else case.id


def _about(case: Case) -> str:
    told = [case.description or "", "critical" if case.critical else ""]
    if case.answers:
        told.append("expected: " + " / ".join(case.answers))
    elif case.right is not None and 0 <= case.right < len(case.continuations):
        told.append(f"expected: {case.continuations[case.right].strip()}")
    return " · ".join(words for words in told if words)


_Scores = dict[tuple[str, str, int], CaseScore]


def _rounds(
    replies: list[Reply], positions: dict[str, int], scores: _Scores
) -> Iterator[tuple[ReplyPart, ...]]:
    said = Counter(map(_said, replies))
    shown: set[tuple[str, ...]] = set()
    for _, repeats in groupby(replies, key=lambda reply: reply.repeat):
        new = []
        for reply in repeats:
            if _said(reply) not in shown:
                shown.add(_said(reply))
                score = scores.get((reply.contender, reply.case, reply.repeat))
                n_same = said[_said(reply)] - 1
                new.append(_reply(reply, positions[reply.contender], n_same, score))
        if new:
            yield tuple(new)


def _said(reply: Reply) -> tuple[str, ...]:
    return (reply.contender, reply.finish_reason, reply.reasoning, reply.text, reply.error or "")


def _reply(reply: Reply, position: int, n_same: int, score: CaseScore | None) -> ReplyPart:
    return ReplyPart(
        contender=reply.contender,
        position=position,
        repeat=reply.repeat,
        n_same=n_same,
        text=reply.text,
        reasoning=reply.reasoning,
        error=reply.error or ("It failed." if reply.finish_reason == "error" else None),
        figures=_figures(reply),
        score=score_part(score) if score else None,
    )


def _figures(reply: Reply) -> str:
    timing = reply.timing
    words = []
    if timing.generation_tokens_per_s is not None:
        words.append(rate(timing.generation_tokens_per_s))
    if timing.generated_tokens is not None:
        words.append(count(timing.generated_tokens, "token"))
    if timing.ttft_s is not None:
        words.append(f"{seconds(timing.ttft_s)} to first token")
    if timing.total_s is not None:
        words.append(f"{seconds(timing.total_s)} in all")
    if reply.energy.joules is not None or reply.energy.too_short:
        words.append(energy_text(reply.energy))
        words.append(energy_line(reply.energy))
    words.append(f"stop: {ENDINGS[reply.finish_reason]}")
    return " · ".join(word for word in words if word)
