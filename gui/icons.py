"""The icons, drawn on a grid of 24 with strokes alone, so that one colour tints each of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SHAPES: Final[dict[str, str]] = {
    "steelyard": (
        '<path d="M8 6.2V4.4a1.7 1.7 0 1 1 1.7-1.7"/><path d="M2 8.4 22 5.2"/>'
        '<path d="M4.6 8v2.8M2.2 20.5h4.8a1.2 1.2 0 0 0 1.2-1.2v-7.2'
        'a1.2 1.2 0 0 0-1.2-1.2H2.2A1.2 1.2 0 0 0 1 12.1v7.2a1.2 1.2 0 0 0 1.2 1.2z"/>'
        '<path d="M17.5 6v2.4"/><circle cx="17.5" cy="10.3" r="1.9"/>'
        '<path d="M11.5 6.9v1.2M14.5 6.4v1.2M20.5 5.5v1.2"/>'
    ),
    "compare": (
        '<rect x="3" y="4" width="7.5" height="16" rx="1.5"/>'
        '<rect x="13.5" y="4" width="7.5" height="16" rx="1.5"/>'
    ),
    "models": ('<path d="M12 3 4 7v10l8 4 8-4V7z"/><path d="M4 7l8 4 8-4M12 11v10"/>'),
    "quality": ('<path d="M4 4v16h16"/><path d="M8.5 8v7M7 8h3M7 15h3M15.5 6v6M14 6h3M14 12h3"/>'),
    "history": ('<path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5"/><path d="M12 8v4.5l3 1.8"/>'),
    "sessions": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "cost": ('<path d="M17.5 7.3A6.5 6.5 0 1 0 17.5 16.7"/><path d="M4 10.5h9M4 13.5h8"/>'),
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "play": '<path d="M7.5 4.5v15l12-7.5z"/>',
    "pause": '<path d="M8.5 5v14M15.5 5v14"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "download": '<path d="M12 4v11M7.5 11 12 15.5 16.5 11M4.5 20h15"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1.5"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "copy": (
        '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/>'
        '<path d="M15.5 8.5v-3a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h3"/>'
    ),
    "maximise": '<path d="M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7"/>',
    "restore": '<path d="M20 10h-6V4M4 14h6v6M14 10l7-7M10 14l-7 7"/>',
    "right": '<path d="m9 5 7 7-7 7"/>',
    "left": '<path d="m15 5-7 7 7 7"/>',
    "down": '<path d="m5 9 7 7 7-7"/>',
    "sliders": (
        '<path d="M4 7h9M19 7h1M4 17h1M11 17h9"/>'
        '<circle cx="16" cy="7" r="2.6"/><circle cx="8" cy="17" r="2.6"/>'
    ),
    "duplicate": (
        '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/>'
        '<path d="M3.5 15.5v-10a2 2 0 0 1 2-2h10"/>'
        '<path d="M14.5 11.5v6M11.5 14.5h6"/>'
    ),
    "trash": '<path d="M4 6.5h16M9.5 6V4h5v2M6.5 6.5l1 13.5h9l1-13.5M10 10.5v6M14 10.5v6"/>',
    "theme": (
        '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17M12 8l6-3M12 13l8.2-3M12 18l7-3"/>'
    ),
    "help": (
        '<circle cx="12" cy="12" r="8.5"/>'
        '<path d="M9.5 9.5a2.6 2.6 0 1 1 3.6 2.4c-.8.4-1.1.9-1.1 1.8M12 16.6v.2"/>'
    ),
    "export": (
        '<path d="M12 15V4M7.5 8 12 3.5 16.5 8M4 14v4.5A1.5 1.5 0 0 0 5.5 20h13a1.5'
        ' 1.5 0 0 0 1.5-1.5V14"/>'
    ),
    "warning": '<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2"/>',
    "error": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5v5.5M12 16v.2"/>',
    "notice": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.8V8"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "together": '<path d="M8 4v13M4.5 13.5 8 17l3.5-3.5M16 20V7M12.5 10.5 16 7l3.5 3.5"/>',
    "differ": '<path d="M5 9h14M5 15h14M16.5 4.5l-9 15"/>',
    "marks": '<path d="M4 20h16M7 15.5 12 4l5 11.5M8.8 11.5h6.4"/>',
    "diverge": (
        '<path d="M12 21v-7c0-4-2.5-5.5-5.5-8.5M12 14c0-4 2.5-5.5 5.5-8.5"/>'
        '<path d="M6.5 10V5.5H11M13 5.5h4.5V10"/>'
    ),
    "raw": '<path d="m8.5 7-5 5 5 5M15.5 7l5 5-5 5"/>',
    "more": '<path d="M6 12v.2M12 12v.2M18 12v.2"/>',
    "again": '<path d="M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 3.5v4.8h-4.8"/>',
}

_SIZES: Final = (16, 20, 24, 32, 48, 64, 96)
_KEPT: Final = 512


def icon(name: str, colour: str, disabled: str | None = None) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(pixmap(name, colour, size))
        if disabled is not None:
            made.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0, stroke: float = 1.8) -> QPixmap:
    """A picture of `size` device-independent pixels for a screen of the given ratio."""
    picture = QPixmap.fromImage(_drawn(name, colour, round(size * ratio), stroke))
    picture.setDevicePixelRatio(ratio)
    return picture


@lru_cache(_KEPT)
def _drawn(name: str, colour: str, pixels: int, stroke: float) -> QImage:
    """Kept, since buttons of a kind share their icon; images, unlike pixmaps, outlive the application."""
    renderer = QSvgRenderer(QByteArray(_svg(name, colour, stroke).encode()))
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image


def _svg(name: str, colour: str, stroke: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke-width="{stroke}" '
        f'stroke="{colour}" stroke-linecap="round" stroke-linejoin="round">{SHAPES[name]}</svg>'
    )
