"""The paper that a report is printed on, and the type on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFont, QImage, QPageSize, QTextDocument

from storage.exports.paper import Paper

UNITS_PER_INCH: Final = 96
"""All lengths in this package are in these, whatever the resolution of what is painted on."""

_UNITS_PER_MM: Final = UNITS_PER_INCH / 25.4
_SIZES: Final = {"a4": QPageSize.PageSizeId.A4, "letter": QPageSize.PageSizeId.Letter}
_BODY: Final = (
    "Helvetica Neue",
    "Segoe UI",
    "Noto Sans",
    "Liberation Sans",
    "Arial",
    "DejaVu Sans",
)
_STYLE: Final = """
    body { color: #1c1f23; }
    p, ul, ol, pre, table, blockquote { margin-top: 0px; margin-bottom: 5px; }
    h1 { font-size: 19pt; margin-top: 2px; margin-bottom: 5px; }
    h2 { font-size: 12.5pt; margin-top: 0px; margin-bottom: 5px; }
    h3 { font-size: 10.5pt; margin-top: 0px; margin-bottom: 4px; }
    h4 { font-size: 9.5pt; margin-top: 0px; margin-bottom: 3px; }
    h5, h6 { font-size: 9pt; font-weight: bold; margin-top: 6px; margin-bottom: 3px; }
    pre, code { font-size: 8pt; }
    pre { background-color: #f3f5f7; white-space: pre-wrap; }
    blockquote { color: #5b636d; margin-top: 4px; margin-left: 14px; }
    li { margin-bottom: 2px; }
    a { color: #0b63a5; }
    .quiet { color: #5b636d; }
    .small { font-size: 8pt; }
    h6.aside { margin-top: 0px; }
    .aside { font-size: 8pt; font-weight: normal; color: #5b636d; }
    .large { font-size: 10.5pt; }
    .error { color: #b3261e; }
    .good { color: #176a3a; }
    .empty { color: #5b636d; font-style: italic; }
"""


@dataclass(frozen=True)
class Sheet:
    """One page; `left` and `top` are where its contents begin, `width` and `height` their extent."""

    size: QPageSize
    page_width: float
    page_height: float
    left: float
    top: float
    width: float
    height: float


def sheet(paper: Paper) -> Sheet:
    size = QPageSize(_SIZES[paper])
    whole = size.size(QPageSize.Unit.Millimeter)
    side, above, below = 18.0, 20.0, 18.0
    return Sheet(
        size=size,
        page_width=whole.width() * _UNITS_PER_MM,
        page_height=whole.height() * _UNITS_PER_MM,
        left=side * _UNITS_PER_MM,
        top=above * _UNITS_PER_MM,
        width=(whole.width() - 2 * side) * _UNITS_PER_MM,
        height=(whole.height() - above - below) * _UNITS_PER_MM,
    )


class Setting(QTextDocument):
    """Sets HTML in the report's type; it loads nothing that the HTML names."""

    def __init__(self, html: str, width: float, points: float = 9.0) -> None:
        super().__init__()
        self.documentLayout().setPaintDevice(_device())
        self.setUseDesignMetrics(True)
        self.setDocumentMargin(0)
        self.setIndentWidth(16)
        self.setDefaultFont(_font(points))
        self.setDefaultStyleSheet(_STYLE)
        self.setHtml(f"<body>{html}</body>")
        self.setTextWidth(width)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A blank picture for everything: Qt would read local files, and does so when given None."""
        return _device()


def _font(points: float) -> QFont:
    font = QFont()
    font.setFamilies(list(_BODY))
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setPointSizeF(points)
    # A reader's search for "flow" would not find a word that is printed with the ligature fl.
    font.setFeature(QFont.Tag("liga"), 0)
    return font


def _device() -> QImage:
    """What text is measured for, so that lengths do not depend on the screen."""
    image = QImage(1, 1, QImage.Format.Format_ARGB32)
    image.fill(0)
    image.setDotsPerMeterX(round(UNITS_PER_INCH / 0.0254))
    image.setDotsPerMeterY(round(UNITS_PER_INCH / 0.0254))
    return image
