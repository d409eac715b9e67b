"""JSON schemas to GBNF, by the converter that llama-cpp-python ships, within bounds and without a network.

The converter trusts its schema: it writes out each of a billion repetitions, follows references without end,
and would fetch https:// ones where Python runs without assertions. So a schema is looked through first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from llama_cpp.llama_grammar import PRIMITIVE_RULES, RESERVED_NAMES, SchemaConverter

from engine.errors import GrammarError
from engine.worker.gbnf import MAX_CHARS, MAX_REPEATS
from engine.worker.patterns import plain_pattern

MAX_DEPTH: Final = 64
MAX_PARTS: Final = 5000
MAX_PROPERTIES: Final = 400
MAX_RULE_CALLS: Final = 200_000

_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_LISTS: Final = ("oneOf", "anyOf", "allOf", "prefixItems")
_MAPS: Final = ("properties", "$defs", "definitions")


def convert(schema_text: str) -> str:
    """Raises GrammarError, which names the part of the schema that is at fault."""
    schema = _read(schema_text)
    converter = _Converter()
    try:
        converter.targets.update(_checked_references(schema))
        converter.visit(schema, "")
    except RecursionError as fault:
        raise GrammarError("The JSON schema is nested too deeply.") from fault
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as fault:
        words = " ".join(str(fault).split())[:300]
        raise GrammarError(f"The JSON schema cannot be used: {words}.") from fault
    return str(converter.format_grammar())  # type: ignore[no-untyped-call] # llama_cpp's own


def _checked_references(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each $ref points to, once every part that can be reached has been looked through."""
    targets: dict[str, dict[str, Any]] = {}
    checked: set[int] = set()
    waiting = [("$", schema)]
    while waiting:
        start, whole = waiting.pop()
        if id(whole) in checked:
            continue
        for place, part in _parts(whole, start, 0):
            if id(part) in checked:
                continue
            checked.add(id(part))
            if len(checked) > MAX_PARTS:
                raise GrammarError(f"The JSON schema has more than {MAX_PARTS} parts.")
            _check_part(place, part)
            if "$ref" in part:
                target = _target(place, part["$ref"], schema)
                targets[part["$ref"]] = target
                waiting.append((part["$ref"], target))
    return targets


class _Converter(SchemaConverter):
    """The converter with bounds on its work, and with some of its rules put right.

    `targets` holds what each $ref of the schema points to.
    """

    def __init__(self) -> None:
        super().__init__(  # type: ignore[no-untyped-call] # llama_cpp's own, as those below
            prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False
        )
        self.targets: dict[str, dict[str, Any]] = self._refs
        self._aliases: dict[str, str] = {}
        self._calls = 0
        self._chars = 0

    def visit(self, schema: dict[str, Any], name: str) -> str:
        if not schema and name:
            # Empty means anything; the converter takes it for any object.
            return str(self._add_primitive("value", PRIMITIVE_RULES["value"]))
        rule_name = f"{name}-" if name in RESERVED_NAMES else name or "root"
        kind = schema.get("type")
        # With a maximum the converter nests each repetition in the one before, too deep for llama.cpp.
        if kind == "string" and "maxLength" in schema and not schema.keys() & {"pattern", "format"}:
            char = self._add_primitive("char", PRIMITIVE_RULES["char"])
            bounds = f"{{{schema.get('minLength', 0)},{schema['maxLength']}}}"
            return self._add_rule(rule_name, rf'"\"" {char}{bounds} "\"" space')
        if kind == "array" and "maxItems" in schema and isinstance(schema.get("items"), dict):
            item = self.visit(schema["items"], f"{name}-item" if name else "item")
            return self._add_rule(rule_name, _array_rule(item, schema))
        return str(super().visit(schema, name))  # type: ignore[no-untyped-call]

    def _resolve_ref(self, ref: str) -> str:
        """A rule of its own for each reference; the converter confuses those whose paths end alike."""
        if ref not in self._aliases:
            alias = f"ref-{len(self._aliases)}"
            while alias in self._rules:
                alias += "-"
            self._aliases[ref] = alias
            # Taken before the target is visited, which may refer to itself.
            self._rules[alias] = ""
            self._rules[alias] = self.visit(self.targets[ref], f"{alias}-target")
        return self._aliases[ref]

    def _add_rule(self, name: str, rule: str) -> str:
        self._calls += 1
        self._chars += len(rule) if name not in self._rules else 0
        if self._calls > MAX_RULE_CALLS or self._chars > MAX_CHARS:
            raise GrammarError("The JSON schema makes too large a grammar.")
        return str(super()._add_rule(name, rule))  # type: ignore[no-untyped-call]

    def _format_literal(self, literal: str) -> str:
        """JSON text as a GBNF text: the converter forgets the backslash, which ruins every escape."""
        plain = json.dumps(json.loads(literal), ensure_ascii=False)
        return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _array_rule(item: str, schema: dict[str, Any]) -> str:
    least, most = schema.get("minItems", 0), schema["maxItems"]
    if most == 0:
        return '"[" space "]" space'
    items = f'{item} ("," space {item}){{{max(least - 1, 0)},{most - 1}}}'
    return f'"[" space {items if least else f"({items})?"} "]" space'


def _read(schema_text: str) -> dict[str, Any]:
    if len(schema_text) > MAX_CHARS:
        raise GrammarError(f"The JSON schema has more than {MAX_CHARS:,} characters.")
    try:
        schema = json.loads(schema_text)
    except RecursionError as fault:
        raise GrammarError("The JSON schema is nested too deeply.") from fault
    except ValueError as fault:
        raise GrammarError(f"The JSON schema is not JSON: {fault}.") from fault
    if not isinstance(schema, dict):
        raise GrammarError("The JSON schema is not an object in braces.")
    return schema


def _parts(part: Any, place: str, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema with its place; a subschema `true` becomes the empty one, which says the same."""
    if depth > MAX_DEPTH:
        raise GrammarError(f"The JSON schema is nested more than {MAX_DEPTH} deep.")
    if not isinstance(part, dict):
        _refuse(place, "should be an object in braces")
    inner = list(_subschemas(part, place))
    yield place, part
    for holder, key, where in inner:
        if holder[key] is True:
            holder[key] = {}
        yield from _parts(holder[key], where, depth + 1)


def _subschemas(part: dict[str, Any], place: str) -> Iterator[tuple[Any, Any, str]]:
    """Container, key and place of the schemas that stand directly in one."""
    for word in _MAPS:
        inner = part.get(word, {})
        if not isinstance(inner, dict):
            _refuse(f"{place}.{word}", "should be an object in braces")
        yield from ((inner, key, f"{place}.{word}.{key}") for key in inner)
    for word in (*_LISTS, *(("items",) if isinstance(part.get("items"), list) else ())):
        inner = part.get(word, [])
        if not isinstance(inner, list):
            _refuse(f"{place}.{word}", "should be a list")
        yield from ((inner, i, f"{place}.{word}[{i}]") for i in range(len(inner)))
    if "items" in part and not isinstance(part["items"], list):
        yield part, "items", f"{place}.items"
    if isinstance(part.get("additionalProperties"), dict):
        yield part, "additionalProperties", f"{place}.additionalProperties"


def _check_part(place: str, part: dict[str, Any]) -> None:
    types = part.get("type", [])
    for kind in types if isinstance(types, list) else [types]:
        if kind not in _TYPES:
            _refuse(f"{place}.type", f"should be one of {', '.join(_TYPES)}")
    for low, high in (("minItems", "maxItems"), ("minLength", "maxLength")):
        least, most = part.get(low, 0), part.get(high, MAX_REPEATS)
        if not all(type(n) is int and 0 <= n <= MAX_REPEATS for n in (least, most)):
            _refuse(place, f"has a {low} or {high} that is no number from 0 to {MAX_REPEATS}")
        if least > most:
            _refuse(place, f"has a {low} above its {high}")
    if len(part.get("properties", {})) > MAX_PROPERTIES:
        _refuse(place, f"has more than {MAX_PROPERTIES} properties")
    for word in ("enum", "required"):
        if not isinstance(part.get(word, []), list):
            _refuse(f"{place}.{word}", "should be a list")
    if part.get("enum") == []:
        _refuse(f"{place}.enum", "allows no value")
    if "pattern" in part:
        try:
            part["pattern"] = plain_pattern(part["pattern"])
        except ValueError as fault:
            _refuse(f"{place}.pattern", str(fault))


def _target(place: str, reference: Any, schema: dict[str, Any]) -> dict[str, Any]:
    if not (isinstance(reference, str) and reference.startswith("#/")):
        _refuse(f"{place}.$ref", "should begin with “#/”: nothing outside of the schema is fetched")
    target: Any = schema
    for step in reference.split("/")[1:]:
        if not isinstance(target, dict) or step not in target:
            _refuse(f"{place}.$ref", f"points to {reference}, which is not there")
        target = target[step]
    if not isinstance(target, dict):
        _refuse(f"{place}.$ref", f"points to {reference}, which is no schema")
    return target


def _refuse(place: str, words: str) -> NoReturn:
    raise GrammarError(f"The JSON schema cannot be used: {place} {words}.")
