"""Edit distance and overlap of words."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import numpy as np

from engine.contract.checks import SimilarityCheck
from engine.quality.checks.findings import Finding, quoted

# Some 0.1 s at the limit; a distance of texts this long is no use either.
MOST_CELLS: Final = 64_000_000

_WORD: Final = re.compile(r"\w+")


def find_similarity(check: SimilarityCheck, text: str) -> Finding:
    if check.type == "rouge-n":
        return _rouge(check, text)
    if len(text) * len(check.value) > MOST_CELLS:
        return Finding(holds=None, reason="The texts are too long for an edit distance.")
    distance = levenshtein(text, check.value)
    return Finding(
        holds=distance <= check.threshold,
        reason=f"{distance} edits from {quoted(check.value)}; allowed {check.threshold:g}.",
    )


def levenshtein(a: str, b: str) -> int:
    """The fewest insertions, deletions and replacements that make one text the other."""
    short, long = sorted((a, b), key=len)
    if not short:
        return len(long)
    letters = np.frombuffer(long.encode("utf-32-le"), np.uint32)
    places = np.arange(len(long) + 1)
    row = places.copy()
    for i, character in enumerate(short, 1):
        diagonal = row[:-1] + (letters != ord(character))
        row[1:] = np.minimum(row[1:] + 1, diagonal)
        row[0] = i
        # Insertions run along the row: min over j ≤ k of row[j] + k − j.
        row = np.minimum.accumulate(row - places) + places
    return int(row[-1])


def rouge_1(candidate: str, reference: str) -> float:
    """The share of the reference's words that the candidate has (ROUGE-N recall, n = 1; Lin
    2004)."""
    wanted = Counter(_WORD.findall(reference.lower()))
    if not wanted:
        return 0.0
    overlap = wanted & Counter(_WORD.findall(candidate.lower()))
    return overlap.total() / wanted.total()


def _rouge(check: SimilarityCheck, text: str) -> Finding:
    score = rouge_1(text, check.value)
    return Finding(
        holds=score >= check.threshold,
        score=score,
        reason=f"Has {score:.0%} of the value's words; wanted {check.threshold:.0%}.",
    )
