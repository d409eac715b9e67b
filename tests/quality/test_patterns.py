"""Patterns that take for ever or that unroll to gigabytes are stopped."""

from __future__ import annotations

import time

import pytest

from engine.contract.checks import RegexCheck
from engine.quality.checks import patterns
from engine.quality.checks.findings import Subject
from engine.quality.checks.patterns import PatternError, compiled, matches, matches_somewhere
from engine.quality.checks.run import run_check


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"(?:a|a)*$", r"(.*?,){30}P"])
def test_a_search_without_end_is_stopped(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT_S", 0.1)
    text = "1,a" * 30 + "a" * 60 + "b"
    started = time.process_time()
    with pytest.raises(PatternError, match="longer than"):
        matches_somewhere(pattern, text)
    assert time.process_time() - started < 2


def test_matches_without_end_are_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT_S", 0.05)
    with pytest.raises(PatternError, match="longer than"):
        for _ in matches(".", "x" * 3_000_000):
            pass


def test_a_stopped_check_is_neither_passed_nor_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT_S", 0.1)
    subject = Subject(text="a" * 60 + "b", finish_reason="stop")
    found = run_check(RegexCheck(pattern="(a|aa)+$"), subject)
    assert found.passed is None
    assert "was stopped: it took longer than" in found.reason


@pytest.mark.parametrize(
    "pattern",
    [
        "a{100000000}",
        "a{,100000000}",
        "(?:(?:a{1000}){1000}){1000}",
        "(?:" * 25 + "a" + "){2}" * 25,
        "((((((((((((((((a{2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}",
        r"(?:[^\]{]{1000}){1000}",
        "a" * 5000,
        "(" * 60 + "a" + ")" * 60,
    ],
)
def test_a_pattern_that_would_unroll_too_far_is_refused_before_it_is_compiled(
    pattern: str,
) -> None:
    started = time.process_time()
    with pytest.raises(PatternError):
        compiled(pattern)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\d{4}-\d{2}-\d{2}$", "2026-11-23"),
        (r"[{]{3}", "{{{"),
        (r"\{9{3}", "{999"),
        (r"[\]{90000000}]", "]"),
        (r"(?<year>\d{4})", "2026"),
        (r"\p{Lu}\p{Ll}+", "Été"),
        (r"(?i)^yes\b", "YES, it is"),
        (r"^(?=.*\bred\b)(?=.*\bblue\b)", "a blue and a red one"),
        (r"x{0,200}y", "xxxy"),
    ],
)
def test_ordinary_patterns_work(pattern: str, text: str) -> None:
    assert matches_somewhere(pattern, text)


def test_an_escaped_backslash_before_a_k_is_no_reference() -> None:
    assert matches_somewhere(r"\\k<a>", r"\k<a>")


def test_a_broken_pattern_says_what_is_wrong() -> None:
    with pytest.raises(PatternError, match="missing"):
        compiled("(")
