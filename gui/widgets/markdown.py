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
    block = document.begin()
    while block.isValid():
        _dress_block(cursor, block, theme)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _dress_table(frame, theme)
    cursor.endEditBlock()


def _dress_block(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    shape = block.blockFormat()
    cursor.setPosition(block.position())
    if _is_code(block):
        _dress_code(cursor, block, theme)
        return
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


def _dress_code(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    """Each line of code is a block of its own; together they stand on one ground."""
    shape = block.blockFormat()
    shape.setBackground(QBrush(QColor(theme.colours.raised)))
    shape.setLeftMargin(0)
    shape.setRightMargin(0)
    shape.setTextIndent(theme.space.s)
    shape.setNonBreakableLines(False)
    shape.setTopMargin(0 if _is_code(block.previous()) else theme.space.xs)
    shape.setBottomMargin(0 if _is_code(block.next()) else theme.space.s)
    cursor.setBlockFormat(shape)
    cursor.setBlockCharFormat(_code_style(theme))
    _restyle(cursor, block, _code_style(theme))


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
