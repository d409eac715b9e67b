"""`{{name}}`, `{{name.key}}`, `{{name[0]}}` and `{{name | filter}}` in prompts and values.

promptfoo's templates are Nunjucks. Its loops, conditions and a file's own filters run code out of the
file, which is not done here: a text that uses them raises NotSupported. Comments are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from engine.quality.fields import as_text
from engine.quality.reading.filters import FILTER, UnknownFilter, filtered

LONGEST: Final = 1_000_000
MOST_ROUNDS: Final = 5

_OPENING: Final = re.compile(r"\{\{|\{%|\{#")
_NAME: Final = re.compile(
    r"\{\{-?\s*([A-Za-z_]\w*(?:\.\w+|\[\d+\]|\[['\"][^'\"\]]*['\"]\])*)\s*"
    rf"((?:{FILTER})*)-?\}}\}}"
)
_STEP: Final = re.compile(r"\.?(\w+)|\[(?:(\d+)|['\"]([^'\"\]]*)['\"])\]")


class NotSupported(Exception):
    """What the file asks for is known and not done here; the text is the reason."""


class TemplateFault(Exception):
    """A template that cannot be filled in; the text is the reason."""


def render(text: str, variables: Mapping[str, Any]) -> str:
    """The text with its names filled in, and those in the values of the names.

    Raises NotSupported and TemplateFault.
    """
    for _ in range(MOST_ROUNDS):
        if not _OPENING.search(text):
            return text
        text = _once(text, variables)
    if _OPENING.search(text):
        raise TemplateFault("its variables refer to each other without end")
    return text


def render_all(value: Any, variables: Mapping[str, Any]) -> Any:
    """A structure with all its texts rendered; raises as `render` does."""
    if isinstance(value, str):
        return render(value, variables)
    if isinstance(value, list):
        return [render_all(each, variables) for each in value]
    if isinstance(value, dict):
        return {key: render_all(each, variables) for key, each in value.items()}
    return value


def _once(text: str, variables: Mapping[str, Any]) -> str:
    parts, place, length = [], 0, 0
    text = _without_comments(text)
    while opening := _OPENING.search(text, place):
        name = _NAME.match(text, opening.start())
        if name is None:
            shown = text[opening.start() : opening.start() + 40].partition("\n")[0]
            raise NotSupported(f"only {{{{name}}}} is filled in, not “{shown}”")
        parts += [text[place : opening.start()], _filled(name[1], name[2], variables)]
        place = name.end()
        length += len(parts[-1]) + len(parts[-2])
        if length > LONGEST:
            raise TemplateFault(f"it grows longer than {LONGEST} characters")
    return "".join([*parts, text[place:]])


def _without_comments(text: str) -> str:
    kept, place = [], 0
    while (start := text.find("{#", place)) >= 0 and (end := text.find("#}", start + 2)) >= 0:
        kept.append(text[place:start])
        place = end + 2
    return "".join([*kept, text[place:]])


def _filled(path: str, filters: str, variables: Mapping[str, Any]) -> str:
    has_default = "default" in filters
    value = _value(path, variables, may_lack=has_default)
    try:
        value = filtered(value, filters)
    except UnknownFilter as e:
        raise NotSupported(f"the filter “{e}” is not done on {path}") from e
    text = as_text(value)
    if text is not None:
        return text
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _value(path: str, variables: Mapping[str, Any], *, may_lack: bool) -> Any:
    if path.startswith("env."):
        raise NotSupported("environment variables are not put into texts")
    value: Any = variables
    for word, index, quoted in _STEP.findall(path):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, Mapping) and (word or quoted or index) in value:
            value = value[word or quoted or index]
        elif may_lack:
            return None
        else:
            raise TemplateFault(f"{{{{{path}}}}} has no value in this case")
    return value
