"""Reports on paper, read by another program than our own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter, QTextDocument
from PySide6.QtWidgets import QApplication

from engine.contract import Energy, Memory, Session, Timing
from gui.printing.layout import flow
from gui.printing.pages import PageBreak, pages
from gui.printing.pieces import Beside, Gap
from gui.printing.press import first_page, pdf
from gui.printing.sheet import Setting, sheet
from gui.printing.tables import Row, Table
from gui.printing.text import Text
from storage.exports.paper import Paper
from storage.exports.report import report
from storage.exports.tables import TablePart
from tests.storage import found, samples
from tests.storage.strategies import sessions

WIDTH = 400.0
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> None:
    """Fonts belong to the application."""


def session(n_contenders: int = 2, *, n_cases: int = 1, text: str = "A balance.") -> Session:
    plan = samples.plan(contenders=n_contenders, cases=n_cases, title="What is a steelyard?")
    replies = (
        msgspec.structs.replace(
            samples.reply(contender.name, case.id, text=text),
            timing=Timing(ttft_s=0.1 + place, generation_tokens_per_s=60 / (1 + place)),
            energy=Energy(joules=30.0 + 50 * place, kind="measured", source="RAPL"),
            memory=Memory(peak_bytes=300_000_000),
        )
        for place, contender in enumerate(plan.contenders)
        for case in plan.cases
    )
    return msgspec.structs.replace(samples.session(plan), replies=tuple(replies))


def printed(*shown: Session, paper: Paper = "a4") -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf(shown, sheet(paper))))


def words(reader: pypdf.PdfReader, page: int | None = None) -> str:
    shown = reader.pages if page is None else [reader.pages[page]]
    return " ".join(" ".join(each.extract_text() for each in shown).split())


def test_the_first_page_tells_question_answer_figures_and_how_it_was_measured() -> None:
    shown = words(printed(session()), 0)
    for said in (
        "Comparison of 24 November 2026, 12:00 UTC",
        "What is a steelyard?",
        "2 contenders were given one prompt.",
        "model 0 wrote fastest: 60.0 tok/s, 2.0 times as fast as model 1 (30.0 tok/s).",
        "Writing speed higher is better 60.0 tok/s 30.0 tok/s",
        "30.0 J",
        "How it was measured",
        "one contender at a time, after a short warm-up of each",
        "measured, RAPL",
    ):
        assert said in shown, said


def test_a_full_first_page_still_tells_how_it_was_measured() -> None:
    suite = found.suite()
    assert len(report(suite).findings) > 5
    shown = words(printed(suite), 0)
    assert "Measured: a CPU, 17.2 GB of memory, Linux 6.1; one contender at a time" in shown
    assert "not good enough" in shown
    assert "Passed cases higher is better 100.0 %" in shown


def named(quantizations: str) -> Session:
    """Contenders of one model, whose names are too long for many narrow columns."""
    names = [f"SmolLM2-135M-Instruct Q{each}_K" for each in quantizations]
    before = session(len(names))
    renamed = dict(zip((each.name for each in before.contenders), names, strict=True))
    return msgspec.structs.replace(
        before,
        contenders=tuple(
            msgspec.structs.replace(each, name=renamed[each.name]) for each in before.contenders
        ),
        replies=tuple(
            msgspec.structs.replace(each, contender=renamed[each.contender])
            for each in before.replies
        ),
    )


@pytest.mark.parametrize(
    ("quantizations", "head"),
    [
        ("23", "SmolLM2-135M-Instruct Q2_K Q4_1 SmolLM2-135M-Instruct Q3_K Q4_1"),
        ("234567", "Instruct … Q2_K Q4_1 Q3_K Q4_1 Q4_K Q4_1 Q5_K Q4_1 Q6_K Q4_1 Q7_K Q4_1"),
    ],
)
def test_no_name_is_torn_in_a_narrow_column(quantizations: str, head: str) -> None:
    assert head in words(printed(named(quantizations)), 0)


def test_the_evidence_of_checks_stands_under_each_reply() -> None:
    shown = words(printed(found.suite()))
    assert shown.count("Passed passed: names the arm.") == 34
    assert shown.count("Failed failed: names the arm.") == 6


@pytest.mark.parametrize(("paper", "points"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_pages_have_the_size_of_the_paper(paper: Paper, points: tuple[int, int]) -> None:
    box = printed(session(), paper=paper).pages[0].mediabox
    assert (round(box.width), round(box.height)) == points


def test_a_reply_of_ten_thousand_words_flows_over_pages_and_loses_none() -> None:
    said = [f"word{n}" for n in range(10_000)]
    paragraphs = [" ".join(said[at : at + 70]) for at in range(0, len(said), 70)]
    shown = session(text="\n\n".join(paragraphs))
    reader = printed(msgspec.structs.replace(shown, replies=shown.replies[:1]))
    assert re.findall(r"word\d+", words(reader)) == said
    assert len(reader.pages) > 10
    assert f"Page 3 of {len(reader.pages)}" in words(reader, 2)
    assert words(reader, 2).startswith("What is a steelyard? word")


def lines(document: QTextDocument) -> list[str]:
    """Of a document of one paragraph, as they are set."""
    block = document.begin()
    found = [block.layout().lineAt(n) for n in range(block.layout().lineCount())]
    text = block.text()
    return [text[line.textStart() : line.textStart() + line.textLength()] for line in found]


def test_no_word_in_a_table_of_many_columns_is_broken() -> None:
    head = ("Contender", "n", "Incomparabilities", "b", "c", "Difference", "d", "e", "non-inferior")
    table = TablePart(title="Figures", head=head, rows=(("model", *"12345678"),))
    shown = msgspec.structs.replace(report(session()), tables=(table,))
    tables = [piece for piece in flow(shown, sheet("a4")) if isinstance(piece, Table)]
    printed_head = tables[-1].head
    assert printed_head is not None
    assert [lines(cell) for cell in printed_head.cells] == [[word] for word in head]
    ends = [
        x + cell.textWidth() for x, cell in zip(printed_head.x, printed_head.cells, strict=True)
    ]
    assert all(
        end <= x for end, x in zip(ends, (*printed_head.x[1:], sheet("a4").width), strict=True)
    )


def test_many_contenders_go_into_further_tables() -> None:
    shown = words(printed(session(13)))
    assert all(f"model {place}" in shown for place in range(13))
    assert shown.count("Writing speed higher is better") == 4  # three tables and a chart
    assert "Measured: a CPU" in shown


def test_a_failed_reply_says_why() -> None:
    failed = msgspec.structs.replace(
        samples.reply("model 1", text="", finish_reason="error"), error="The worker <died>."
    )
    shown = words(printed(samples.session(None, samples.reply(), failed)))
    assert "model 1 failed 1 of 1 time." in shown
    assert "Failed: The worker <died>." in shown


def test_charts_are_drawn_with_lines_and_text_in_fonts_that_the_file_carries() -> None:
    reader = printed(session())
    every: Iterator[object] = map(reader.get_object, reader.xref[0])
    shown = [found for found in every if isinstance(found, dict)]
    assert not [each for each in shown if each.get("/Subtype") == "/Image"]
    fonts = [each for each in shown if each.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert all({"/FontFile2", "/FontFile3"} & set(font) for font in fonts)


def test_words_are_parted_by_spaces() -> None:
    text = printed(session()).pages[0].extract_text()
    assert "What is a steelyard?" in text
    assert "\t" not in text


def test_text_in_other_scripts_is_searchable() -> None:
    reader = printed(session(text="Größe, flow, office; ναυς"))
    for word in ("Größe", "flow", "office"):
        assert word in words(reader)


def test_foreign_tags_are_text_and_load_nothing() -> None:
    hostile = '<img src="/etc/hostname"><script>x</script>'
    shown = msgspec.structs.replace(
        session(text=hostile),
        title=hostile,
        notes=hostile,
        cases=(samples.case("case 0", hostile),),
    )
    assert words(printed(shown)).count("<script>x</script>") >= 5


@given(sessions())
@settings(
    max_examples=12, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.too_slow]
)
def test_every_session_can_be_printed(any_session: Session) -> None:
    assert pdf([any_session], sheet("a4")).startswith(b"%PDF")


def test_several_sessions_begin_with_a_list_of_their_pages() -> None:
    other = msgspec.structs.replace(session(text="long " * 3000), title="Another question")
    reader = printed(session(), other, session())
    numbers = [int(each) for each in re.findall(r"UTC (\d+)", words(reader, 0))]
    for title, number in zip(("What is", "Another question", "What is"), numbers, strict=True):
        assert f"UTC {title}" in words(reader, number - 1)
    assert numbers[0] == 2
    assert numbers[2] > numbers[1] + 1


def test_the_picture_is_the_first_page() -> None:
    image = QImage.fromData(first_page([session()], sheet("letter")))
    assert abs(image.width() / image.height() - 8.5 / 11) < 0.01
    assert len({image.pixel(x, y) for x in range(0, 900, 3) for y in range(90, 300, 3)}) > 5


# --- Pages -----------------------------------------------------------------------------------------


def text(n_lines: int, *, keeps: bool = False) -> Text:
    return Text.of(Setting("<br>".join(["line"] * n_lines), WIDTH), keeps=keeps)


def table(n_rows: int) -> Table:
    def row(name: str) -> Row:
        return Row((Setting(name, WIDTH),), (0.0,), WIDTH)

    return Table(tuple(row(f"{n}") for n in range(n_rows)), row("head"))


def line() -> float:
    return text(1).breaks[-1]


def heights(*flow: Text | Gap | Table | Beside | PageBreak, height: float) -> list[float]:
    return [sum(part.height for _, part in page.parts) for page in pages(flow, height)]


def test_a_page_ends_between_lines_and_leaves_no_line_alone() -> None:
    shown = heights(text(12), height=11.5 * line())
    assert [round(each / line()) for each in shown] == [10, 2]


def test_a_heading_goes_to_the_page_of_what_follows() -> None:
    shown = list(pages([text(9), text(1, keeps=True), text(5)], 10.5 * line()))
    assert [len(page.parts) for page in shown] == [1, 2]


def test_the_head_of_a_table_is_repeated_and_its_rows_are_whole() -> None:
    row = table(1).rows[0].height
    shown = heights(table(5), height=3.9 * row)
    assert [round(each / row) for each in shown] == [3, 3, 2]


def test_columns_are_divided_each_for_itself() -> None:
    beside = Beside((text(4), text(14)), (0.0, 200.0))
    shown = heights(beside, height=6 * line())
    assert [round(each / line()) for each in shown] == [6, 6, 2]


def test_a_page_does_not_begin_with_a_gap() -> None:
    shown = list(pages([text(3), PageBreak(), Gap(50), text(1)], 10 * line()))
    assert [round(page.parts[0][0]) for page in shown] == [0, 0]
    assert len(shown[1].parts) == 1


def test_what_is_larger_than_a_page_is_put_there_all_the_same() -> None:
    shown = heights(table(2), text(1), height=0.5 * line())
    assert len(shown) >= 3


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=8),
    st.floats(30, 400),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pages_lose_nothing_and_never_overlap(shapes: list[tuple[int, bool]], room: float) -> None:
    flow = [text(n, keeps=keeps) for n, keeps in shapes]
    shown = list(pages(flow, room))
    assert sum(part.height for page in shown for _, part in page.parts) == pytest.approx(
        sum(piece.breaks[-1] for piece in flow)
    )
    for page in shown:
        for (top, part), (below, _) in pairwise(page.parts):
            assert top + part.height == pytest.approx(below)


@pytest.fixture
def painter() -> Iterator[QPainter]:
    image = QImage(600, 400, QImage.Format.Format_RGB32)
    made = QPainter(image)
    yield made
    made.end()


def test_painting_leaves_the_painter_as_it_was(painter: QPainter) -> None:
    before = painter.transform()
    for page in pages([text(3), table(3), Beside((text(1), table(1)), (0.0, 9.0))], 900):
        page.paint(painter, sheet("a4"))
    assert painter.transform() == before
