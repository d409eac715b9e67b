"""What `sessions rerun` changes of a recorded run: its contenders, and single settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cli.contenders import read_contenders
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import Contender, ModelFile, Runtime, Session
from engine.naming import unique_names

S = TypeVar("S", bound=msgspec.Struct)


def changed_contenders(
    session: Session, changes: ChangeOptions, describe_model: Callable[[Path], ModelFile]
) -> tuple[Contender, ...]:
    """Raises WrongUsage for a contender that there is not."""
    found = {each.name: each for each in session.contenders}
    for swap in changes.swap:
        name = _named(found, swap)
        (other,) = read_contenders([Path(swap[len(name) + 1 :])], Runtime(), describe_model)
        found[name] = msgspec.structs.replace(found[name], name=other.name, model=other.model)
    for name in changes.without:
        if name not in found:
            raise _no_such(name, found)
        del found[name]
    kept = list(found.values())
    if changes.add:
        kept += read_contenders(changes.add, Runtime(), describe_model)
    if not changes.swap and not changes.add:
        return tuple(kept)
    names = unique_names([each.model for each in kept])
    return tuple(
        each if [one.name for one in kept].count(each.name) == 1 else _renamed(each, name)
        for each, name in zip(kept, names, strict=True)
    )


def key_and_value(setting: str, keys: tuple[str, ...]) -> tuple[str, str]:
    """Of KEY=VALUE; raises WrongUsage for a key that there is not."""
    key, equals, text = setting.partition("=")
    if not equals or key not in keys:
        raise WrongUsage(
            f"--set takes KEY=VALUE with one of these keys, not “{setting}”: {', '.join(keys)}."
        )
    return key, text


def with_field(struct: S, key: str, text: str) -> S:
    """With the field changed: JSON is taken as such, all else as a word. Raises WrongUsage."""
    kind: Any = next(each.type for each in msgspec.structs.fields(struct) if each.name == key)
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = text
    try:
        return msgspec.structs.replace(struct, **{key: msgspec.convert(value, kind)})
    except msgspec.ValidationError as error:
        raise WrongUsage(f"“{text}” does not fit {key}: {error}.") from error


def with_runtime(contenders: tuple[Contender, ...], key: str, text: str) -> tuple[Contender, ...]:
    """All of them loaded in this other way. Raises WrongUsage."""
    return tuple(
        msgspec.structs.replace(each, runtime=with_field(each.runtime, key, text))
        for each in contenders
    )


def _renamed(contender: Contender, name: str) -> Contender:
    return msgspec.structs.replace(contender, name=name)


def _named(found: dict[str, Contender], swap: str) -> str:
    """The contender whose name the text begins with, before an equals sign."""
    for name in found:
        if swap.startswith(f"{name}=") and len(swap) > len(name) + 1:
            return name
    raise _no_such(swap.partition("=")[0], found)


def _no_such(name: str, found: dict[str, Contender]) -> WrongUsage:
    there = ", ".join(f"“{each}”" for each in found)
    return WrongUsage(f"The session has no contender “{name}”. It has {there}.")
