"""YAML from files that nobody vouches for, with the line of every value.

Only the event stream of PyYAML is used. Plain values are typed as in YAML 1.2's core schema, which
promptfoo's reader follows: `yes`, `no` and `12:30` are texts. Size, depth and what aliases multiply
are bounded while the events come; tags other than those of plain values are refused.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

import yaml

from engine.quality.fields import as_text
from engine.quality.reading.located import Document, LocatedDict, LocatedList

MOST_VALUES: Final = 300_000
DEEPEST: Final = 60

_NULL: Final = re.compile(r"(?:~|null|Null|NULL)?")
_BOOLEAN: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
_INTEGER: Final = re.compile(r"[-+]?\d{1,400}", re.ASCII)
_BASED: Final = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_SPECIAL: Final = {
    ".inf": float("inf"),
    "+.inf": float("inf"),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_TEXT_TAGS: Final = {"!", "tag:yaml.org,2002:str"}
_PLAIN_TAGS: Final = {
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "map", "seq")
}
# The compiled parser is some ten times faster; both give the same events.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlFault(Exception):
    """Text that is no YAML, or none that is read here."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def read_yaml(file: str, text: str) -> Document:
    """The one document of a YAML text; raises YamlFault."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else None
        raise YamlFault(line, _reason(e, text, line)) from e
    except (yaml.YAMLError, RecursionError) as e:
        raise YamlFault(None, f"it is no YAML: {' '.join(str(e).split())}") from e
    return Document(file=file, value=builder.root)


def _reason(error: yaml.MarkedYAMLError, text: str, line: int | None) -> str:
    lines = text.split("\n")
    written = lines[line - 1] if line is not None and line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "it is indented with a tab, and YAML takes spaces only"
    return f"it is no YAML: {error.problem or error.context}"


def plain_value(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2."""
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if text.lower() in _SPECIAL:
        return _SPECIAL[text.lower()]
    return float(text) if _FLOAT.fullmatch(text) else text


class _Builder:
    """Builds values from events without recursion of its own."""

    def __init__(self) -> None:
        self.root: Any = None
        self._documents = 0
        self._values = 0
        self._open: list[LocatedDict | LocatedList] = []
        # The key that waits for its value, its line, and whether it is a plain <<.
        self._keys: list[tuple[str, int, bool] | None] = []
        self._merges: list[list[tuple[Any, int]]] = []
        self._anchors: dict[str, Any] = {}

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise YamlFault(_line(event), "a second document begins; only one is read")
            case yaml.ScalarEvent():
                self._add(_scalar(event), event)
            case yaml.AliasEvent():
                self._add(self._copy(event), event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._begin(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                closed = self._open.pop()
                self._keys.pop()
                for value, line in self._merges.pop():
                    _merge(closed, value, line)
                if self._open:
                    self._open[-1].height = max(self._open[-1].height, closed.height + 1)

    def _begin(self, event: Any) -> None:
        _refuse_tag(event)
        self._must_fit(event, 0)
        mapping = isinstance(event, yaml.MappingStartEvent)
        new: LocatedDict | LocatedList = LocatedDict() if mapping else LocatedList()
        self._add(new, event)
        self._open.append(new)
        self._keys.append(None)
        self._merges.append([])

    def _add(self, value: Any, event: Any) -> None:
        self._count(event, 1)
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            self._anchors[event.anchor] = value
        if not self._open:
            self.root = value
            return
        around = self._open[-1]
        if isinstance(around, LocatedList):
            around.append(value)
            around.lines.append(_line(event))
            return
        if self._keys[-1] is None:
            plain_merge = value == "<<" and event.style in (None, "")
            self._keys[-1] = (_key(value, event), _line(event), plain_merge)
            return
        key, line, merges = self._keys[-1]
        self._keys[-1] = None
        if merges:
            self._merges[-1].append((value, line))
        elif key in around:
            raise YamlFault(line, f"“{key}” is given twice")
        else:
            around[key] = value
            around.lines[key] = line

    def _copy(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise YamlFault(_line(event), f"*{event.anchor} refers to nothing before it")
        value = self._anchors[event.anchor]
        if any(value is each for each in self._open):
            raise YamlFault(_line(event), f"*{event.anchor} refers to itself")
        self._count(event, _size(value, MOST_VALUES))
        if isinstance(value, LocatedDict | LocatedList):
            self._must_fit(event, value.height)
            if self._open:
                self._open[-1].height = max(self._open[-1].height, value.height + 1)
        return value

    def _must_fit(self, event: Any, height: int) -> None:
        if len(self._open) + height >= DEEPEST:
            raise YamlFault(_line(event), f"it is nested more than {DEEPEST} deep")

    def _count(self, event: Any, more: int) -> None:
        self._values += more
        if self._values > MOST_VALUES:
            raise YamlFault(_line(event), f"it holds more than {MOST_VALUES} values")


def _merge(around: Any, value: Any, line: int) -> None:
    """What << brings in; the mapping's own keys, and what came in before, win."""
    for other in value if isinstance(value, LocatedList) else [value]:
        if not isinstance(other, LocatedDict):
            raise YamlFault(line, "<< needs a mapping")
        for name in [name for name in other if name not in around]:
            around[name] = other[name]
            around.lines[name] = other.lines[name]


def _scalar(event: Any) -> Any:
    if event.tag in _TEXT_TAGS:
        return event.value
    _refuse_tag(event)
    plain = event.style in (None, "") or event.tag is not None
    return plain_value(event.value) if plain else event.value


def _refuse_tag(event: Any) -> None:
    if event.tag is not None and event.tag not in _PLAIN_TAGS:
        raise YamlFault(_line(event), f"the tag {event.tag} is not read here")


def _key(value: Any, event: Any) -> str:
    key = as_text(value)
    if key is None:
        raise YamlFault(_line(event), "a key has to be a text or a number")
    return key


def _line(event: Any) -> int:
    return cast(int, event.start_mark.line) + 1


def _size(value: Any, most: int) -> int:
    """The number of values below, counted no further than `most`."""
    n, pending = 0, [value]
    while pending and n <= most:
        each = pending.pop()
        n += 1
        if isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return n
