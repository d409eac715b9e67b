"""Regular expressions out of files, which nobody vouches for: bounded in size and in time.

The `regex` package stops a search at a time limit, which the standard library cannot. It unrolls
counted repeats while compiling, though, `a{9}{9}{9}` into 729 items, so that the size is bounded
beforehand.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import regex

from engine.contract.checks import RegexCheck
from engine.quality.checks.findings import MOST_SPANS, Finding, quoted, span

TIME_LIMIT_S: Final = 1.0
MOST_CHARACTERS: Final = 4_000
MOST_ITEMS: Final = 50_000
DEEPEST: Final = 50
# What a group costs beside its items, measured on nested {2}: 60 MB at the most items allowed.
_GROUP_ITEMS: Final = 20

# JavaScript writes \k<name> for what Python writes (?P=name).
_NAMED_REFERENCE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\k<(\w+)>")
_COUNT: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}|\{,(\d+)\}")


class PatternError(Exception):
    """A pattern that cannot be used, or that took too long."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The pattern ready to search; raises PatternError when it is broken or unreasonably large."""
    if len(pattern) > MOST_CHARACTERS:
        raise PatternError(f"it is longer than {MOST_CHARACTERS} characters")
    if _unrolled_size(pattern) > MOST_ITEMS:
        raise PatternError(f"its repeats unroll to more than {MOST_ITEMS} items")
    try:
        return regex.compile(_NAMED_REFERENCE.sub(r"\1(?P=\2)", pattern))
    except (regex.error, RecursionError, OverflowError) as e:
        raise PatternError(str(e)) from e


def matches(pattern: str, text: str) -> Iterator[Any]:
    """Matches from left to right, within the time limit for all of them; raises PatternError."""
    until = time.monotonic() + TIME_LIMIT_S
    # concurrent lets other threads of this process run meanwhile.
    found = compiled(pattern).finditer(text, timeout=TIME_LIMIT_S, concurrent=True)
    try:
        for match in found:
            yield match
            if time.monotonic() > until:
                raise TimeoutError
    except TimeoutError as e:
        raise PatternError(f"it took longer than {TIME_LIMIT_S:g} s") from e
    except MemoryError as e:
        raise PatternError("it needs too much memory") from e


def matches_somewhere(pattern: str, text: str) -> bool:
    return next(matches(pattern, text), None) is not None


def find_regex(check: RegexCheck, text: str) -> Finding:
    try:
        spans = tuple(
            span(text, *match.span())
            for match, _ in zip(matches(check.pattern, text), range(MOST_SPANS), strict=False)
        )
    except PatternError as e:
        return Finding(holds=None, reason=f"The pattern {quoted(check.pattern)} was stopped: {e}.")
    if spans:
        return Finding(holds=True, reason=f"{quoted(spans[0].text)} matches.", spans=spans)
    return Finding(holds=False, reason=f"Nothing matches {quoted(check.pattern)}.")


def _unrolled_size(pattern: str) -> int:
    """About how many items a pattern has once its counted repeats are written out."""
    sizes = [0]
    last = 0
    i = 0
    while i < len(pattern):
        character = pattern[i]
        if character == "{" and (counted := _COUNT.match(pattern, i)):
            times = max(int(n) for n in counted.groups() if n)
            sizes[-1] += last * (times - 1)
            last *= times
            i = counted.end()
            continue
        if character == "(":
            if len(sizes) > DEEPEST:
                raise PatternError(f"its groups are nested more than {DEEPEST} deep")
            sizes.append(0)
        elif character == ")" and len(sizes) > 1:
            last = sizes.pop() + _GROUP_ITEMS
            sizes[-1] += last
        elif character not in "|?*+":
            last = 1
            sizes[-1] += 1
            i = _end_of_item(pattern, i)
            continue
        i += 1
    return sum(sizes)


def _end_of_item(pattern: str, i: int) -> int:
    if pattern[i] == "\\":
        return i + 2
    if pattern[i] != "[":
        return i + 1
    i += 1
    if pattern.startswith("^", i):
        i += 1
    if pattern.startswith("]", i):
        i += 1
    while i < len(pattern) and pattern[i] != "]":
        i += 2 if pattern[i] == "\\" else 1
    return i + 1
