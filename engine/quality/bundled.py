"""The texts that come with the program, for a fidelity run without a file of one's own.

Sources and licences also stand in texts/README.md, with what was cut and changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from engine.errors import PlanError

_FOLDER: Final = Path(__file__).parent / "texts"


class BundledText(msgspec.Struct, frozen=True, kw_only=True):
    """sha256: of the UTF-8 text."""

    name: str
    title: str
    source: str
    licence: str
    sha256: str


_TEXTS: Final = (
    BundledText(
        name="english",
        title="English prose",
        source="Jane Austen, Persuasion (1817), chapters 1 to 7",
        licence="public domain",
        sha256="f9981279ea2e83412f6d56dc47b9dc21d5d0ba97b5a0240c64d866cad972d24c",
    ),
    BundledText(
        name="german",
        title="German technical prose",
        source="Raphaël Hertzog, Roland Mas: Das Debian-Administrationshandbuch (2022), excerpts",
        licence="CC BY-SA 3.0",
        sha256="ae12ca505b0ad508f08f2c941b4f393aba2787a1ffa599b5a816c4aa7e22f47c",
    ),
    BundledText(
        name="japanese",
        title="Japanese prose",
        source="Natsume Sōseki, 吾輩は猫である (1905), the beginning",
        licence="public domain",
        sha256="44944a7a83a5b21c37b11f701c8dabb481cff0dab897d1d88d1f008b69e9547c",
    ),
    BundledText(
        name="code",
        title="Python code",
        source="The standard library of Python 3.13: heapq, graphlib, queue, contextlib, fractions",
        licence="PSF License Version 2",
        sha256="f57bf9c69251a5360059b57cd9e1a57007179f3ca8fca3e7576422ea7f11f6d0",
    ),
)
DEFAULT_TEXT: Final = "english"


def bundled_texts() -> tuple[BundledText, ...]:
    return _TEXTS


def bundled_text(name: str) -> BundledText:
    """Raises PlanError for a name that there is not."""
    for each in _TEXTS:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in _TEXTS)
    raise PlanError(f"There is no bundled text “{name}”. There are: {names}.")


def read_bundled(text: BundledText) -> str:
    return (_FOLDER / f"{text.name}.txt").read_text(encoding="utf-8")
