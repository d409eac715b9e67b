"""Reads checks as promptfoo writes them: {type, value, threshold, weight, metric}, and ours."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any, Final, cast, get_args

from engine.contract.checks import (
    Check,
    CheckSet,
    ExactMatchCheck,
    Filter,
    FilterName,
    FinishCheck,
    JsonCheck,
    JsonEqualsCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    NamedFilter,
    PythonCheck,
    RefusalCheck,
    RegexCheck,
    RegexFilter,
    SimilarityCheck,
    TextCheck,
    UnsupportedCheck,
)
from engine.quality.checks.json_text import SchemaError, check_schema
from engine.quality.checks.patterns import PatternError, compiled
from engine.quality.checks.unsupported import why_unsupported
from engine.quality.fields import (
    FieldFault,
    Fields,
    flag,
    number,
    optional_number,
    optional_share,
    optional_text,
    optional_whole,
    text,
    texts,
)

MOST_NESTED_SETS: Final = 5


def parse_checks(items: object, depth: int = 0) -> tuple[Check, ...]:
    """The checks of an `assert` list; raises FieldFault."""
    if not isinstance(items, list):
        raise FieldFault((), "it has to be a list of checks")
    checks = []
    for i, item in enumerate(items):
        try:
            checks.append(parse_check(item, depth))
        except FieldFault as e:
            raise FieldFault((i, *e.field), e.reason) from e
    return tuple(checks)


def is_known(name: str) -> bool:
    """Whether it is a check's name, run here or not."""
    return name in _READERS or name == "assert-set" or why_unsupported(name) is not None


def parse_check(item: object, depth: int = 0) -> Check:
    """One check; raises FieldFault."""
    if not isinstance(item, dict):
        raise FieldFault((), "a check needs at least a type, as in {type: contains, value: Paris}")
    written = item.get("type")
    if not isinstance(written, str):
        raise FieldFault(("type",), "the name of the check is missing")
    name = written.removeprefix("not-")
    common: dict[str, Any] = {
        "negated": written != name,
        "weight": number(item, "weight", 1.0, least=0.0),
        "label": optional_text(item, "metric") or optional_text(item, "label"),
    }
    if item.get("transform") is not None:
        transformed = "It transforms the reply by code of its own, which is not run."
        return UnsupportedCheck(type=name, reason=transformed, **common)
    if name == "assert-set":
        return _parse_set(item, common, depth)
    reader = _READERS.get(name)
    if reader is None:
        reason = why_unsupported(name)
        if reason is None:
            raise FieldFault(("type",), f"there is no check named “{written}”{_meant(name)}")
        return UnsupportedCheck(type=name, reason=reason, **common)
    return reader(name, item, common)


def _parse_set(item: Fields, common: dict[str, Any], depth: int) -> Check:
    if depth >= MOST_NESTED_SETS:
        raise FieldFault(("assert",), f"sets are nested more than {MOST_NESTED_SETS} deep")
    try:
        checks = parse_checks(item.get("assert"), depth + 1)
    except FieldFault as e:
        raise FieldFault(("assert", *e.field), e.reason) from e
    return CheckSet(checks=checks, threshold=optional_share(item, "threshold"), **common)


def _text_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    value = item.get("value")
    if name == "equals" and isinstance(value, dict | list):
        return JsonEqualsCheck(value=json.dumps(value, ensure_ascii=False), **common)
    may_be_empty = name == "equals"
    return TextCheck(type=cast(Any, name), value=text(item, "value", may_be_empty), **common)


def _list_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    value = item.get("value")
    if isinstance(value, str):
        # promptfoo takes a text for a list with commas.
        item = {**item, "value": [part for each in value.split(",") if (part := each.strip())]}
    return ListCheck(type=cast(Any, name), values=texts(item, "value"), **common)


def _regex_check(_: str, item: Fields, common: dict[str, Any]) -> Check:
    pattern = text(item, "value")
    _must_compile(pattern, ("value",))
    return RegexCheck(pattern=pattern, **common)


def _json_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    schema = None
    value = item.get("value")
    if value is not None and value != "":
        schema = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        try:
            check_schema(schema)
        except SchemaError as e:
            raise FieldFault(("value",), f"the JSON schema cannot be used: {e}") from e
    return JsonCheck(type=cast(Any, name), schema=schema, **common)


def _similarity_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    usual = 5.0 if name == "levenshtein" else 0.75
    return SimilarityCheck(
        type=cast(Any, name),
        value=text(item, "value"),
        threshold=number(item, "threshold", usual, least=0.0),
        **common,
    )


def _refusal_check(_: str, __: Fields, common: dict[str, Any]) -> Check:
    return RefusalCheck(**common)


def _limit_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    limit = optional_number(item, "threshold", least=0.0)
    if limit is None:
        raise FieldFault(("threshold",), f"{name} needs a threshold")
    return LimitCheck(type=cast(Any, name), threshold=limit, **common)


def _length_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    value = item.get("value")
    if isinstance(value, dict):
        low, high = (optional_whole(value, key, ("value", key)) for key in ("min", "max"))
    else:
        low = high = optional_whole(item, "value")
    if low is None and high is None:
        raise FieldFault(("value",), "a number is missing, or {min: …, max: …}")
    if low is not None and high is not None and low > high:
        raise FieldFault(("value",), f"min {low} is more than max {high}")
    return LengthCheck(type=cast(Any, name), minimum=low, maximum=high, **common)


def _finish_check(_: str, item: Fields, common: dict[str, Any]) -> Check:
    return FinishCheck(value=text(item, "value"), **common)


def _exact_match_check(_: str, item: Fields, common: dict[str, Any]) -> Check:
    written = item.get("filter", [])
    filters = written if isinstance(written, list) else [written]
    return ExactMatchCheck(
        values=texts(item, "value"),
        filters=tuple(_filter(each, i) for i, each in enumerate(filters)),
        ignore_case=flag(item, "ignore-case"),
        ignore_punctuation=flag(item, "ignore-punctuation"),
        tolerance=number(item, "tolerance", 0.0, least=0.0),
        **common,
    )


def _python_check(name: str, item: Fields, common: dict[str, Any]) -> Check:
    function = text(item, "value")
    if not function.isidentifier():
        raise FieldFault(("value",), f"“{function}” is no name of a function")
    tests = text(item, "tests") if name == "passes-tests" else None
    before = optional_text(item, "before") or ""
    return PythonCheck(
        type=cast(Any, name), function=function, before=before, tests=tests, **common
    )


def _filter(item: object, i: int) -> Filter:
    names = get_args(FilterName)
    if item in names:
        return NamedFilter(name=cast(Any, item))
    if isinstance(item, dict) and isinstance(item.get("regex"), str):
        take = item.get("take", "last")
        if take not in {"first", "last"}:
            raise FieldFault(("filter", i, "take"), "it has to be first or last")
        _must_compile(item["regex"], ("filter", i, "regex"))
        return RegexFilter(pattern=item["regex"], take=take)
    raise FieldFault(
        ("filter", i), f"a filter is one of {', '.join(names)}, or {{regex: …, take: first|last}}"
    )


def _must_compile(pattern: str, field: tuple[str | int, ...]) -> None:
    try:
        compiled(pattern)
    except PatternError as e:
        raise FieldFault(field, f"the pattern cannot be used: {e}") from e


_READERS: Final[dict[str, Callable[[str, Fields, dict[str, Any]], Check]]] = {
    **dict.fromkeys(("equals", "contains", "icontains", "starts-with"), _text_check),
    **dict.fromkeys(
        ("contains-any", "contains-all", "icontains-any", "icontains-all"), _list_check
    ),
    "regex": _regex_check,
    **dict.fromkeys(("is-json", "contains-json"), _json_check),
    **dict.fromkeys(("levenshtein", "rouge-n"), _similarity_check),
    "is-refusal": _refusal_check,
    **dict.fromkeys(("latency", "cost", "perplexity", "perplexity-score"), _limit_check),
    **dict.fromkeys(("word-count", "character-count"), _length_check),
    "finish-reason": _finish_check,
    "exact-match": _exact_match_check,
    **dict.fromkeys(("defines-function", "passes-tests"), _python_check),
}


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, [*_READERS, "assert-set"], n=1)
    return f"; did you mean “{close[0]}”?" if close else ""
