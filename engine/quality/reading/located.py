"""Values read from a file that still know their lines."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.quality.fields import Place


class LocatedDict(dict[str, Any]):
    """lines: the line of each key. inherited: the keys that came by a merge. height: levels
    below."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        self.height = 0


class LocatedList(list[Any]):
    """lines: the line of each item. height: levels below."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []
        self.height = 0


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds. first_line: where it begins; None: the file's form does not tell lines.

    is_table: its rows are mappings from column to text.
    """

    file: str
    value: Any
    first_line: int | None = 1
    is_table: bool = False

    def line(self, place: Place) -> int | None:
        """The line of a place, or of the nearest thing around it."""
        line, value = self.first_line, self.value
        for part in place:
            if isinstance(value, LocatedDict) and isinstance(part, str):
                line = value.lines.get(part, line)
                value = value.get(part)
            elif isinstance(value, LocatedList) and isinstance(part, int) and part < len(value):
                line = value.lines[part]
                value = value[part]
            else:
                break
        return line


def written(place: Place) -> str:
    """A place as people write it: tests[2].assert[0].value, counted from 0 as in the file's
    tools."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
