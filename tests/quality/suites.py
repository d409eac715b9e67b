"""Suites from texts, as a file would hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract import Case
from engine.errors import SuiteError
from engine.quality.cases import read_suite
from engine.quality.suite import Suite

SUITES = Path(__file__).parents[1] / "data" / "quality" / "suites"


def read(tmp_path: Path, text: str, name: str = "suite.yaml") -> Suite:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_suite(tmp_path / name)


def faults_of(tmp_path: Path, text: str, name: str = "suite.yaml") -> tuple[str, ...]:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, text, name)
    return caught.value.faults


def contents(case: Case) -> list[str]:
    return [message.content for message in case.messages]
