"""Markdown of a model's reply as a document, safe and in the window's look."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from gui.theme import Theme

_DIALECT: Final = QTextDocument.MarkdownFeature(
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub.value
    | QTextDocument.MarkdownFeature.MarkdownNoHTML.value
)
_LINE_HEIGHT: Final = 118.0
_HEADING_SIZES: Final = {1: 1.35, 2: 1.2, 3: 1.1}


class MarkdownView(QTextBrowser):
    """Shows foreign Markdown: loads nothing that it names, follows no link by itself."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._source = ""
        self.setProperty("look", "reply")
        self.setOpenLinks(False)
        self.setAcceptDrops(False)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(0)
        theme.changed.connect(self._render)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A blank picture for everything: Qt would read local files, and does so when given None."""
        blank = QImage(1, 1, QImage.Format.Format_ARGB32)
        blank.fill(0)
        return blank

    def show_markdown(self, source: str) -> None:
        if source != self._source:
            self._source = source
            self._render()

    def _render(self) -> None:
        position = self.verticalScrollBar().value()
        document = self.document()
        document.setIndentWidth(self._theme.lines(1.4))
        document.setMarkdown(self._source, _DIALECT)
        _dress(document, self._theme)
        self.verticalScrollBar().setValue(position)


def _dress(document: QTextDocument, theme: Theme) -> None:
    """Give headings, code and tables the window's sizes and colours."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _dress_table(frame, theme)
    code: list[tuple[int, int]] = []
    block = document.begin()
    while block.isValid():
        if not _is_code(block):
            _dress_block(cursor, block, theme)
        elif _is_code(block.previous()):
            code[-1] = (code[-1][0], block.position() + block.length() - 1)
        else:
            code.append((block.position(), block.position() + block.length() - 1))
        block = block.next()
    for start, end in reversed(code):
        _frame_code(cursor, start, end, theme)
    _close_gaps(cursor, document)
    cursor.endEditBlock()


def _close_gaps(cursor: QTextCursor, document: QTextDocument) -> None:
    """Qt keeps an empty line beside each frame and table: make it too low to be seen."""
    low = QTextBlockFormat()
    low.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    tiny = QTextCharFormat()
    tiny.setFontPointSize(1)
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        if not block.text() and cursor.currentFrame() is document.rootFrame():
            cursor.setBlockFormat(low)
            cursor.setBlockCharFormat(tiny)
        block = block.next()


def _dress_block(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    shape = block.blockFormat()
    cursor.setPosition(block.position())
    shape.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if shape.headingLevel():
        shape.setTopMargin(theme.space.m if block.blockNumber() else 0)
        shape.setBottomMargin(theme.space.xs)
        style = QTextCharFormat()
        style.setFontWeight(QFont.Weight.DemiBold)
        style.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
        style.setFontPointSize(theme.type.body * _HEADING_SIZES.get(shape.headingLevel(), 1.0))
        _restyle(cursor, block, style)
    elif cursor.currentTable() is not None:
        shape.setTopMargin(0)
        shape.setBottomMargin(0)
    else:
        shape.setTopMargin(0)
        shape.setBottomMargin(theme.space.xs if block.textList() is not None else theme.space.s)
    if shape.hasProperty(QTextFormat.Property.BlockQuoteLevel):
        style = QTextCharFormat()
        style.setForeground(QBrush(QColor(theme.colours.muted)))
        _restyle(cursor, block, style)
        shape.setLeftMargin(theme.space.l * shape.intProperty(QTextFormat.Property.BlockQuoteLevel))
    cursor.setPosition(block.position())
    cursor.setBlockFormat(shape)
    _dress_inline_code(cursor, block, theme)


def _frame_code(cursor: QTextCursor, start: int, end: int, theme: Theme) -> None:
    """Put the lines of a code block on a ground of their own."""
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    plain = QTextBlockFormat()
    plain.setNonBreakableLines(False)
    cursor.setBlockFormat(plain)
    cursor.mergeBlockCharFormat(_code_style(theme))
    cursor.mergeCharFormat(_code_style(theme))
    ground = QTextFrameFormat()
    ground.setBackground(QBrush(QColor(theme.colours.raised)))
    ground.setPadding(theme.space.s)
    ground.setTopMargin(theme.space.xs)
    ground.setBottomMargin(theme.space.s)
    cursor.insertFrame(ground)


def _dress_inline_code(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    spans = []
    step = block.begin()
    while not step.atEnd():
        fragment = step.fragment()
        if fragment.charFormat().fontFixedPitch():
            spans.append((fragment.position(), fragment.length()))
        step += 1
    for position, length in spans:
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        style = _code_style(theme)
        style.setBackground(QBrush(QColor(theme.colours.raised)))
        cursor.mergeCharFormat(style)


def _dress_table(table: QTextTable, theme: Theme) -> None:
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderBrush(QBrush(QColor(theme.colours.border)))
    shape.setBorderCollapse(True)
    shape.setCellPadding(theme.space.xs)
    shape.setCellSpacing(0)
    shape.setTopMargin(theme.space.xs)
    shape.setBottomMargin(theme.space.s)
    table.setFormat(shape)
    first = table.cellAt(0, 0)
    if first.firstCursorPosition().block() != first.lastCursorPosition().block():
        # Qt's importer leaves an empty line at the head of the first cell.
        first.firstCursorPosition().deleteChar()
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.DemiBold)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        style = cell.format()
        style.setBackground(QBrush(QColor(theme.colours.raised)))
        cell.setFormat(style)
        cursor = cell.firstCursorPosition()
        cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(bold)


def _is_code(block: QTextBlock) -> bool:
    shape = block.blockFormat()
    return block.isValid() and (
        shape.hasProperty(QTextFormat.Property.BlockCodeFence)
        or shape.hasProperty(QTextFormat.Property.BlockCodeLanguage)
    )


def _code_style(theme: Theme) -> QTextCharFormat:
    style = QTextCharFormat()
    font = theme.mono(theme.type.small)
    style.setFontFamilies(font.families())
    style.setFontPointSize(font.pointSizeF())
    style.setForeground(QBrush(QColor(theme.colours.text)))
    return style


def _restyle(cursor: QTextCursor, block: QTextBlock, style: QTextCharFormat) -> None:
    cursor.setPosition(block.position())
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.mergeCharFormat(style)
