"""A test with the defaults laid under it, and what a case takes from it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from engine.contract import Message
from engine.quality.fields import FieldFault, as_text, flag, optional_share, optional_text, texts
from engine.quality.reading.files import FileFault, Folder
from engine.quality.reading.prompts import Prompt, prompt_of, texts_of
from engine.quality.reading.templates import NotSupported, render
from engine.quality.reading.written_tests import Written, WrittenCheck, checks_written

_CODE_OPTIONS: Final = ("transform", "postprocess", "transformVars")


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    test: Written
    variables: dict[str, Any]
    options: dict[str, Any]
    metadata: dict[str, Any]
    threshold: float | None
    checks: tuple[WrittenCheck, ...]


def alone(written: Written, templates: Mapping[str, Any]) -> Laid:
    """A test, or the defaults, by itself; raises FieldFault and NotSupported."""
    return Laid(
        test=written,
        variables=dict(_mapping(written, "vars")),
        options=dict(_mapping(written, "options")),
        metadata=dict(_mapping(written, "metadata")),
        threshold=optional_share(written.fields, "threshold"),
        checks=tuple(checks_written(written, templates)),
    )


def lay(test: Laid, defaults: Laid) -> Laid:
    """As promptfoo merges them: the test's own win, checks are added up.

    Raises NotSupported where an option would run code on variables or replies.
    """
    options = {**defaults.options, **test.options}
    for option in _CODE_OPTIONS:
        if options.get(option) is not None:
            raise NotSupported(f"its option {option} runs code out of the file")
    inherited = () if options.get("disableDefaultAsserts") else defaults.checks
    return Laid(
        test=test.test,
        variables={**defaults.variables, **test.variables},
        options=options,
        metadata={**defaults.metadata, **test.metadata},
        threshold=defaults.threshold if test.threshold is None else test.threshold,
        checks=(*inherited, *test.checks),
    )


def _mapping(written: Written, key: str) -> Mapping[str, Any]:
    value = written.fields.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        if key == "vars" and isinstance(value, str | list):
            raise NotSupported("variables out of a file of their own are not read")
        raise FieldFault((key,), f"the {key} have to be a mapping")
    return value


def variations(
    variables: Mapping[str, Any], options: Mapping[str, Any], most: int
) -> list[Mapping[str, Any]]:
    """promptfoo makes a case of every combination of the variables that are lists."""
    lists = {name: value for name, value in variables.items() if isinstance(value, list)}
    if options.get("disableVarExpansion") or not lists:
        return [variables]
    if math.prod(map(len, lists.values())) > most:
        raise FieldFault(("vars",), f"its lists make more than {most} cases")
    return [
        {**variables, **dict(zip(lists, combination, strict=True))}
        for combination in itertools.product(*lists.values())
    ]


def own_prompts(fields: Mapping[str, Any], folder: Folder) -> list[Prompt]:
    """The prompt that stands in the test itself, or those of the file that it names."""
    key = "messages" if "messages" in fields else "prompt"
    written = fields.get(key)
    if written is None:
        return []
    try:
        names_file = isinstance(written, str) and written.startswith("file://")
        texts = texts_of(written, folder) if names_file else [written]
        return [prompt_of(str(number), text) for number, text in enumerate(texts, 1)]
    except FileFault as e:
        raise FieldFault((key,), e.reason) from e
    except FieldFault as e:
        raise FieldFault((key, *e.field), e.reason) from e


def with_affixes(
    messages: tuple[Message, ...], options: Mapping[str, Any], variables: Mapping[str, Any]
) -> tuple[Message, ...]:
    """prefix and suffix around the last message."""
    prefix = render(optional_text(options, "prefix") or "", variables)
    suffix = render(optional_text(options, "suffix") or "", variables)
    last = messages[-1]
    whole = Message(role=last.role, content=f"{prefix}{last.content}{suffix}")
    return (*messages[:-1], whole)


def group_of(laid: Laid, otherwise: str | None) -> str | None:
    for fields in (laid.test.fields, laid.metadata):
        if fields.get("group") not in (None, ""):
            return as_text(fields["group"]) or otherwise
    return otherwise


def is_critical(laid: Laid) -> bool:
    if "critical" in laid.test.fields:
        return flag(laid.test.fields, "critical")
    marked = laid.metadata.get("critical", False)
    return marked is True or str(marked).strip().lower() in {"true", "yes", "1", "x"}


def answers_of(fields: Mapping[str, Any]) -> tuple[str, ...]:
    key = "answers" if "answers" in fields else "answer"
    return texts(fields, key) if fields.get(key) not in (None, "") else ()


def choices_of(fields: Mapping[str, Any]) -> tuple[tuple[str, ...], int | None]:
    """choices: [a, b, c] and right: the place of the right one from 0, or its text."""
    if fields.get("choices") is None:
        return (), None
    choices = texts(fields, "choices")
    right = fields.get("right")
    if len(choices) < 2:
        raise FieldFault(("choices",), "there have to be at least two")
    if isinstance(right, str) and right in choices:
        return choices, choices.index(right)
    if isinstance(right, int) and not isinstance(right, bool) and 0 <= right < len(choices):
        return choices, right
    raise FieldFault(("right",), "it has to be one of the choices, or its place counted from 0")
