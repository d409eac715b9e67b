"""What the exported files hold, read by other readers than our own."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
import openpyxl
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.contract import Energy, Memory, Origin, Reply, Session, Timing
from engine.errors import StorageError
from storage.document import parse
from storage.export import ENDINGS, Omit, first_page, render
from storage.exports.charts import bar_chart
from storage.exports.figures import Cell, Column
from storage.exports.foreign_markdown import to_html
from storage.exports.report import report
from storage.exports.rows import COLUMNS
from storage.exports.svg import alone, fitting
from tests.storage import samples
from tests.storage.strategies import sessions

HARMLESS = {"p", "em", "strong", "code", "pre", "h5", "h6", "ul", "ol", "li", "blockquote", "hr"}
HARMLESS |= {"br", "a", "s", "table", "thead", "tbody", "tr", "th", "td"}
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def measured(contender: int, repeat: int = 0, text: str = "A balance.") -> msgspec.Struct:
    return msgspec.structs.replace(
        samples.reply(f"model {contender}", repeat=repeat, text=text),
        timing=Timing(
            ttft_s=0.1 + contender,
            generation_tokens_per_s=60 / (1 + contender) + repeat,
            generated_tokens=9,
            total_s=1.5,
        ),
        energy=Energy(
            joules=30.0 + 50 * contender,
            low_joules=20.0 + 50 * contender,
            high_joules=40.0 + 50 * contender,
            kind="estimated",
            source="from the processor's power limit",
        ),
        memory=Memory(peak_bytes=300_000_000),
    )


def session(*texts: str) -> Session:
    """Two contenders, two repeats; the texts are those of the first repeat."""
    first, second = (*texts, *("A balance.",) * 2)[:2]
    replies = (measured(0, 0, first), measured(1, 0, second), measured(0, 1), measured(1, 1))
    plan = samples.plan(repeats=2, title="What is a steelyard?")
    return msgspec.structs.replace(samples.session(plan), replies=replies, notes="For Mr. Müller")


def text_of(ending: str, *shown: Session) -> str:
    return render(shown, ending).decode("utf-8-sig")


# --- All formats -----------------------------------------------------------------------------------


@given(any_session=sessions())
@settings(
    max_examples=15, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.too_slow]
)
def test_every_session_can_be_written_in_every_format(any_session: Session) -> None:
    for ending in ENDINGS:
        if ending != ".pdf":  # that takes a process: tests/gui/test_printing.py does without
            assert render([any_session], ending), ending


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx", ".md", ".html", ".pdf"])
def test_several_sessions_go_into_one_file(ending: str) -> None:
    other = msgspec.structs.replace(session(), id="other", title="Another question")
    both, one = render([session(), other], ending), render([session()], ending)
    assert len(both) > len(one)
    if ending not in {".xlsx", ".pdf"}:
        assert "Another question" in both.decode()


def test_a_json_file_holds_one_session() -> None:
    with pytest.raises(StorageError, match=r"\.jsonl"):
        render([session(), session()], ".json")


def test_each_line_of_a_jsonl_file_is_a_document() -> None:
    lines = render([session(), session("other")], ".jsonl").splitlines()
    assert [parse(line, "x") for line in lines] == [session(), session("other")]


# --- CSV -------------------------------------------------------------------------------------------


def csv_rows(*shown: Session) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(".csv", *shown), newline="")))


def test_csv_has_a_row_a_reply_with_names_and_numbers() -> None:
    rows = csv_rows(session('line one\nline, "two"', "x"))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 4
    assert rows[0]["text"] == 'line one\nline, "two"'
    assert rows[0]["prompt"] == "What is a steelyard?"
    assert float(rows[0]["generation_tokens_per_s"]) == 60.0
    assert rows[0]["load_s"] == ""
    assert rows[0]["energy_kind"] == "estimated"
    assert rows[0]["quantization"] == "Q4_1"


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0"],
)
def test_text_that_looks_like_a_formula_is_defused(formula: str) -> None:
    assert csv_rows(session(formula))[0]["text"] == f"'{formula}"


def test_negative_numbers_stay_numbers() -> None:
    reply = msgspec.structs.replace(samples.reply(), timing=Timing(ttft_s=-1.5))
    assert csv_rows(samples.session(None, reply))[0]["ttft_s"] == "-1.5"


# --- XLSX ------------------------------------------------------------------------------------------


def book(*shown: Session) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render(shown, ".xlsx")))


def test_the_workbook_has_four_sheets_with_fixed_heads_and_filters() -> None:
    sheets = book(session())
    assert sheets.sheetnames == ["Summary", "Replies", "Cases", "Settings"]
    for sheet in sheets:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")


def test_numbers_are_numbers_and_text_is_text() -> None:
    head, *rows = book(session("=1+1", "http://example.org"))["Replies"].iter_rows()
    names = [cell.value for cell in head]
    assert tuple(names) == COLUMNS
    text, speed = names.index("text"), names.index("generation_tokens_per_s")
    assert (rows[0][text].value, rows[0][text].data_type) == ("=1+1", "s")
    assert rows[1][text].hyperlink is None
    assert (rows[0][speed].value, rows[0][speed].data_type) == (60, "n")
    assert rows[0][names.index("shared")].value is False
    assert rows[0][names.index("load_s")].value is None


def test_the_summary_has_the_medians() -> None:
    head, *rows = book(session())["Summary"].iter_rows(values_only=True)
    speed = head.index("generation_tokens_per_s")
    assert [(row[2], row[speed]) for row in rows] == [("model 0", 60.5), ("model 1", 30.5)]


def test_a_reply_too_long_for_a_cell_is_cut_and_says_so() -> None:
    head, row, *_ = book(session("x" * 40_000))["Replies"].iter_rows(values_only=True)
    cell = row[head.index("text")]
    assert len(cell) == 32_767
    assert cell.endswith("a cell holds no more)")


# --- Markdown --------------------------------------------------------------------------------------


def test_markdown_has_findings_figures_and_replies() -> None:
    text = text_of(".md", session("It weighs.", "It balances."))
    assert text.startswith("# What is a steelyard?")
    assert "model 0 wrote fastest: 60.5 tok/s, 2.0 times as fast as model 1 (30.5 tok/s)." in text
    assert "| Contender | Writing speed | First token |" in text
    assert "```text\nIt weighs.\n```" in text
    assert "**user:**\n\n```text\nWhat is a steelyard?\n```" in text


def test_a_reply_cannot_leave_its_fence() -> None:
    text = text_of(".md", session("before\n````\n# Not a heading\n```"))
    assert "`````text\nbefore\n````\n# Not a heading\n```\n`````" in text


def test_titles_mean_nothing_in_markdown() -> None:
    title = "<b>a</b> | `b` *c* [d](e) @everyone #1"
    first = text_of(".md", msgspec.structs.replace(session(), title=title)).splitlines()[0]
    assert "<" not in first
    assert "@everyone" not in first
    assert r"\| \`b\` \*c\* \[d\](e)" in first


# --- HTML ------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def attributes(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.tags)


def test_charts_name_models_of_one_family_by_what_tells_them_apart() -> None:
    names = ["SmolLM2-135M-Instruct Q8_0", "SmolLM2-135M-Instruct Q4_K_M"]
    cells = tuple(Cell(text=f"{value}", value=value) for value in (1.0, 2.0))
    column = Column(key="ttft_s", title="First", explained="", better="lower", cells=cells)
    drawn = ElementTree.fromstring(bar_chart(column, names, 440))
    labels = [each.text for each in drawn.iter() if each.get("class") == "label"]
    assert labels == ["Q8_0", "Q4_K_M"]
    (told,) = [each.text or "" for each in drawn.iter() if each.tag.endswith("desc")]
    assert "SmolLM2-135M-Instruct Q8_0: 1.0" in told


@pytest.mark.parametrize("ending", [".md", ".html", ".pdf"])
def test_reports_tell_where_a_model_was_had(ending: str) -> None:
    origin = Origin(repo="somebody/models", file="m.gguf", commit="0123456789abcdef" * 2)
    shown = session()
    first, second = shown.contenders
    had = msgspec.structs.replace(first.model, origin=origin)
    changed = msgspec.structs.replace(first, model=had)
    shown = msgspec.structs.replace(shown, contenders=(changed, second))
    if ending == ".pdf":
        pages = pypdf.PdfReader(io.BytesIO(render([shown], ending))).pages
        text = "".join(page.extract_text() for page in pages)
    else:
        text = text_of(ending, shown)
    words = f"from somebody/models, m.gguf, revision {origin.commit}"
    assert "".join(words.split()) in "".join(text.split())


def facts_of(shown: Session) -> dict[str, str]:
    return {fact.name: fact.text for fact in report(shown).measured}


def test_the_programs_are_each_named_once() -> None:
    recorded = msgspec.structs.replace(
        samples.ENVIRONMENT, app="Steelyard 0.1.0", llama_cpp="llama-cpp-python 0.3.36"
    )
    shown = msgspec.structs.replace(session(), environment=recorded)
    assert facts_of(shown)["Made with"] == "Steelyard 0.1.0, llama-cpp-python 0.3.36"
    assert facts_of(session())["Made with"] == "Steelyard 0.1.0, llama.cpp 0.3.36"


def test_a_spread_is_told_with_how_it_was_measured_and_not_in_short() -> None:
    shown = msgspec.structs.replace(
        session(), replies=tuple(wide(name, n) for n in range(2) for name in ("model 0", "model 1"))
    )
    spread = facts_of(shown)["Spread"]
    assert "of model 0" in spread
    assert "of model 1" in spread
    assert not [finding for finding in report(shown).findings if "Varied" in finding]


def wide(contender: str, repeat: int) -> Reply:
    made = samples.reply(contender, repeat=repeat)
    speed = 50.0 + 20 * repeat
    return msgspec.structs.replace(made, timing=Timing(generation_tokens_per_s=speed))


def test_the_medians_are_said_to_include_replies_at_the_length_limit() -> None:
    assert "or to the length limit" in facts_of(session())["Figures"]


def test_the_page_tells_question_answer_figures_and_how_it_was_measured() -> None:
    page = Page(text_of(".html", session("It *weighs*.", "It balances.")))
    for words in (
        "What is a steelyard?",
        "model 0 wrote fastest: 60.5 tok/s, 2.0 times as fast as model 1 (30.5 tok/s).",
        "model 0 took the least energy: about 30 J a reply.",
        "60.5 tok/s",
        "about 80 J",
        "estimated, 70 to 90 J",
        "How it was measured",
        "one contender at a time, after a short warm-up of each",
        "estimated, from the processor's power limit",
        "weighs",
        "For Mr. Müller",
    ):
        assert words in page.texts, words
    assert page.count("em") == 1
    assert page.count("svg") == 4
    assert page.count("rect") == 8


def test_the_page_fetches_and_runs_nothing_foreign() -> None:
    markdown = f"{HOSTILE}\n\n![x](http://e.org/x.png) [y](javascript:z) [w](https://e.org)"
    hostile = msgspec.structs.replace(
        session(markdown), title=HOSTILE, notes=HOSTILE, cases=(samples.case("case 0", HOSTILE),)
    )
    page = Page(text_of(".html", hostile))
    assert page.count("script") == 1
    assert page.count("img") == page.count("link") == page.count("iframe") == 0
    assert page.attributes("src") == []
    assert set(page.attributes("href")) == {"http://e.org/x.png", "https://e.org"}
    assert not any(name.startswith("on") for _, found in page.tags for name in found)
    assert page.attributes("style") == []


def test_the_policy_allows_just_the_pages_own_style_and_script() -> None:
    text = text_of(".html", session())
    (policy,) = [a["content"] for t, a in Page(text).tags if a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        part = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_repeats_that_say_the_same_are_shown_once() -> None:
    (case,) = report(session()).cases
    assert [[reply.n_same for reply in each] for each in case.rounds] == [[1, 1]]
    (case,) = report(session("other", "A balance.")).cases
    assert [[r.contender for r in each] for each in case.rounds] == [
        ["model 0", "model 1"],
        ["model 0"],
    ]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("a", "a", "b", "b"), "Both gave word for word the same reply every time."),
        (("a", "a", "b", "c"), "Both gave word for word the same reply 1 of 2 times."),
        (("a", "b", "c", "d"), "The two never gave word for word the same reply."),
    ],
)
def test_a_report_says_how_often_all_replied_the_same(texts: tuple[str, ...], words: str) -> None:
    places = [(name, case) for case in ("case 0", "case 1") for name in ("model 0", "model 1")]
    replies = [samples.reply(*place, text=text) for place, text in zip(places, texts, strict=True)]
    assert words in report(samples.session(samples.plan(cases=2), *replies)).findings


def test_failures_and_missing_replies_are_said_first() -> None:
    failed = msgspec.structs.replace(
        samples.reply("model 1", text="", finish_reason="error"), error="The worker died."
    )
    shown = samples.session(samples.plan(cases=2), samples.reply(), failed)
    assert "model 1 failed 1 of 1 time." in report(shown).findings
    assert "This session is not complete: 1 of 4 replies are there." in report(shown).findings
    assert "Failed: The worker died." in Page(text_of(".html", shown)).texts


def test_figures_that_nobody_has_are_left_out_and_single_ones_are_a_dash() -> None:
    keys = [column.key for column in report(session()).columns]
    assert "load_s" not in keys
    one = samples.session(samples.plan(), samples.reply())
    (speed,) = [c for c in report(one).columns if c.key == "generation_tokens_per_s"]
    assert [cell.text for cell in speed.cells] == ["51.4 tok/s", "–"]


@given(st.text(alphabet=st.sampled_from("<>&\"'[]()`*_#|-! \n:/ahrefscript=img"), max_size=80))
@settings(max_examples=300, deadline=None)
def test_no_text_becomes_a_tag_that_could_do_something(text: str) -> None:
    page = Page(to_html(text))
    assert {tag for tag, _ in page.tags} <= HARMLESS
    assert {name for _, found in page.tags for name in found} <= {
        "href",
        "rel",
        "class",
        "start",
        "title",
    }


@pytest.mark.parametrize("unit", ["[", "![", "*a_", "> ", "`", "[a](", "<", "|a\n|-\n", "- ", "&"])
def test_hostile_markdown_takes_no_long_time(unit: str) -> None:
    to_html(unit * (30_000 // len(unit)))


# --- PDF -------------------------------------------------------------------------------------------


def test_a_pdf_is_printed_by_a_process_of_its_own_on_the_paper_asked_for() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render([session()], ".pdf", paper="letter")))
    assert round(reader.pages[0].mediabox.width) == 612
    assert reader.metadata is not None
    assert reader.metadata.title == "What is a steelyard?"
    assert "What is a steelyard?" in " ".join(reader.pages[0].extract_text().split())


def test_a_picture_of_the_first_page_leaves_out_what_the_pdf_would() -> None:
    shown = msgspec.structs.replace(session(), notes="A long note. " * 60)
    assert first_page([shown]).startswith(b"\x89PNG")
    assert first_page([shown]) != first_page([shown], Omit(notes=True))


def test_where_qt_cannot_be_loaded_the_way_on_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "raise ImportError('libEGL.so.1: cannot open shared object file')"
    monkeypatch.setattr("storage.exports.pdf._command", lambda: (sys.executable, "-c", says))
    with pytest.raises(StorageError, match=r"Qt cannot be loaded .*libEGL.*`doctor` tells"):
        render([session()], ".pdf")


def test_printing_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "import sys; sys.exit('Qt found no platform.')"
    monkeypatch.setattr("storage.exports.pdf._command", lambda: (sys.executable, "-c", says))
    with pytest.raises(StorageError, match=r"The PDF could not be made: Qt found no platform\."):
        render([session()], ".pdf")


# --- Charts ----------------------------------------------------------------------------------------


def test_a_chart_of_names_with_control_characters_is_well_formed() -> None:
    cells = (Cell(text="1\x02", value=1.0), Cell(text="2", value=2.0))
    column = Column(key="k", title="\x00<t>", explained="", better="higher", cells=cells)
    chart = ElementTree.fromstring(alone(bar_chart(column, ["a\x1b", "<b>"])))
    assert chart.tag.endswith("svg")
    assert len([part for part in chart if part.tag.endswith("rect")]) == 2


def test_a_long_name_in_a_chart_keeps_its_end() -> None:
    assert fitting("Qwen3 4B Instruct Q4_K_M", 16) == "Qwen3 4…t Q4_K_M"
    assert fitting("short", 16) == "short"
