"""exact-match: filters that find the answer in a reply, as lm-eval has them, and the comparison.

Numbers are read as English writes them: 1,234.5 is one number, 1,23 are two. Spaces that do not
break and apostrophes group digits as well; a minus is one only where no digit or letter stands
before it, so that 3-5 are two numbers; currency signs are passed over and a fraction is its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from engine.contract import Span
from engine.contract.checks import ExactMatchCheck, Filter, FilterName, RegexFilter
from engine.quality.checks.findings import Finding, quoted, span
from engine.quality.checks.patterns import PatternError, matches

# Of one number: thousands or plain digits, decimals, exponent. Each part ends where the next
# begins, so that no text makes it slow.
_NUMBER: Final = re.compile(
    r"(?<!\w)(?<!\d\.)(?P<date>(?<=\d/))?(?P<sign>[-−+]?)(?P<currency>[$€£¥])?"
    r"(?P<sign_after>(?(currency)[-−]?))"
    r"(?P<whole>\d{1,3}(?:[,\u00a0\u202f\u2009'’]\d{3})+(?!\d)|\d+|(?=\.\d))"
    r"(?P<decimals>\.\d+)?(?P<exponent>[eE][-+]?\d{1,3}(?!\w))?"
    r"(?(date)|(?:/(?P<divisor>[1-9]\d*)(?![\d/]))?)",
    re.ASCII,
)
_GROUPING: Final = str.maketrans("", "", ",\u00a0\u202f\u2009'’")
_HASHES: Final = re.compile(r"####[ \t]*([^\n]+)")
_BOXED: Final = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_PUNCTUATION: Final = re.compile(r"[^\w\s]")

# Not I, which is mostly the pronoun.
_LETTER: Final = r"[(\[*]*(?P<letter>[A-HJ])(?![\w'’])[)\]*]*"
_DECLARED: Final = re.compile(
    r"\b(?:answer|option|choice)\b(?:\s+(?:is|are|would be|should be))?\s*[:=]?\s*"
    r"(?:(?:the\s+)?(?:option|choice|letter)\s+)?" + _LETTER,
    re.IGNORECASE,
)
_STARTING: Final = re.compile(r"^[ \t]*" + _LETTER + r"[ \t]*(?:[.:)]|$)", re.MULTILINE)
_ALONE: Final = re.compile(r"^[ \t]*" + _LETTER + r"[ \t]*[.]?[ \t]*$", re.MULTILINE)
_BRACKETED: Final = re.compile(r"[(*](?P<letter>[A-HJ])[)*]")


def find_exact_match(check: ExactMatchCheck, text: str) -> Finding:
    try:
        where = _filtered(check.filters, text)
    except PatternError as e:
        return Finding(holds=None, reason=f"A filter's pattern was stopped: {e}.")
    if where is None:
        return Finding(holds=False, reason="The filters find no answer in it.")
    same = any(_equal(where.text, value, check) for value in check.values)
    wanted = " or ".join(quoted(value) for value in check.values[:5])
    reason = f"Its answer is {quoted(where.text)}" + ("." if same else f"; wanted {wanted}.")
    return Finding(holds=same, reason=reason, spans=(where,))


def extracted(name: FilterName, text: str) -> str | None:
    """What a filter keeps of a text; None where it finds nothing."""
    found = _NAMED[name](text)
    return None if found is None else found.text


def numbers(text: str) -> list[Span]:
    """The numbers in a text, where they stand and as they are written."""
    return [span(text, *match.span()) for match in _NUMBER.finditer(text)]


def number_value(text: str) -> Decimal | None:
    """The value of a text that is one number, else None."""
    match = _NUMBER.fullmatch(text.strip().removesuffix("%").removesuffix(".").strip())
    if match is None:
        return None
    digits = match["whole"].translate(_GROUPING) + (match["decimals"] or "")
    try:
        value = Decimal(digits + (match["exponent"] or ""))
    except InvalidOperation:
        return None
    if match["divisor"]:
        value /= Decimal(match["divisor"])
    return -value if {"-", "−"} & {match["sign"], match["sign_after"]} else value


def _filtered(filters: tuple[Filter, ...], text: str) -> Span | None:
    where = span(text, 0, len(text))
    for each in filters:
        found = (
            _by_pattern(each, where.text)
            if isinstance(each, RegexFilter)
            else _NAMED[each.name](where.text)
        )
        if found is None:
            return None
        where = span(text, where.start + found.start, where.start + found.end)
    stripped = where.text.strip()
    start = where.start + where.text.find(stripped)
    return span(text, start, start + len(stripped))


def _by_pattern(each: RegexFilter, text: str) -> Span | None:
    kept = None
    for match in matches(each.pattern, text):
        group = 1 if match.re.groups and match.group(1) is not None else 0
        kept = span(text, *match.span(group))
        if each.take == "first":
            break
    return kept


def _first_number(text: str) -> Span | None:
    return next(iter(numbers(text)), None)


def _last_number(text: str) -> Span | None:
    return next(reversed(numbers(text)), None)


def _after_hashes(text: str) -> Span | None:
    match = next(reversed(list(_HASHES.finditer(text))), None)
    return span(text, *match.span(1)) if match else None


def _boxed(text: str) -> Span | None:
    match = next(reversed(list(_BOXED.finditer(text))), None)
    return span(text, *match.span(1)) if match else None


def _choice_letter(text: str) -> Span | None:
    """The letter declared last ("the answer is (C)"), else one that starts a line, else one in
    brackets.

    Lines that start with different letters repeat the options; of those only a letter alone counts.
    """
    declared = [match for match in _DECLARED.finditer(text) if match["letter"].isupper()]
    starting = list(_STARTING.finditer(text))
    if len({match["letter"] for match in starting}) > 1:
        starting = list(_ALONE.finditer(text))
    for found in (declared, starting, list(_BRACKETED.finditer(text))):
        if found:
            return span(text, *found[-1].span("letter"))
    return None


def _first_line(text: str) -> Span | None:
    return next(iter(_lines(text)), None)


def _last_line(text: str) -> Span | None:
    return next(reversed(_lines(text)), None)


def _lines(text: str) -> list[Span]:
    return [span(text, *m.span()) for m in re.finditer(r"[^\n]*\S[^\n]*", text)]


_NAMED: Final[dict[str, Callable[[str], Span | None]]] = {
    "first-number": _first_number,
    "last-number": _last_number,
    "hash-answer": _after_hashes,
    "boxed": _boxed,
    "choice-letter": _choice_letter,
    "first-line": _first_line,
    "last-line": _last_line,
}


def _equal(answer: str, value: str, check: ExactMatchCheck) -> bool:
    found, wanted = number_value(answer), number_value(value)
    if found is not None and wanted is not None:
        return abs(found - wanted) <= Decimal(str(check.tolerance))
    return _plain(answer, check) == _plain(value, check)


def _plain(text: str, check: ExactMatchCheck) -> str:
    if check.ignore_punctuation:
        text = _PUNCTUATION.sub("", text)
    if check.ignore_case:
        text = text.lower()
    return " ".join(text.split())
