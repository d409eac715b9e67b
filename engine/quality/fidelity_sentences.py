"""A fidelity document in words, the same on the command line and in the window."""

from __future__ import annotations

import math
from typing import Final

from engine.contract import Estimate, Fidelity, FidelityDocument, OtherTokenizer
from engine.wording import count

CAVEAT: Final = (
    "These figures say how far a model is from the reference, not which of the two is better. "
    "Use them to sort out; decide with cases of your own."
)


FEW_CLUSTERS: Final = 10
"""From fewer, the standard error with clusters is itself so uncertain that it can come out far too small:
59.3 ± 0.5 from 3 chunks whose tokens alone left ± 3.6.
"""


def error_of(estimate: Estimate) -> float | None:
    """The larger ±, of single tokens or with chunks as clusters."""
    known = [
        error for error in (estimate.plus_minus, estimate.clustered_plus_minus) if error is not None
    ]
    return max(known, default=None)


def error_sentence(document: FidelityDocument) -> str:
    """What ± is."""
    clusters = _clusters(document)
    return f"± is the larger of two standard errors: of single tokens, and with {clusters} as clusters."


def _clusters(document: FidelityDocument) -> str:
    return "replies" if document.scored == "replies" else "chunks"


def with_error(estimate: Estimate, unit: str = "", most_decimals: int = 5) -> str:
    """The value to the digits that its ± lets stand: 0.0313 ± 0.0012."""
    error = error_of(estimate)
    if error is None or not 0 < error < math.inf:
        return plain(estimate.value) + unit
    if max(error, abs(estimate.value) / 100) < 10.0**-most_decimals and not unit:
        return f"{estimate.value:.1e} ± {error:.1e}"
    decimals = max(0, min(most_decimals, 1 - math.floor(math.log10(error))))
    return f"{estimate.value:.{decimals}f} ± {error:.{decimals}f}{unit}"


def plain(value: float) -> str:
    return "0" if value == 0 else f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.1e}"


def scope_sentence(document: FidelityDocument) -> str:
    """What was measured, and whether that was all of it."""
    tokens = count(document.scored_tokens, "token")
    if document.scored == "replies":
        where = f"{tokens} of {count(document.chunks, 'reply')} scored"
    else:
        where = f"{tokens} scored in {count(document.chunks, 'chunk')} of {document.n_ctx}"
    scope = (
        f"{document.text.name}: {where}. Reference: {document.reference.name}, "
        f"perplexity {with_error(document.reference.ppl)}."
    )
    return scope if document.stopped is None else f"{scope} Ended early: {document.stopped}."


def sentences(document: FidelityDocument) -> tuple[str, ...]:
    """One a candidate, for who does not read the figures."""
    return tuple(_sentence(each, document) for each in document.candidates)


def noise_sentence(document: FidelityDocument) -> str:
    floor = document.noise_floor
    if floor is None:
        return (
            "What rounding alone does was not measured, so even a tiny figure may be real or not."
        )
    return (
        f"Noise floor: {document.reference.name} against itself in batches of {floor.n_batch} differs by a "
        f"mean KLD of {plain(floor.mean_kld)} and picks the same token in "
        f"{floor.same_top_percent:.1f} % of places. A difference no larger than that is called none."
    )


def remarks(document: FidelityDocument) -> tuple[str, ...]:
    """What else has to be known."""
    told = []
    if document.chunks < FEW_CLUSTERS:
        told.append(
            f"With fewer than {FEW_CLUSTERS} {_clusters(document)} every ± is rough, and may be too small."
        )
    told += [f"Left out: prompt {each.case}. {each.reason}" for each in document.left_out]
    reasoned = sum(each.reasoned for each in document.replies)
    if reasoned:
        told.append(
            f"The reasoning before {count(reasoned, 'reply')} was left out, so "
            f"{'its' if reasoned == 1 else 'their'} first tokens may differ for that alone."
        )
    return tuple(told)


def _sentence(candidate: Fidelity | OtherTokenizer, document: FidelityDocument) -> str:
    name, reference = candidate.name, document.reference.name
    if isinstance(candidate, OtherTokenizer):
        what = "these replies" if document.scored == "replies" else "this text"
        mine, theirs = candidate.bits_per_byte, candidate.bits_per_byte_base
        return (
            f"{name} cuts text into other tokens than {reference}, so single tokens cannot be compared. "
            f"It needs {with_error(mine)} bits for a byte of {what}, {reference} {with_error(theirs)}; "
            "fewer is better."
        )
    if candidate.within_noise:
        return (
            f"{name} shows no difference from {reference}: what was measured is no more than rounding "
            "alone does on this machine."
        )
    same = candidate.same_top_percent.value
    places = "places of the replies" if document.scored == "replies" else "places"
    return (
        f"{name} would write the same next token as {reference} in {same:.1f} of 100 {places}. "
        f"{_predicts(candidate, document)}"
    )


def _predicts(candidate: Fidelity, document: FidelityDocument) -> str:
    ratio, error = candidate.ppl_ratio.value, error_of(candidate.ppl_ratio)
    replies = document.scored == "replies"
    what, enough = ("those replies", "these replies") if replies else ("the text", "this text")
    if error is None or abs(ratio - 1.0) <= 2.0 * error:
        return f"It predicts {what} about as well, as far as {enough} can tell."
    share = abs(ratio - 1.0) * 100.0
    word = "worse" if ratio > 1.0 else "better"
    return f"It predicts {what} {share:.1f} % {word} than the reference (perplexity)."
