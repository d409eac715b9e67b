"""Checks in a few words. Imported with the dialog of cases: the checks bring numpy."""

from __future__ import annotations

from engine.contract.checks import (
    Check,
    CheckSet,
    ExactMatchCheck,
    JsonCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    NamedFilter,
    PythonCheck,
    RegexCheck,
    SimilarityCheck,
    UnsupportedCheck,
    written_name,
)

_MOST_CHARACTERS = 60


def check_words(check: Check) -> str:
    """As in `icontains: Paris`."""
    told = " ".join(_particulars(check).split())
    short = told if len(told) <= _MOST_CHARACTERS else f"{told[: _MOST_CHARACTERS - 1]}…"
    weight = "" if check.weight == 1.0 else f" (weight {check.weight:g})"
    return f"{written_name(check)}{f': {short}' if short else ''}{weight}"


def _particulars(check: Check) -> str:
    match check:
        case ListCheck():
            return ", ".join(check.values)
        case RegexCheck():
            return check.pattern
        case PythonCheck():
            return check.function
        case CheckSet():
            return "; ".join(check_words(each) for each in check.checks)
        case UnsupportedCheck():
            return "not run here"
        case LengthCheck() | LimitCheck() | SimilarityCheck() | ExactMatchCheck() | JsonCheck():
            return _measured(check)
        case _:
            return str(getattr(check, "value", ""))


def _measured(
    check: LengthCheck | LimitCheck | SimilarityCheck | ExactMatchCheck | JsonCheck,
) -> str:
    match check:
        case JsonCheck():
            return "by a schema" if check.schema else ""
        case LimitCheck():
            return f"at most {check.threshold:g}"
        case LengthCheck():
            return " ".join(
                f"{word} {limit}"
                for word, limit in (("at least", check.minimum), ("at most", check.maximum))
                if limit is not None
            )
        case ExactMatchCheck():
            names = [each.name for each in check.filters if isinstance(each, NamedFilter)]
            return f"{' or '.join(check.values)}{f' ({names[-1]})' if names else ''}"
        case SimilarityCheck():
            return f"{check.value} ({check.threshold:g})"
