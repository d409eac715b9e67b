"""Hypothesis strategies for sessions, made from the types of the contract."""

from __future__ import annotations

import functools
import types
import typing
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from engine.contract import Case, Contender, Reply, Session

_LEAVES: dict[object, st.SearchStrategy[Any]] = {
    int: st.integers(-(10**15), 10**15),
    float: st.floats(-1e15, 1e15),
    bool: st.booleans(),
    str: st.text(max_size=12),
    types.NoneType: st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


_MOST_LEVELS = 2
"""How often a Struct that holds its own kind may stand within itself."""


@functools.cache
def values(kind: Any, within: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Values of a type that the contract uses; within: the Structs around it.

    Made once for all examples: putting a session's strategies together takes as long as drawing from them.
    """
    if kind in _LEAVES:
        return _LEAVES[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        fields = msgspec.structs.fields(kind)
        return st.builds(kind, **{f.name: values(hints[f.name], (*within, kind)) for f in fields})
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        items = _alternatives(arguments[0], within)
        return st.lists(st.one_of(items), max_size=2).map(tuple) if items else st.just(())
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    return st.one_of(_alternatives(kind, within))


def _alternatives(kind: Any, within: tuple[Any, ...]) -> list[st.SearchStrategy[Any]]:
    """One for each member of a union that may still stand here."""
    union = typing.get_origin(kind) in {types.UnionType, typing.Union}
    members = typing.get_args(kind) if union else (kind,)
    return [values(each, within) for each in members if within.count(each) < _MOST_LEVELS]


def named(kind: Any, field: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some of a kind, each with a name of its own."""
    return st.lists(
        values(kind), min_size=1, max_size=3, unique_by=lambda part: getattr(part, field)
    ).map(tuple)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    contenders = draw(named(Contender, "name"))
    cases = draw(named(Case, "id"))
    places = draw(
        st.lists(
            st.tuples(
                st.sampled_from([contender.name for contender in contenders]),
                st.sampled_from([case.id for case in cases]),
                st.integers(0, 3),
            ),
            unique=True,
            max_size=3,
        )
    )
    replies = tuple(
        msgspec.structs.replace(
            draw(values(Reply)), contender=place[0], case=place[1], repeat=place[2]
        )
        for place in places
    )
    names, ids = [each.name for each in contenders], [each.id for each in cases]
    found: dict[str, Any] = {
        field: tuple(draw(_placed(part, names, ids)) for part in draw(values(_HINTS[field])))
        for field in ("scores", "verdicts", "votes", "speeds")
    }
    others = {
        field.name: draw(values(_HINTS[field.name]))
        for field in msgspec.structs.fields(Session)
        if field.name not in _SET_HERE
    }
    return Session(
        id=draw(st.from_regex(r"[0-9a-z][0-9a-z-]{0,30}", fullmatch=True)),
        created=draw(st.datetimes(timezones=st.just(UTC))),
        repeats=draw(st.integers(1, 4)),
        contenders=contenders,
        cases=cases,
        replies=replies,
        **found,
        **others,
    )


_PLACES = {"reference": 0, "contender": 0, "best": 0, "case": 1}


def _placed(part: Any, names: list[str], ids: list[str]) -> st.SearchStrategy[Any]:
    """The score, verdict, vote or speed as one of contenders and cases that are there."""
    own = {field: (names, ids)[which] for field, which in _PLACES.items() if hasattr(part, field)}
    return st.builds(
        msgspec.structs.replace,
        st.just(part),
        **{field: st.sampled_from(there) for field, there in own.items()},
    )


_HINTS = typing.get_type_hints(Session)
_SET_HERE = {
    *("format", "version", "id", "created", "repeats", "contenders", "cases", "replies"),
    *("scores", "verdicts", "votes", "speeds"),
}
