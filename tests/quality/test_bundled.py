"""The texts that come with the program are the ones whose sources and licences are named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.errors import PlanError
from engine.quality import bundled
from engine.quality.bundled import BundledText, bundled_text, bundled_texts, read_bundled

FOLDER = Path(bundled.__file__).parent / "texts"
NAMES = [each.name for each in bundled_texts()]


@pytest.mark.parametrize("text", bundled_texts(), ids=NAMES)
def test_a_text_is_the_one_that_was_recorded(text: BundledText) -> None:
    raw = read_bundled(text).encode()
    assert hashlib.sha256(raw).hexdigest() == text.sha256
    assert 60_000 <= len(raw) <= 150_000


@pytest.mark.parametrize("text", bundled_texts(), ids=NAMES)
def test_the_readme_names_source_licence_and_size(text: BundledText) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    row = next(line for line in readme.splitlines() if line.startswith(f"| `{text.name}.txt`"))
    assert text.licence in row
    assert f"{len(read_bundled(text).encode()):,}" in row


def test_prose_code_and_other_languages_are_there_and_small_together() -> None:
    assert {"english", "code", "german"} <= set(NAMES)
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 600_000


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        PlanError, match=r"no bundled text “klingon”.*english, german, japanese, code"
    ):
        bundled_text("klingon")
