"""A short text as a JSON object of a given shape; shape and contents are both checked."""

from __future__ import annotations

import json
from typing import Any, Final

from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made
from engine.quality.generators.words import CITIES, FIRST_NAMES, LAST_NAMES, PRODUCTS

_TYPES: Final = {str: "string", int: "integer", bool: "boolean", list: "array of strings"}


def make(draw: Draw) -> Made:
    first, city = draw.one(FIRST_NAMES), draw.one(CITIES)
    name = f"{first} {draw.one(LAST_NAMES)}"
    age, items = draw.whole(19, 80), draw.some(PRODUCTS, draw.whole(1, 3))
    member = draw.chance(0.5)
    text = (
        f"{name}, aged {age}, lives in {city} and ordered: {', '.join(items)}. "
        f"{first} {'is' if member else 'is not'} a member of the club."
    )
    everything: dict[str, Any] = {
        "name": name,
        "age": age,
        "city": city,
        "items": items,
        "member": member,
    }
    keys = draw.some(tuple(everything), draw.whole(2, 5))
    wanted = {key: everything[key] for key in keys}
    described = ", ".join(f"{key} ({_TYPES[type(value)]})" for key, value in wanted.items())
    schema = {
        "type": "object",
        "required": keys,
        "additionalProperties": False,
        "properties": {key: {"const": value} for key, value in wanted.items()},
    }
    return Made(
        prompt=(
            f"Turn the text into one JSON object with just these keys: {described}. "
            f"Reply with the JSON alone.\n\n{text}"
        ),
        answer=json.dumps(wanted, ensure_ascii=False),
        checks=({"type": "contains-json", "value": schema},),
    )
