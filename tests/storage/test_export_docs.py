"""The examples of docs/exports.md, run on a real export."""

from __future__ import annotations

import re
from pathlib import Path

import jq
import pytest

from storage.export import ENDINGS, export_session
from tests.storage import samples
from tests.storage.processes import ROOT

GUIDE = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = samples.session(
        samples.plan(), samples.reply(text="=1+1"), samples.reply("model 1", text="two\nlines")
    )
    for ending in ENDINGS:
        export_session(session, Path(f"session{ending}"))


def example(heading: str) -> str:
    found = re.search(rf"## {heading}\n.*?```\w+\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def run(heading: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(example(heading), "docs/exports.md", "exec"), names)
    return names


def test_the_pandas_example_gives_speeds() -> None:
    names = run("pandas")
    assert dict(names["speeds"]) == {"model 0": 51.4, "model 1": 51.4}  # type: ignore[call-overload]


def test_the_openpyxl_example_gives_speeds() -> None:
    assert run("openpyxl")["speeds"] == [51.4, 51.4]


def test_the_jq_example_gives_a_line_a_reply() -> None:
    found = re.search(r"jq -r '(.*?)' session\.json", example("jq"))
    assert found is not None
    lines = jq.compile(found[1]).input_text(Path("session.json").read_text(encoding="utf-8"))
    assert lines.all() == ["model 0\tcase 0\t51.4", "model 1\tcase 0\t51.4"]


def test_the_guide_names_every_format() -> None:
    for ending in ENDINGS:
        assert f"| `{ending}` |" in GUIDE
