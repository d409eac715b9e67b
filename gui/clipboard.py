"""What is copied: texts, tables and pictures, in every form that other programs take."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Final

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMimeData,
    QModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPalette, QTextDocument
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QAbstractItemView, QGraphicsView, QWidget

from gui.qt_html import qt_html

_SHARPNESS: Final = 2
"""Dots of a copied picture for one of the screen's: it is looked at larger, or printed."""

_WITHOUT_SCREEN: Final = ("offscreen", "minimal")
_WIDTH: Final = 640
_EDGE: Final = 12
_STYLE: Final = (
    "th, td { padding: 3px 8px; } pre, code { font-size: small; } h5, h6 { font-weight: bold; }"
)


@dataclass(frozen=True)
class Words:
    """The same thing said in three ways; html is our own, and safe."""

    text: str
    markdown: str
    html: str


@dataclass(frozen=True)
class Picture:
    """paint: draws at the painter's origin, as large as size says."""

    size: QSize
    paint: Callable[[QPainter], None]


def reply_words(markdown: str) -> Words:
    html = qt_html(markdown)
    document = QTextDocument()
    document.setHtml(html)
    return Words(text=document.toPlainText(), markdown=markdown, html=html)


def table_words(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Words:
    lines = [[" ".join(cell.split()) for cell in line] for line in (head, *rows)]
    cells = [
        "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in line)
        for line, tag in zip(lines, ("th", *("td",) * len(rows)), strict=True)
    ]
    piped = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    rule = "|" + " --- |" * len(head)
    return Words(
        text="\n".join("\t".join(line) for line in lines if any(line)),
        markdown="\n".join((piped[0], rule, *piped[1:])),
        html='<table border="1" cellspacing="0" style="border-collapse: collapse">'
        + "".join(f"<tr>{line}</tr>" for line in cells)
        + "</table>",
    )


def view_words(view: QAbstractItemView) -> Words:
    """All rows of a table, shown or scrolled away, without the columns that are hidden."""
    model, across = view.model(), Qt.Orientation.Horizontal
    hidden: Callable[[int], bool] = getattr(view, "isColumnHidden", lambda _: False)
    columns = [place for place in range(model.columnCount()) if not hidden(place)]
    head = [_shown(model.headerData(place, across)) for place in columns]
    none = QModelIndex()
    rows = [
        [_shown(model.index(row, place, none).data()) for place in columns]
        for row in range(model.rowCount())
    ]
    return table_words(head, rows)


def picture_of_widget(widget: QWidget) -> Picture:
    def paint(painter: QPainter) -> None:
        if isinstance(widget, QGraphicsView):
            # As shapes: a widget's own way would give dots.
            widget.render(painter, QRectF(widget.rect()), widget.rect())
        else:
            widget.render(painter, QPoint())

    return Picture(widget.size(), paint)


def picture_of_words(words: Words) -> Picture:
    """As dark text on white, whatever the window's colours: it goes into documents."""
    document = QTextDocument()
    document.setDefaultStyleSheet(_STYLE)
    document.setHtml(words.html)
    document.setDocumentMargin(_EDGE)
    document.setTextWidth(min(_WIDTH, max(120.0, document.idealWidth())))

    def paint(painter: QPainter) -> None:
        context = document.documentLayout().PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, QColor(Qt.GlobalColor.black))
        document.documentLayout().draw(painter, context)

    return Picture(document.size().toSize(), paint)


# How it is put on the clipboard ----------------------------------------------------------------


def copy(carried: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(carried)
    if QGuiApplication.platformName() in _WITHOUT_SCREEN:
        _let_go_in_time()


@cache
def _let_go_in_time() -> None:
    """Without a screen, Qt 6.11 deletes what is on its clipboard after Python has ended: a crash."""
    atexit.register(QGuiApplication.clipboard().clear)


def rich(words: Words) -> QMimeData:
    """For whatever takes it: Markdown for plain fields, formatted text for documents."""
    carried = markdown(words)
    carried.setHtml(words.html)
    return carried


def spreadsheet(words: Words) -> QMimeData:
    """Cells for spreadsheets, a table for documents."""
    carried = plain(words)
    carried.setHtml(words.html)
    return carried


def plain(words: Words) -> QMimeData:
    carried = QMimeData()
    carried.setText(words.text)
    return carried


def markdown(words: Words) -> QMimeData:
    carried = QMimeData()
    carried.setText(words.markdown)
    carried.setData("text/markdown", QByteArray(words.markdown.encode()))
    return carried


def image(picture: Picture) -> QMimeData:
    carried = QMimeData()
    carried.setImageData(_image(picture))
    return carried


def svg(picture: Picture) -> QMimeData:
    """As a picture for those that know SVG, and as its source for editors."""
    source = _svg(picture)
    carried = QMimeData()
    carried.setData("image/svg+xml", QByteArray(source))
    carried.setText(source.decode())
    return carried


def both(picture: Picture) -> QMimeData:
    carried = image(picture)
    carried.setData("image/svg+xml", QByteArray(_svg(picture)))
    return carried


def _image(picture: Picture) -> QImage:
    made = QImage(picture.size * _SHARPNESS, QImage.Format.Format_ARGB32_Premultiplied)
    made.setDevicePixelRatio(_SHARPNESS)
    made.fill(Qt.GlobalColor.white)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    picture.paint(painter)
    painter.end()
    return made


def _svg(picture: Picture) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    # What pyqtgraph records of an axis is replayed at the scale of the two resolutions.
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))
    generator.setSize(picture.size)
    generator.setViewBox(QImage(picture.size, QImage.Format.Format_Mono).rect())
    painter = QPainter(generator)
    picture.paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def _shown(value: object) -> str:
    return "" if value is None else str(value)
