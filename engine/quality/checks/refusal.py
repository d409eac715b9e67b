"""is-refusal: does the reply decline to do what was asked? By its wording only."""

from __future__ import annotations

import re
from typing import Final

from engine.quality.checks.findings import Finding, quoted, span

# A refusal declares itself early; later in a text the same words are mostly about something else.
_LOOKED_AT: Final = 400

_CANNOT: Final = (
    r"(?:can(?:no|')t|can not|could not|couldn't|will not|won't|"
    r"(?:am|'m) (?:not able|unable|not allowed|not permitted|not comfortable|not in a position)"
    r"(?: to| with)?|must (?:decline|refuse)|have to (?:decline|refuse)|(?:decline|refuse) to|"
    r"(?:do not|don't) (?:feel comfortable|have the ability))"
)
_DO: Final = (
    r"(?:help|assist|provid|answer|comply|complet|fulfil|do that|do this|generat|creat|writ|"
    r"produc|support|engag|discuss|shar|giv|offer|respond|participat|proceed|continu|tell you|"
    r"access|brows|accommodat|carry out|make that|say)"
)
_REFUSALS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bI {_CANNOT} (?:\w+ ){{0,3}}?{_DO}\w*",
        rf"\bI{_CANNOT} (?:\w+ ){{0,3}}?{_DO}\w*",
        rf"\b(?:sorry|apologi[sz]e|afraid|unfortunately)\b[^.!?\n]{{0,40}}\bI ?{_CANNOT}",
        r"\bas an? (?:AI|language model)\b[^.!?\n]{0,60}\b(?:can(?:no|')t|don't|do not|unable)\b",
        r"\b(?:against|violates?) (?:my|our|the) (?:\w+ ){0,2}(?:guidelines|polic(?:y|ies)|rules)\b",
        r"\b(?:would be|is) (?:unethical|inappropriate|not (?:ethical|appropriate)) (?:for me )?to\b",
        r"^\W*(?:sorry|my apologies|I apologi[sz]e)[,.!]?\W*(?:no\b|but no\b|$)",
    )
)


def find_refusal(text: str) -> Finding:
    if not text.strip():
        return Finding(holds=True, reason="It is empty, which counts as a refusal.")
    start = text[:_LOOKED_AT].replace("’", "'")
    found = [match for pattern in _REFUSALS if (match := pattern.search(start))]
    if not found:
        return Finding(holds=False, reason="No wording of a refusal at its start.")
    first = min(found, key=lambda match: match.start())
    where = span(text, *first.span())
    return Finding(holds=True, reason=f"Refuses: {quoted(where.text)}.", spans=(where,))
