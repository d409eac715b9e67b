"""The tables of the design: colours for light and dark, and the scales of spacing and type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Colours:
    """Text colours keep a contrast of at least 4.5 to 1 on `window`, `surface` and `raised`."""

    window: str
    surface: str
    raised: str
    hover: str
    border: str
    strong_border: str
    thumb: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str


COLOURS: Final[dict[Scheme, Colours]] = {
    "light": Colours(
        window="#f3f5f7",
        surface="#ffffff",
        raised="#eef1f4",
        hover="#e3e8ed",
        border="#d8dee5",
        strong_border="#818d9b",
        thumb="#b3bdc8",
        text="#18212b",
        muted="#525f6d",
        accent="#0b63a5",
        on_accent="#ffffff",
        accent_soft="#e1eefa",
        good="#176a3a",
        good_soft="#def3e6",
        warning="#7a4d00",
        warning_soft="#fdf0d3",
        error="#ab1f18",
        error_soft="#fce6e4",
    ),
    "dark": Colours(
        window="#12161b",
        surface="#1a2027",
        raised="#242c35",
        hover="#2e3843",
        border="#323c48",
        strong_border="#74818f",
        thumb="#4b5866",
        text="#e7ebf0",
        muted="#a6b1bd",
        accent="#7cbcf2",
        on_accent="#0b1a28",
        accent_soft="#1b3348",
        good="#72cf98",
        good_soft="#17352a",
        warning="#ebbd67",
        warning_soft="#3a2f16",
        error="#ff9d94",
        error_soft="#431f1f",
    ),
}


@dataclass(frozen=True)
class Spacing:
    """Distances in device-independent pixels, multiples of a quarter of a line of text."""

    xs: int
    s: int
    m: int
    l: int  # noqa: E741 - the name of a size, as in the other three
    xl: int
    radius: int


@dataclass(frozen=True)
class Type:
    """Sizes of text in points, relative to the font that the system gives."""

    small: float
    body: float
    strong: float
    title: float
    display: float
