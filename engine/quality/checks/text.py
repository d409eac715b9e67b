"""equals, contains, starts-with and their kin."""

from __future__ import annotations

from itertools import accumulate

from engine.contract import Span
from engine.contract.checks import ListCheck, TextCheck
from engine.quality.checks.findings import MOST_SPANS, Finding, quoted, span


def find_text(check: TextCheck, text: str) -> Finding:
    if check.type == "equals":
        return _equals(check.value, text)
    if check.type == "starts-with":
        return _starts_with(check.value, text)
    spans = occurrences(check.value, text, ignore_case=check.type == "icontains")
    reason = f"Contains {quoted(check.value)}." if spans else f"{quoted(check.value)} is not in it."
    return Finding(holds=bool(spans), reason=reason, spans=spans)


def find_list(check: ListCheck, text: str) -> Finding:
    ignore_case = check.type.startswith("i")
    found = {value: occurrences(value, text, ignore_case=ignore_case) for value in check.values}
    missing = [value for value, spans in found.items() if not spans]
    spans = tuple(s for each in found.values() for s in each[:1])[:MOST_SPANS]
    if check.type.endswith("all"):
        reason = f"Not in it: {', '.join(map(quoted, missing))}." if missing else "Contains all."
        return Finding(holds=not missing, reason=reason, spans=spans)
    if not spans:
        return Finding(holds=False, reason=f"Contains none of {', '.join(map(quoted, missing))}.")
    there = next(value for value, each in found.items() if each)
    return Finding(holds=True, reason=f"Contains {quoted(there)}.", spans=spans)


def occurrences(value: str, text: str, *, ignore_case: bool = False) -> tuple[Span, ...]:
    """The places of a value in the text, without overlap."""
    if not ignore_case:
        starts = _starts(value, text)
        return tuple(span(text, start, start + len(value)) for start in starts)
    lowered = [character.lower() for character in text]
    small, sought = "".join(lowered), value.lower()
    # Lower case can be longer (İ), so that places in it have to be led back.
    origin = dict(zip(accumulate(map(len, lowered), initial=0), range(len(text) + 1), strict=True))
    places = [
        (origin.get(start), origin.get(start + len(sought))) for start in _starts(sought, small)
    ]
    return tuple(
        span(text, start, end) for start, end in places if start is not None and end is not None
    )


def _starts(value: str, text: str) -> list[int]:
    starts: list[int] = []
    place = text.find(value) if value else -1
    while place >= 0 and len(starts) < MOST_SPANS:
        starts.append(place)
        place = text.find(value, place + len(value))
    return starts


def _equals(value: str, text: str) -> Finding:
    if text == value:
        return Finding(holds=True, reason="Equals the value.", spans=(span(text, 0, len(text)),))
    start = next(
        (i for i, (a, b) in enumerate(zip(text, value, strict=False)) if a != b),
        min(len(text), len(value)),
    )
    there = quoted(text[start : start + 20]) if start < len(text) else "the end"
    wanted = quoted(value[start : start + 20]) if start < len(value) else "the end"
    return Finding(
        holds=False,
        reason=f"Differs from character {start + 1}: {there} instead of {wanted}.",
        spans=(span(text, start, len(text)),),
    )


def _starts_with(value: str, text: str) -> Finding:
    if text.startswith(value):
        here = span(text, 0, len(value))
        return Finding(holds=True, reason=f"Starts with {quoted(value)}.", spans=(here,))
    start = text[: len(value)]
    return Finding(
        holds=False,
        reason=f"Starts with {quoted(start)}." if start else "It is empty.",
        spans=(span(text, 0, len(start)),),
    )
