"""The process that prints: sessions in by standard input, a PDF or a picture of its first page out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain
from typing import Final, cast

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QImageWriter, QPainter, QPdfWriter

from engine.contract import Session
from engine.errors import SteelyardError, StorageError
from gui.printing.layout import flow
from gui.printing.pages import Page, PageBreak, pages
from gui.printing.pieces import Gap, Piece
from gui.printing.sheet import UNITS_PER_INCH, Setting, Sheet, sheet
from gui.printing.tables import Row, Table
from gui.printing.text import Text, paint_text
from storage.document import parse
from storage.exports.paper import Paper
from storage.exports.pdf import FIRST_PAGE
from storage.exports.report import report

_PDF_PER_INCH: Final = 1200
_PICTURE_PER_INCH: Final = 110
_CHARACTERS: Final = re.compile(rb"begincmap.*?endcmap", re.DOTALL)
_GLYPHS: Final = re.compile(rb"\[[^\]]*\]")


def main(arguments: Sequence[str]) -> int:
    """Arguments: what to make, and the paper. Faults of the world are a sentence on standard error."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    what, paper = arguments[0], sheet(cast("Paper", arguments[1]))
    application = QGuiApplication(["steelyard"])
    try:
        if not QFontDatabase.families():
            raise StorageError("no fonts are installed. Install DejaVu fonts")
        sessions = [parse(line, "standard input") for line in sys.stdin.buffer]
        made = first_page(sessions, paper) if what == FIRST_PAGE else pdf(sessions, paper)
    except SteelyardError as fault:
        print(fault, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    application.quit()
    return 0


def pdf(sessions: Sequence[Session], paper: Sheet) -> bytes:
    """Laid out twice: the first time only counts the pages, so that they need not be kept."""
    begins: dict[int, int] = {}
    n_pages = 0
    for n_pages, page in enumerate(_pages(sessions, paper, {}), 1):
        if page.begins is not None:
            begins[page.begins] = n_pages
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_PDF_PER_INCH)
    writer.setPageSize(paper.size)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(_title(sessions))
    writer.setCreator(f"Steelyard {sessions[0].environment.app}")
    painter = QPainter(writer)
    painter.scale(_PDF_PER_INCH / UNITS_PER_INCH, _PDF_PER_INCH / UNITS_PER_INCH)
    for number, page in enumerate(_pages(sessions, paper, begins), 1):
        if number > 1:
            writer.newPage()
        _paint(painter, page, paper, _title(sessions), f"Page {number} of {n_pages}", number)
    painter.end()
    return _with_spaces(bytes(content.data()))


def _with_spaces(content: bytes) -> bytes:
    """Tell readers that the gaps between words are spaces.

    Qt 6.11 (QFontSubset::getReverseMap) names a glyph after the lowest character that shows it, and under
    Linux a tab shows as the space does: whoever copied or searched words found tabs between them.
    """

    def mended(table: re.Match[bytes]) -> bytes:
        return _GLYPHS.sub(lambda glyphs: glyphs[0].replace(b"<0009>", b"<0020>"), table[0])

    return _CHARACTERS.sub(mended, content)


def first_page(sessions: Sequence[Session], paper: Sheet) -> bytes:
    scale = _PICTURE_PER_INCH / UNITS_PER_INCH
    image = QImage(
        round(paper.page_width * scale),
        round(paper.page_height * scale),
        QImage.Format.Format_RGB32,
    )
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    for page in _pages(sessions, paper, {}):
        _paint(painter, page, paper, _title(sessions), "Page 1", 1)
        break
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def _pages(sessions: Sequence[Session], paper: Sheet, begins: dict[int, int]) -> Iterator[Page]:
    """begins: the page of each session, for the list of contents."""
    parts = (_session(place, session, paper) for place, session in enumerate(sessions))
    contents = _contents(sessions, paper, begins) if len(sessions) > 1 else ()
    return pages(chain(contents, chain.from_iterable(parts)), paper.height)


def _session(place: int, session: Session, paper: Sheet) -> Iterator[Piece | PageBreak]:
    yield PageBreak(begins=place)
    yield from flow(report(session), paper)


def _contents(sessions: Sequence[Session], paper: Sheet, begins: dict[int, int]) -> Iterator[Piece]:
    yield Text.of(Setting(f"<h1>{_title(sessions)}</h1>", paper.width), keeps=True)
    yield Gap(10)
    width, number = paper.width, 50.0
    for place, session in enumerate(sessions):
        shown = report(session)
        line = f'{escape(shown.title)}<br><span class="small quiet">{escape(shown.about)}</span>'
        page = f'<div align="right">{begins.get(place, 0)}</div>'
        cells = (Setting(line, width - 2 * number), Setting(page, number))
        yield Table((Row(cells, (0.0, width - number), width),))


def _title(sessions: Sequence[Session]) -> str:
    return sessions[0].title if len(sessions) == 1 else f"{len(sessions):,} sessions"


def _paint(
    painter: QPainter, page: Page, paper: Sheet, title: str, number: str, place: int
) -> None:
    """The page with its head and foot; the first page has its title in its contents."""
    if place > 1:
        _line(painter, paper, paper.top - 40, _cut(title), "")
    page.paint(painter, paper)
    _line(painter, paper, paper.top + paper.height + 22, "Made with Steelyard", number)


def _line(painter: QPainter, paper: Sheet, top: float, left: str, right: str) -> None:
    painter.save()
    painter.translate(paper.left, top)
    for text, side in ((left, "left"), (right, "right")):
        html = f'<div class="small quiet" align="{side}">{escape(text)}</div>'
        paint_text(painter, Setting(html, paper.width))
    painter.restore()


def _cut(title: str) -> str:
    return title if len(title) <= 90 else f"{title[:89]}…"
