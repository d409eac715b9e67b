"""Options in groups: a command takes a few dataclasses, the command line shows one flag a field."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def grouped(function: Callable[..., int]) -> Callable[..., int]:
    """What Typer should register for `function`: its dataclass parameters spread into their fields."""
    hints = get_type_hints(function, include_extras=True)
    groups = {
        name: hints[name]
        for name in inspect.signature(function).parameters
        if dataclasses.is_dataclass(hints[name])
    }

    def command(**values: Any) -> int:
        for name, group in groups.items():
            fields = [field.name for field in dataclasses.fields(group)]
            values[name] = group(**{field: values.pop(field) for field in fields})
        return function(**values)

    parameters = list(_flattened(function, hints, groups))
    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer reads the signature, and inspect prefers this one to that of `command` itself.
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _flattened(
    function: Callable[..., int], hints: dict[str, Any], groups: dict[str, Any]
) -> list[inspect.Parameter]:
    flat = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in groups:
            flat.append(_parameter(name, hints[name], parameter.default))
            continue
        own = get_type_hints(groups[name], include_extras=True)
        flat += [
            _parameter(field.name, own[field.name], _default(field))
            for field in dataclasses.fields(groups[name])
        ]
    return flat


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    # By keyword, so that those without a default may follow those with one.
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
