"""Tables beside that of the figures."""

from __future__ import annotations

import msgspec


class TablePart(msgspec.Struct, frozen=True, kw_only=True):
    """The first column names what the row is about; the others are figures or short words."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
