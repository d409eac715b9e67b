"""The checks that promptfoo writes as one text in a table: `contains: Paris`, `levenshtein(3):
Rome`."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.quality.checks.parse import is_known

_WRITTEN: Final = re.compile(
    r"(not-)?([a-z][a-z:-]*?)(?:\((\d+(?:\.\d+)?)\))?(?::\s*(.*))?", re.DOTALL
)
_SHORT: Final = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}


def expected_check(text: str) -> dict[str, Any]:
    """The check as a mapping; a text that names none is what the reply has to equal."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return {"type": "equals", "value": text}
    negation, name, threshold, value = match.groups()
    name = _SHORT.get(name, name)
    if not is_known(name) or (value is None and threshold is None and not name.startswith("is-")):
        return {"type": "equals", "value": text}
    check: dict[str, Any] = {"type": f"{negation or ''}{name}"}
    if value:
        check["value"] = value
    if threshold is not None:
        check["threshold"] = float(threshold)
    return check
