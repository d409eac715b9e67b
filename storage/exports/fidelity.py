"""A fidelity document for reports: its main figures, its sentences, and all of it in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from engine.contract import Estimate, Fidelity, FidelityDocument, OtherTokenizer, Session
from engine.naming import short_names
from engine.quality.fidelity_sentences import (
    CAVEAT,
    error_of,
    error_sentence,
    noise_sentence,
    plain,
    remarks,
    scope_sentence,
    sentences,
    with_error,
)
from engine.wording import NONE
from storage.exports.figures import Cell, Column
from storage.exports.settings import Fact
from storage.exports.tables import TablePart

_MOST_REPLIES: Final = 10
_Candidate = Fidelity | OtherTokenizer


def fidelity_columns(session: Session) -> Iterator[Column]:
    document = session.fidelity
    if document is None:
        return
    by_name = {candidate.name: candidate for candidate in document.candidates}
    for key, title, explained, better, estimate in _MEASURES:
        unit = " %" if key == "same_top_percent" else ""
        cells = tuple(
            _cell(document, by_name, contender.name, estimate, unit)
            for contender in session.contenders
        )
        if any(cell.value is not None for cell in cells):
            yield Column(key=key, title=title, explained=explained, better=better, cells=cells)


def fidelity_findings(session: Session) -> tuple[str, ...]:
    return sentences(session.fidelity) if session.fidelity else ()


def fidelity_facts(session: Session) -> Iterator[Fact]:
    document = session.fidelity
    if document is not None:
        yield Fact(name="Text", text=scope_sentence(document))
        yield Fact(name="Noise", text=noise_sentence(document))
        for remark in remarks(document):
            yield Fact(name="Note", text=remark)
        yield Fact(name="What it tells", text=CAVEAT)


def fidelity_tables(session: Session) -> Iterator[TablePart]:
    document = session.fidelity
    same = [each for each in document.candidates if isinstance(each, Fidelity)] if document else []
    if not same or document is None:
        return
    yield TablePart(
        title="Fidelity in full",
        head=("Figure", *short_names([each.name for each in same])),
        rows=tuple(
            (_words(field.encode_name), *(_told(getattr(each, field.name)) for each in same))
            for field in msgspec.structs.fields(Fidelity)
            if field.name not in {"name", "within_noise", "replies"}
        ),
        note=f"{error_sentence(document)} KLD in nats.",
    )
    for each in same:
        if each.replies:
            yield _worst(each, document)


def _worst(candidate: Fidelity, document: FidelityDocument) -> TablePart:
    prompts = {reply.case: reply.prompt for reply in document.replies}
    ordered = sorted(candidate.replies, key=lambda each: -each.worst.kld)[:_MOST_REPLIES]
    return TablePart(
        title=f"Where {candidate.name} is furthest from the replies",
        head=(
            "Prompt",
            "Same top token",
            "Mean KLD",
            "Its worst token",
            "Probability there",
            "Likeliest",
        ),
        rows=tuple(
            (
                " ".join(prompts.get(each.case, each.case).split())[:160],
                f"{each.same_top_percent:.1f} %",
                plain(each.mean_kld),
                f"{each.worst.text!r} ({each.worst.token + 1})",
                f"{100 * each.worst.probability:.0f} → {100 * each.worst.candidate_probability:.0f} %",
                repr(each.worst.instead),
            )
            for each in ordered
        ),
    )


def _cell(
    document: FidelityDocument,
    by_name: dict[str, _Candidate],
    name: str,
    estimate: Callable[[_Candidate], Estimate | None],
    unit: str,
) -> Cell:
    candidate = by_name.get(name)
    if candidate is None:
        return Cell(text="reference") if name == document.reference.name else Cell()
    found = estimate(candidate)
    if found is None:
        return Cell(detail="other tokens")
    error = error_of(found) or 0.0
    return Cell(
        text=with_error(found, unit),
        value=found.value,
        low=found.value - error if error else None,
        high=found.value + error if error else None,
    )


def _of_tokens(field: str) -> Callable[[_Candidate], Estimate | None]:
    def get(candidate: _Candidate) -> Estimate | None:
        return getattr(candidate, field) if isinstance(candidate, Fidelity) else None

    return get


def _bits(candidate: _Candidate) -> Estimate | None:
    return candidate.bits_per_byte if isinstance(candidate, OtherTokenizer) else None


def _words(field: str) -> str:
    words = field.replace("_", " ").replace("kld", "KLD").replace("ppl", "perplexity")
    return words.replace(" percent", ", %")


def _told(value: Estimate | float | None) -> str:
    if isinstance(value, Estimate):
        return with_error(value)
    return NONE if value is None else plain(value)


_MEASURES: Final = (
    (
        "same_top_percent",
        "Same next token",
        "percent of places where the candidate would write what the reference would",
        "higher",
        _of_tokens("same_top_percent"),
    ),
    (
        "mean_kld",
        "Mean KL divergence",
        "how far its probabilities are from the reference's, in nats a token",
        "lower",
        _of_tokens("mean_kld"),
    ),
    (
        "ppl_ratio",
        "Perplexity ratio",
        "its perplexity on the text over the reference's; 1 is no difference",
        "lower",
        _of_tokens("ppl_ratio"),
    ),
    (
        "bits_per_byte",
        "Bits a byte",
        "how many bits it needs for a byte of the text, of models that cut text into other tokens",
        "lower",
        _bits,
    ),
)
