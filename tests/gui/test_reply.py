from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextDocument
from pytestqt.qtbot import QtBot

from gui.theme import Theme
from gui.widgets.markdown import MarkdownView
from gui.widgets.reply import ReplyView

LONG = "\n".join(f"Line {n}" for n in range(300))


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ReplyView:
    made = ReplyView(theme, "A model")
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    return made


def shown_as(view: ReplyView) -> str:
    return type(view.area).__name__


def stream(view: ReplyView, text: str) -> None:
    for line in text.splitlines(keepends=True):
        view.append(line)
    view.flush()


def test_text_is_painted_when_it_is_flushed(view: ReplyView) -> None:
    view.append("Hello ")
    view.append("there")
    assert view._plain.toPlainText() == ""
    view.flush()
    assert view._plain.toPlainText() == view.text == "Hello there"


def test_the_end_is_followed_while_it_is_in_view(view: ReplyView) -> None:
    stream(view, LONG)
    bar = view.area.verticalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum()


def test_a_reader_who_scrolled_up_is_left_there(view: ReplyView) -> None:
    stream(view, LONG)
    bar = view.area.verticalScrollBar()
    bar.setValue(10)
    stream(view, LONG)
    assert bar.value() == 10


def test_a_whole_reply_is_rendered_and_raw_text_is_a_switch_away(view: ReplyView) -> None:
    view.show_text("# Title\n\n- **bold**", "", whole=True)
    assert shown_as(view) == "MarkdownView"
    assert view._markdown.toPlainText().split() == ["Title", "bold"]
    view.show_raw(True)
    assert shown_as(view) == "QPlainTextEdit"
    assert view._plain.toPlainText() == "# Title\n\n- **bold**"
    view.show_raw(False)
    assert shown_as(view) == "MarkdownView"


def test_reasoning_is_folded_away_under_its_length(view: ReplyView) -> None:
    view.show_text("An answer", "I think about it", whole=True)
    assert view.reasoning.isVisible()
    assert view.reasoning.button.text() == "Reasoning · 4 words"
    assert not view.reasoning._reader.isVisible()
    view.reasoning.button.click()
    assert view.reasoning._reader.isVisible()


def test_reasoning_without_a_reply_is_unfolded(view: ReplyView) -> None:
    view.show_text("", "I think about it", whole=True)
    assert view.reasoning._reader.isVisible()


def test_reasoning_is_counted_while_it_streams(view: ReplyView) -> None:
    view.reasoning.append("One two ")
    view.flush()
    view.reasoning.append("three")
    view.flush()
    assert view.reasoning.button.text() == "Thinking… 3 words"
    assert view.reasoning.text == "One two three"


# What a model writes is foreign -------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            return

    httpd = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, name="a server")
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", hits
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_reply_loads_no_file_and_asks_no_server(
    qtbot: QtBot, theme: Theme, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    address, hits = server
    secret = tmp_path / "secret.png"
    picture = QImage(64, 64, QImage.Format.Format_RGB32)
    picture.fill(0xFF00FF)
    assert picture.save(str(secret))
    view = MarkdownView(theme)
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    names = (QUrl.fromLocalFile(str(secret)).toString(), str(secret), f"{address}/a.png")
    view.show_markdown("\n\n".join(f"![x]({name})" for name in names) + "\n\n<img src='x.png'>")
    shown = view.grab().toImage()
    magenta = [
        (x, y)
        for x in range(0, shown.width(), 4)
        for y in range(0, shown.height(), 4)
        if shown.pixelColor(x, y).name() == "#ff00ff"
    ]
    assert not magenta
    for name in names:
        loaded = view.document().resource(
            QTextDocument.ResourceType.ImageResource.value, QUrl(name)
        )
        assert not isinstance(loaded, QImage) or loaded.width() == 1
    qtbot.wait(50)
    assert not hits


def test_html_in_a_reply_stays_text(qtbot: QtBot, theme: Theme) -> None:
    view = MarkdownView(theme)
    qtbot.addWidget(view)
    view.show_markdown("<b>bold</b> <script>alert(1)</script>")
    assert "<b>" in view.toPlainText()
    assert "<script>" in view.toPlainText()


def test_a_link_is_told_and_not_followed(qtbot: QtBot, theme: Theme) -> None:
    view = MarkdownView(theme)
    qtbot.addWidget(view)
    view.show_markdown("[x](file:///etc/passwd)")
    before = view.toPlainText()
    with qtbot.waitSignal(view.anchorClicked):
        view.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert view.toPlainText() == before
    assert not view.openLinks()


@pytest.mark.parametrize(
    "source",
    [
        "```\nunclosed\nfence",
        "```python\na = 1\n\nb = 2\n```\n\n```\nanother\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx\n```",
        "> " * 300 + "deep",
        "- " * 300 + "deep",
        "\x00\ufffe\u202e",
        "",
        "# \n## \n```\n```\n|||\n|-|-|\n",
    ],
)
def test_any_markdown_is_shown_without_a_fault(qtbot: QtBot, theme: Theme, source: str) -> None:
    view = MarkdownView(theme)
    qtbot.addWidget(view)
    view.show_markdown(source)
    theme.choose("dark")
    theme.choose("light")


def test_code_keeps_its_lines_and_text_around_it(qtbot: QtBot, theme: Theme) -> None:
    view = MarkdownView(theme)
    qtbot.addWidget(view)
    view.show_markdown("Before\n\n```python\na = 1\n\nb = 2\n```\n\nAfter\n\n| h |\n|---|\n| c |\n")
    words = [line for line in view.toPlainText().split("\n") if line]
    assert words == ["Before", "a = 1", "b = 2", "After", "h", "c"]
