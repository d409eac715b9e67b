"""What is copied, and from where in the window it can be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from gui import clipboard
from gui.clipboard import Words, reply_words, table_words, view_words
from gui.commands import edit_commands
from gui.compare.column import Column
from gui.cost.bars import TornadoBars
from gui.cost.cost_words import Bar
from gui.history.comparison_view import ComparisonView
from gui.quality.figures_table import Cell, FiguresModel, FiguresTable
from gui.quality.figures_table import Column as FigureColumn
from gui.theme import Theme
from gui.widgets.copy_menu import KEYS, CopyMenu, copy_menu_of, offer_words
from gui.widgets.rows import RowsView
from tests.gui.acting import A

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = "A **balance** with\n\n- one arm <script>x</script>"


def on_clipboard() -> QMimeData:
    found = QGuiApplication.clipboard().mimeData()
    assert found is not None
    return found


def drawn(svg: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg.encode()))


def menu_of(widget: QWidget) -> QMenu:
    """What a right click shows."""
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    shown = QApplication.activePopupWidget()
    assert isinstance(shown, QMenu)
    return shown


def titles(menu: QMenu) -> list[str]:
    return [action.text().partition("\t")[0] for action in menu.actions()]


@pytest.fixture(autouse=True)
def _empty(qapp: QApplication) -> None:
    QGuiApplication.clipboard().clear()


# --- Forms -----------------------------------------------------------------------------------------


def test_a_reply_is_carried_as_markdown_and_formatted() -> None:
    clipboard.copy(clipboard.rich(reply_words(MARKDOWN)))
    assert on_clipboard().text() == MARKDOWN
    assert bytes(on_clipboard().data("text/markdown").data()).decode() == MARKDOWN
    assert "<strong>balance</strong>" in on_clipboard().html()
    assert "<script>" not in on_clipboard().html()


def test_a_reply_as_text_has_no_marks() -> None:
    clipboard.copy(clipboard.plain(reply_words(MARKDOWN)))
    assert on_clipboard().text().startswith("A balance with\n")
    assert not on_clipboard().hasHtml()


def test_a_table_is_cells_for_spreadsheets_and_a_table_for_documents() -> None:
    words = table_words(("Model", "Speed"), [("a | b", "51\n tok/s"), ("<c>", "")])
    clipboard.copy(clipboard.spreadsheet(words))
    assert on_clipboard().text() == "Model\tSpeed\na | b\t51 tok/s\n<c>\t"
    assert "<th>Model</th>" in on_clipboard().html()
    assert "<td>&lt;c&gt;</td>" in on_clipboard().html()
    assert words.markdown.splitlines() == [
        "| Model | Speed |",
        "| --- | --- |",
        r"| a \| b | 51 tok/s |",
        "| <c> |  |",
    ]


def test_words_become_pictures_in_both_kinds() -> None:
    picture = clipboard.picture_of_words(table_words(("Model", "Speed"), [("a", "51")]))
    clipboard.copy(clipboard.both(picture))
    image = on_clipboard().imageData()
    assert isinstance(image, QImage)
    assert image.size() == picture.size * 2
    assert {image.pixelColor(x, 40).lightness() < 128 for x in range(image.width())} == {
        True,
        False,
    }
    source = bytes(on_clipboard().data("image/svg+xml").data()).decode()
    assert drawn(source).isValid()
    clipboard.copy(clipboard.svg(picture))
    assert on_clipboard().text().startswith("<?xml")
    assert not on_clipboard().hasImage()


def test_hidden_columns_are_not_copied(qtbot: QtBot, theme: Theme) -> None:
    model = FiguresModel((FigureColumn("Model"), FigureColumn("Speed")))
    table = FiguresTable(theme, model, "Speeds")
    qtbot.addWidget(table)
    model.show_rows([[Cell("a"), Cell("51 tok/s", 51.0)]])
    assert view_words(table).text == "Model\tSpeed\na\t51 tok/s"
    table.setColumnHidden(1, True)
    assert view_words(table).text == "Model\na"


# --- Menus -----------------------------------------------------------------------------------------


def test_a_right_click_offers_every_form_and_copies_it(qtbot: QtBot, theme: Theme) -> None:
    model = FiguresModel((FigureColumn("Model"),))
    table = FiguresTable(theme, model, "Models")
    qtbot.addWidget(table)
    model.show_rows([[Cell("a")]])
    table.show()
    menu = menu_of(table.viewport())
    assert titles(menu) == [
        *("Copy the table", "Copy as text", "Copy as Markdown", "Copy as PNG", "Copy as SVG")
    ]
    menu.actions()[2].trigger()
    assert on_clipboard().text() == "| Model |\n| --- |\n| a |"
    menu.close()


def test_an_empty_table_says_why_it_cannot_be_copied(qtbot: QtBot, theme: Theme) -> None:
    table = FiguresTable(theme, FiguresModel((FigureColumn("Model"),)), "Models")
    qtbot.addWidget(table)
    table.show()
    menu = menu_of(table.viewport())
    assert not menu.actions()[0].isEnabled()
    assert menu.actions()[0].toolTip() == "The table is empty."
    menu.close()


def test_a_text_keeps_its_own_menu(qtbot: QtBot) -> None:
    text = QPlainTextEdit("said")
    qtbot.addWidget(text)
    offer_words(text, "the reply", lambda: Words("said", "said", "said"), lambda: "")
    text.show()
    menu = menu_of(text.viewport())
    assert "Copy the reply" in titles(menu)
    assert any("Select All" in title.replace("&", "") for title in titles(menu))
    menu.close()


def test_a_chart_is_copied_as_it_is_drawn(qtbot: QtBot, theme: Theme) -> None:
    bars = TornadoBars(theme)
    qtbot.addWidget(bars)
    bars.show_bars([Bar("Electricity", 1.0, 3.0, "1 to 3 EUR")], 2.0)
    bars.resize(400, 60)
    bars.show()
    offered = copy_menu_of(bars)
    assert offered is not None
    offered.copy()
    image = on_clipboard().imageData()
    assert isinstance(image, QImage)
    assert image.width() == 800
    dots = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    assert len(dots) > 20
    source = bytes(on_clipboard().data("image/svg+xml").data()).decode()
    assert "Electricity" in source
    assert drawn(source).isValid()


def test_charts_of_pyqtgraph_are_copied_with_their_axes(qtbot: QtBot, theme: Theme) -> None:
    from gui.quality.plot import Plot

    plot = Plot(theme, "Chart")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.begin("Passed, %", "Size, MB", grid_y=True)
    plot.dot(1.0, 2.0)
    plot.show()
    qtbot.waitExposed(plot)
    offered = copy_menu_of(plot.view)
    assert offered is not None
    offered.copy()
    source = bytes(on_clipboard().data("image/svg+xml").data()).decode()
    assert "Passed, %" in source
    assert "<path" in source
    image = on_clipboard().imageData()
    assert isinstance(image, QImage)
    assert len({image.pixel(x, y) for x in range(0, 1000, 5) for y in range(0, 600, 5)}) > 3


def test_the_edit_menu_copies_what_the_keyboard_is_in(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = QWidget()
    qtbot.addWidget(outer)
    inner = QPlainTextEdit(outer)
    offer_words(outer, "the reply", lambda: Words("t", "m", "h"), lambda: "")
    (command,) = [each for each in edit_commands() if each.id == "copy-whole"]
    assert command.keys == (KEYS,)
    monkeypatch.setattr(QApplication, "focusWidget", lambda: inner)
    command.call()
    assert on_clipboard().text() == "m"
    monkeypatch.setattr(QApplication, "focusWidget", lambda: None)
    command.call()


def test_all_rows_of_details_are_copied(qtbot: QtBot, theme: Theme) -> None:
    rows = RowsView(theme, [("Kind", "Comparison"), ("Machine", "a CPU")])
    qtbot.addWidget(rows)
    offered = copy_menu_of(rows)
    assert offered is not None
    offered.copy()
    assert on_clipboard().text() == "Kind\tComparison\nMachine\ta CPU"


def test_tables_and_replies_of_two_compared_sessions_can_be_copied(
    qtbot: QtBot, theme: Theme
) -> None:
    view = ComparisonView(theme)
    qtbot.addWidget(view)
    view.reply_after.setPlainText("Blue.")
    parts = (view.differences, view.speeds, view.replies, view.reply_before, view.reply_after)
    offers = [part.findChild(CopyMenu) for part in parts]
    assert all(offers)
    last = offers[-1]
    assert last is not None
    last.copy()
    assert on_clipboard().text() == "Blue."
    assert offers[3] is not None
    assert offers[3].why_not() == "There is no reply."


def test_a_column_copies_its_reply_by_button_and_menu(qtbot: QtBot, theme: Theme) -> None:
    column = Column(theme, A)
    qtbot.addWidget(column)
    column.resize(400, 400)
    column.show()
    menu = menu_of(column)
    assert menu.actions()[0].toolTip() == "There is no reply yet."
    menu.close()
    column.show_text(MARKDOWN, "")
    column.copy.click()
    assert on_clipboard().text() == MARKDOWN
    assert on_clipboard().hasHtml()
    for area in column.reply.areas:
        assert area.findChild(CopyMenu) is not None


def test_a_program_that_copied_ends_in_peace() -> None:
    """Qt deletes what is copied after Python's end where there is no screen."""
    program = (
        "from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from gui import clipboard;"
        "clipboard.copy(clipboard.rich(clipboard.reply_words('*a*')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert ended.returncode == 0
