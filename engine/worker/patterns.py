"""Regular expressions of JSON schemas in the words that the converter to GBNF understands."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.worker.gbnf import MAX_REPEATS

MAX_PATTERN_CHARS: Final = 2000
# The converter nests every optional repetition in the one before.
MAX_OPTIONAL_REPEATS: Final = 90

_CLASSES: Final = {"d": "0-9", "w": "a-zA-Z0-9_", "s": " \\t"}
_REPETITION: Final = re.compile(r"\{(\d+)(,?)(\d*)\}")


def plain_pattern(pattern: Any) -> str:
    r"""The pattern with \d, \w, \s and escaped signs written as classes; raises ValueError in words."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"should be a text of at most {MAX_PATTERN_CHARS} characters")
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise ValueError("should begin with “^” and end with “$”: a grammar says the whole text")
    _check_repetitions(pattern)
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(f"is not a regular expression: {fault}") from fault
    # In parentheses, or the quotes around the text would belong to its first and last alternative only.
    return f"^({_without_escapes(pattern[1:-1])})$"


def _without_escapes(inside: str) -> str:
    written, in_class, at = "", False, 0
    while at < len(inside):
        letter = inside[at]
        if letter == "\\":
            written += _escaped(inside[at + 1 : at + 2], in_class)
            at += 2
            continue
        in_class = letter == "[" or (in_class and letter != "]")
        written += letter
        at += 1
    return written


def _escaped(letter: str, in_class: bool) -> str:
    if letter in _CLASSES:
        plain = _CLASSES[letter]
    elif letter and letter.isascii() and not letter.isalnum():
        plain = f"\\x{ord(letter):02X}"
    else:
        raise ValueError(f"uses “\\{letter}”, which a grammar cannot say")
    return plain if in_class else f"[{plain}]"


def _check_repetitions(pattern: str) -> None:
    for found in _REPETITION.finditer(pattern):
        least = int(found[1])
        most = int(found[3]) if found[3] else least
        if most > MAX_REPEATS or most - least > MAX_OPTIONAL_REPEATS:
            raise ValueError(f"has the repetition {found[0]}; that is more than a grammar can take")
