"""What a grammar made from a JSON schema leaves unchecked, so that the user is told and not surprised."""

from __future__ import annotations

import json
from typing import Any

from engine.contract import JsonSchema, Plan

# Keywords that restrict a value and that llama-cpp-python 0.3.36's converter passes over.
_NOT_ENFORCED = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "not",
    "uniqueItems",
    "contains",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "if",
)


def schema_notice(plan: Plan) -> str | None:
    """A sentence naming the keywords of the plan's schemas that no reply is held to, or None."""
    samplings = [plan.sampling, *(c.sampling for c in plan.contenders if c.sampling)]
    found: set[str] = set()
    for sampling in samplings:
        if isinstance(sampling.constraint, JsonSchema):
            found |= _keywords(sampling.constraint.schema)
    if not found:
        return None
    names = ", ".join(name for name in _NOT_ENFORCED if name in found)
    return (
        f"The JSON schema shapes the replies, but these keywords of it are not enforced: {names}."
    )


def _keywords(schema: str) -> set[str]:
    try:
        root = json.loads(schema)
    except (ValueError, RecursionError):
        # The worker refuses such a schema with its own sentence.
        return set()
    found: set[str] = set()
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found |= node.keys() & set(_NOT_ENFORCED)
            # The names of properties are the user's own words, not keywords.
            for key, value in node.items():
                is_names = key in {"properties", "$defs", "definitions"} and isinstance(value, dict)
                waiting.extend(value.values() if is_names else [value])
        elif isinstance(node, list):
            waiting.extend(node)
    return found
