"""One real comparison, handed over in every format by the command line and read by other programs."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pypdf
import pytest

from cli.app import run
from engine.contract import Session
from storage.document import parse
from tests.cli.conftest import LIMIT_S, ROOT

PROMPT = "Name three colours."
SYSTEM = "You are brief."
SMALL = ("--json", "-t", "1", "-c", "512")


class Words(HTMLParser):
    """The text of a page, without its script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._within = ""
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within not in {"script", "style"}:
            self.found.append(data)


def flat(text: str) -> str:
    return " ".join(text.split())


def beginning(session: Session, reply: int) -> str:
    """Some words of a reply that stand the same in plain text and in Markdown."""
    return flat(session.replies[reply].text)[:12].rstrip()


class Recorded(NamedTuple):
    """Two sessions of real replies, and the folder that holds their history."""

    home: Path
    session: Session
    other: Session


def program(home: Path, *arguments: str) -> bytes:
    """What `python main.py` writes, with its history in this folder."""
    ran = subprocess.run(
        (sys.executable, str(ROOT / "main.py"), *arguments),
        capture_output=True,
        timeout=LIMIT_S,
        env={**os.environ, "STEELYARD_HOME": str(home)},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def recorded(
    small_model: Path, quantized: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    home = tmp_path_factory.mktemp("home")

    def compare(*arguments: str) -> Session:
        return parse(program(home, "compare", *arguments, *SMALL), "standard output")

    both = (str(small_model), str(quantized["Q8_0"]))
    session = compare(*both, "-p", PROMPT, "-s", SYSTEM, "-n", "24", "--repeat", "2")
    return Recorded(home, session, compare(both[0], "-p", "Say hello.", "-n", "4"))


@pytest.fixture
def export(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`sessions export` of the recorded sessions, in this process, where it starts at once."""
    monkeypatch.setenv("STEELYARD_HOME", str(recorded.home))

    def run_export(*arguments: str) -> None:
        assert run(("sessions", "export", *arguments)) == 0

    return run_export


def test_a_comparison_is_handed_over_in_every_format(
    recorded: Recorded, export: Callable[..., None], tmp_path: Path
) -> None:
    session = recorded.session

    def exported(ending: str, *options: str) -> bytes:
        target = tmp_path / f"handed{ending}"
        export(session.id, "--to", str(target), *options)
        return target.read_bytes()

    names = [contender.name for contender in session.contenders]
    assert parse(exported(".json"), "x.json") == session
    assert json.loads(exported(".jsonl"))["id"] == session.id

    rows = list(csv.DictReader(io.StringIO(exported(".csv").decode("utf-8-sig"), newline="")))
    assert [row["contender"] for row in rows] == [reply.contender for reply in session.replies]
    for row, reply in zip(rows, session.replies, strict=True):
        assert row["text"].lstrip("'") == reply.text
        assert float(row["generation_tokens_per_s"]) == reply.timing.generation_tokens_per_s

    book = openpyxl.load_workbook(io.BytesIO(exported(".xlsx")))
    head, *lines = book["Summary"].iter_rows(values_only=True)
    assert [line[head.index("contender")] for line in lines] == names
    assert all(float(str(line[head.index("peak_bytes")])) > 10**7 for line in lines)

    told = exported(".md").decode()
    page = flat(" ".join(Words(exported(".html").decode()).found))
    pdf = pypdf.PdfReader(io.BytesIO(exported(".pdf", "--paper", "letter")))
    printed = flat(" ".join(each.extract_text() for each in pdf.pages))
    assert round(pdf.pages[0].mediabox.width) == 612
    for text in (flat(told), page, printed):
        assert "2 contenders were given one prompt, 2 times each." in text
        assert SYSTEM in text
        assert PROMPT in text
        assert "How it was measured" in text
        assert beginning(session, 0) in text
        assert beginning(session, 1) in text
    for name in names:
        assert name in page
        assert name in printed


def test_the_program_itself_exports(recorded: Recorded, tmp_path: Path) -> None:
    target = tmp_path / "one.json"
    program(recorded.home, "sessions", "export", recorded.session.id, "--to", str(target))
    assert parse(target.read_bytes(), "one.json") == recorded.session


def test_what_is_left_out_is_in_no_format_and_sessions_go_into_one_file(
    recorded: Recorded, export: Callable[..., None], tmp_path: Path, small_model: Path
) -> None:
    folder = str(small_model.parent)
    chosen = (recorded.session.id, recorded.other.id)
    for ending in (".jsonl", ".csv", ".xlsx", ".md", ".html", ".pdf"):
        target = tmp_path / f"both{ending}"
        export(*chosen, "--to", str(target), "--without-system-prompts", "--without-paths")
        text = contents(target)
        assert SYSTEM not in text
        assert folder not in text
        assert "Say hello." in text


def contents(target: Path) -> str:
    if target.suffix == ".xlsx":
        sheets = openpyxl.load_workbook(target)
        cells = (cell for sheet in sheets for row in sheet.values for cell in row)
        return "\n".join(str(cell) for cell in cells)
    if target.suffix == ".pdf":
        return flat(" ".join(page.extract_text() for page in pypdf.PdfReader(target).pages))
    return target.read_text("utf-8-sig")
