"""Which words of a text another text does not have in that order."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

Span = tuple[int, int]
"""Start and end in the text, in characters."""

_WORD: Final = re.compile(r"\S+")


def foreign_spans(reference: str, text: str) -> list[Span]:
    """Runs of words that `text` has and `reference` lacks, and white space that differs between others."""
    theirs = list(_WORD.finditer(reference))
    ours = list(_WORD.finditer(text))
    pairs = _pairs([word.group() for word in theirs], [word.group() for word in ours])
    matched = dict(pairs)
    spans = [word.span() for place, word in enumerate(ours) if place not in matched]
    for place in range(1, len(ours)):
        before, after = matched.get(place - 1), matched.get(place)
        gap = (ours[place - 1].end(), ours[place].start())
        if before is None and after is None:
            spans.append(gap)
        elif before is not None and after == before + 1:
            their_gap = reference[theirs[before].end() : theirs[after].start()]
            if text[gap[0] : gap[1]] != their_gap:
                spans.append(gap)
    return _joined(sorted(spans))


def in_utf16(text: str, spans: list[Span]) -> list[Span]:
    """The same spans as Qt counts them, where a character beyond the first plane is two."""
    if text.isascii() or max(text) <= "\uffff":
        return spans
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if char > "\uffff" else 1))
    return [(places[start], places[end]) for start, end in spans]


def _pairs(reference: list[str], words: list[str]) -> list[tuple[int, int]]:
    """(place in words, place in reference) of a longest common subsequence.

    Bit-parallel (Hyyrö, Bit-parallel LCS-length computation revisited, 2004): difflib takes many seconds for
    two replies that go round in circles, as those of small models do.
    """
    where: dict[str, int] = {}
    for place, word in enumerate(reference):
        where[word] = where.get(word, 0) | 1 << place
    every = (1 << len(reference)) - 1
    row = every
    rows = [row]
    for word in words:
        hits = row & where.get(word, 0)
        row = ((row + hits) | (row - hits)) & every
        rows.append(row)
    pairs = []
    theirs, ours = len(reference), len(words)
    while theirs and ours:
        bit = 1 << (theirs - 1)
        if rows[ours] & bit:
            theirs -= 1
        elif not rows[ours - 1] & bit:
            ours -= 1
        else:
            theirs, ours = theirs - 1, ours - 1
            pairs.append((ours, theirs))
    return pairs[::-1]


def _joined(spans: list[Span]) -> list[Span]:
    if not spans:
        return []
    made = [spans[0]]
    for (_, end), span in pairwise(spans):
        if span[0] == end:
            made[-1] = (made[-1][0], span[1])
        else:
            made.append(span)
    return made
