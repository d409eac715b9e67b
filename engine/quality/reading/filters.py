"""Nunjucks' own filters that only turn a value into another, as in `{{ name | upper }}`.

Those that loop, sort or call code are not done here, nor are a file's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from engine.quality.fields import as_text

_ARGUMENT: Final = r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false"
FILTER: Final = rf"\|\s*[a-z]+(?:\s*\(\s*(?:(?:{_ARGUMENT})\s*(?:,\s*(?:{_ARGUMENT})\s*)*)?\))?\s*"
"""What stands after a name, once or several times."""
_EACH: Final = re.compile(r"\|\s*([a-z]+)\s*(?:\(([^|]*?)\))?\s*(?=\||$)")
_ONE_ARGUMENT: Final = re.compile(_ARGUMENT)


LONGEST: Final = 1_000_000
_MOST_INDENT: Final = 10


class UnknownFilter(Exception):
    """The text is the filter's name."""


def filtered(value: Any, filters: str) -> Any:
    """The value after the filters that are written behind it; raises UnknownFilter.

    No filter makes a text longer than LONGEST: a few chained ones would fill the memory.
    """
    for match in _EACH.finditer(filters):
        change = _FILTERS.get(match[1])
        if change is None:
            raise UnknownFilter(match[1])
        try:
            value = change(value, _arguments(match[2] or ""))
        except (TypeError, ValueError, IndexError) as e:
            raise UnknownFilter(match[1]) from e
    return value


def _arguments(written: str) -> list[Any]:
    found = _ONE_ARGUMENT.findall(written)
    return [each[1:-1] if each[0] in "'\"" else json.loads(each) for each in found]


def _text(value: Any) -> str:
    text = as_text(value)
    if text is not None:
        return text
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _of_text(change: Callable[[str], str]) -> Callable[[Any, Sequence[Any]], str]:
    return lambda value, _: change(_text(value))


def _dump(value: Any, arguments: Sequence[Any]) -> str:
    indent = min(int(arguments[0]), _MOST_INDENT) if arguments else None
    separators = None if indent else (",", ":")
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)


def _join(value: Any, arguments: Sequence[Any]) -> str:
    if not isinstance(value, list):
        raise TypeError("only lists are joined")
    between, parts = _text(arguments[0] if arguments else ""), [_text(each) for each in value]
    _must_fit(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def _replace(value: Any, arguments: Sequence[Any]) -> str:
    text, (old, new) = _text(value), (_text(each) for each in arguments[:2])
    _must_fit(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _must_fit(length: int) -> None:
    if length > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")


def _default(value: Any, arguments: Sequence[Any]) -> Any:
    return arguments[0] if value is None else value


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:].lower()


def _titled(text: str) -> str:
    return " ".join(_capitalized(word) for word in text.split(" "))


_FILTERS: Final[dict[str, Callable[[Any, Sequence[Any]], Any]]] = {
    "upper": _of_text(str.upper),
    "lower": _of_text(str.lower),
    "trim": _of_text(str.strip),
    "capitalize": _of_text(_capitalized),
    "title": _of_text(_titled),
    "string": _of_text(str),
    "safe": lambda value, _: value,
    "dump": _dump,
    "join": _join,
    "length": lambda value, _: 0 if value is None else len(value),
    "first": lambda value, _: value[0],
    "last": lambda value, _: value[-1],
    "replace": _replace,
    "default": _default,
}
