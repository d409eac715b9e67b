"""Takes fields out of what a file held, which may be anything; a fault names the field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]
Place = tuple[str | int, ...]


class FieldFault(Exception):
    """A field that cannot be used; `field` is its place below the thing that was being read."""

    def __init__(self, field: Place, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def as_text(value: object) -> str | None:
    """A text or number as JavaScript would write it, None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def text(fields: Fields, name: str, may_be_empty: bool = False) -> str:
    value = as_text(fields.get(name))
    if value is None:
        found = "is missing" if fields.get(name) is None else "is no text or number"
        raise FieldFault((name,), f"the {name} {found}")
    if not value and not may_be_empty:
        raise FieldFault((name,), f"the {name} is empty")
    return value


def optional_text(fields: Fields, name: str) -> str | None:
    return None if fields.get(name) is None else text(fields, name, may_be_empty=True)


def texts(fields: Fields, name: str) -> tuple[str, ...]:
    """A text, or a list of them with at least one."""
    value = fields.get(name)
    if not isinstance(value, list):
        return (text(fields, name),)
    if not value:
        raise FieldFault((name,), "the list is empty")
    found = []
    for i, each in enumerate(value):
        as_written = as_text(each)
        if not as_written:
            raise FieldFault((name, i), "it is no text or number")
        found.append(as_written)
    return tuple(found)


def number(fields: Fields, name: str, usual: float, least: float | None = None) -> float:
    found = optional_number(fields, name, least)
    return usual if found is None else found


def optional_number(fields: Fields, name: str, least: float | None = None) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise FieldFault((name,), f"the {name} is no number") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldFault((name,), f"the {name} is no number")
    if least is not None and value < least:
        raise FieldFault((name,), f"the {name} is below {least:g}")
    return float(value)


def optional_share(fields: Fields, name: str) -> float | None:
    """A number from 0 to 1."""
    value = optional_number(fields, name, least=0.0)
    if value is not None and value > 1.0:
        raise FieldFault((name,), f"the {name} is above 1, which no score reaches")
    return value


def optional_whole(fields: Fields, name: str, field: Place | None = None) -> int | None:
    try:
        value = optional_number(fields, name, least=0.0)
    except FieldFault as e:
        raise FieldFault(field or (name,), e.reason) from e
    if value is None:
        return None
    if not value.is_integer():
        raise FieldFault(field or (name,), f"the {name} is no whole number")
    return int(value)


def flag(fields: Fields, name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise FieldFault((name,), f"the {name} has to be true or false")
    return value
