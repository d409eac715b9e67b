from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from gui.design import COLOURS, Colours, Scheme
from gui.icons import SHAPES, pixmap
from gui.theme import Theme

TEXTS = ("text", "muted", "accent", "good", "warning", "error")
GROUNDS = ("window", "surface", "raised")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    made = QColor(colour)
    red, green, blue = linear(made.redF()), linear(made.greenF()), linear(made.blueF())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_of_contrast_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_ground(scheme: Scheme, ground: str, text: str) -> None:
    colours = COLOURS[scheme]
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("mood", ["accent", "good", "warning", "error"])
def test_text_can_be_read_on_the_ground_of_its_mood(scheme: Scheme, mood: str) -> None:
    colours = COLOURS[scheme]
    ground = getattr(colours, f"{mood}_soft")
    assert contrast(getattr(colours, mood), ground) >= 4.5
    assert contrast(colours.text, ground) >= 4.5


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_buttons_and_outlines_stand_out(scheme: Scheme) -> None:
    colours = COLOURS[scheme]
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.strong_border, colours.surface) >= 3
    assert contrast(colours.text, colours.hover) >= 4.5


def test_both_schemes_name_every_colour() -> None:
    names = {field.name for field in fields(Colours)}
    assert all(set(vars(colours)) == names for colours in COLOURS.values())


def test_a_chosen_scheme_dresses_the_application(qapp: QApplication) -> None:
    theme = Theme(qapp, "light")
    told: list[int] = []
    theme.changed.connect(lambda: told.append(1))
    theme.choose("dark")
    assert told == [1]
    assert theme.scheme == "dark"
    assert qapp.palette().color(QPalette.ColorRole.Base).name() == COLOURS["dark"].surface
    theme.choose("light")
    assert qapp.palette().color(QPalette.ColorRole.Base).name() == COLOURS["light"].surface
    theme.choose("system")
    assert theme.choice == "system"


@pytest.mark.parametrize("name", SHAPES)
def test_every_icon_is_drawn_in_its_colour(qapp: QApplication, name: str) -> None:
    image = pixmap(name, "#ff0000", 48).toImage()
    drawn = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert drawn == {"#ff0000"}
