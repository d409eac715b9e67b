"""is-json, contains-json and equals with a structure.

Schemas come from files and decide over replies, so neither is trusted: nothing is fetched for a
`$ref`, patterns run as bounded as those of `regex` checks, and a validation that takes too long is
stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import jsonschema
from jsonschema.validators import extend, validator_for
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

from engine.contract import Span
from engine.contract.checks import JsonCheck, JsonEqualsCheck
from engine.quality.checks.findings import MOST_SPANS, Finding, quoted, span
from engine.quality.checks.formats import FORMATS
from engine.quality.checks.patterns import PatternError, compiled, matches_somewhere

TIME_LIMIT_S: Final = 1.0
_NOT_JSON: Final = object()


class SchemaError(Exception):
    """A schema that cannot be used, or that took too long."""


def find_json(check: JsonCheck, text: str) -> Finding:
    if check.type == "is-json":
        return _is_json(check.schema, text)
    return _contains_json(check.schema, text)


def find_equal_json(check: JsonEqualsCheck, text: str) -> Finding:
    value = parse(text)
    if value is _NOT_JSON:
        return Finding(holds=False, reason="It is not JSON.")
    same = _same(value, json.loads(check.value))
    return Finding(
        holds=same,
        reason="Equals the value." if same else "It is JSON, but not the value.",
        spans=(span(text, 0, len(text)),),
    )


def parse(text: str) -> Any:
    """The value of a JSON text, or a mark of its own when it is none."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return _NOT_JSON


def json_parts(text: str) -> list[tuple[Span, Any]]:
    """The objects and arrays that stand in a text, the outermost ones, from left to right."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    parts: list[tuple[Span, Any]] = []
    place = 0
    while len(parts) < MOST_SPANS:
        place = min(
            (p for p in (text.find("{", place), text.find("[", place)) if p >= 0), default=-1
        )
        if place < 0:
            break
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        parts.append((span(text, place, end), value))
        place = end
    return parts


def check_schema(schema: str) -> None:
    """Raises SchemaError when the schema cannot be used."""
    _prepared(schema)


def _is_json(schema: str | None, text: str) -> Finding:
    value = parse(text)
    if value is _NOT_JSON:
        return Finding(holds=False, reason="It is not JSON.")
    whole = (span(text, 0, len(text)),)
    if schema is None:
        return Finding(holds=True, reason="It is JSON.", spans=whole)
    return _judged([(whole[0], value)], schema)


def _contains_json(schema: str | None, text: str) -> Finding:
    parts = json_parts(text)
    if not parts:
        return Finding(holds=False, reason="There is no JSON in it.")
    if schema is None:
        return Finding(holds=True, reason="Contains JSON.", spans=tuple(s for s, _ in parts))
    return _judged(parts, schema)


def _judged(parts: list[tuple[Span, Any]], schema: str) -> Finding:
    reasons = []
    for where, value in parts:
        try:
            fault = _first_fault(value, schema)
        except (SchemaError, PatternError) as e:
            return Finding(holds=None, reason=f"The JSON schema cannot be used: {e}.")
        if fault is None:
            return Finding(holds=True, reason="The JSON follows the schema.", spans=(where,))
        reasons.append(fault)
    reason = f"The JSON breaks the schema {reasons[0]}."
    return Finding(holds=False, reason=reason, spans=tuple(where for where, _ in parts))


def _first_fault(value: Any, schema: str) -> str | None:
    validator_class, loaded = _prepared(schema)
    until = time.monotonic() + TIME_LIMIT_S
    timed = extend(
        validator_class,
        {name: _until(until, function) for name, function in validator_class.VALIDATORS.items()},
    )
    validator = timed(loaded, registry=EMPTY_REGISTRY, format_checker=FORMATS)
    try:
        fault = next(validator.iter_errors(value), None)
    except Unresolvable as e:
        raise SchemaError(f"it refers to {quoted(str(e.ref))}, which it does not hold") from e
    except RecursionError as e:
        raise SchemaError("it refers to itself without end") from e
    if fault is None:
        return None
    place = "/".join(str(part) for part in fault.absolute_path)
    return f"at {quoted(place)}: {fault.message}" if place else f"as a whole: {fault.message}"


@lru_cache(maxsize=128)
def _prepared(schema: str) -> tuple[Any, Any]:
    """The validator class for a schema, and the schema; raises SchemaError."""
    loaded = parse(schema)
    if not isinstance(loaded, dict | bool):
        raise SchemaError("a schema is an object, true or false")
    newest = validator_for(loaded, default=jsonschema.Draft202012Validator)
    faults = []
    # ajv, which promptfoo uses, takes draft 7 where a schema does not say; a few forms need it.
    for candidate in (newest, jsonschema.Draft7Validator):
        try:
            candidate.check_schema(loaded)
        except jsonschema.SchemaError as e:
            faults.append(e.message)
        except RecursionError:
            faults.append("it is nested too deep")
        else:
            _check_patterns(loaded)
            return extend(candidate, _BOUNDED), loaded
    raise SchemaError(faults[0])


def _check_patterns(schema: Any) -> None:
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
            by_pattern = part.get("patternProperties")
            patterns = list(by_pattern) if isinstance(by_pattern, dict) else []
            if isinstance(part.get("pattern"), str):
                patterns.append(part["pattern"])
            for pattern in patterns:
                try:
                    compiled(pattern)
                except PatternError as e:
                    raise SchemaError(f"its pattern {quoted(pattern)} cannot be used: {e}") from e


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    if validator.is_type(instance, "string") and not matches_somewhere(pattern, instance):
        yield jsonschema.ValidationError(f"{quoted(instance)} does not match {quoted(pattern)}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if matches_somewhere(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


_BOUNDED: Final = {"pattern": _pattern, "patternProperties": _pattern_properties}


def _until(moment: float, function: Callable[..., Any]) -> Callable[..., Any]:
    def timed(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if time.monotonic() > moment:
            raise SchemaError(f"it took longer than {TIME_LIMIT_S:g} s")
        return function(validator, value, instance, schema)

    return timed


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _same(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 is 1.0, and true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return bool(a == b)
