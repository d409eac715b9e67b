from __future__ import annotations

import pytest

from engine.outcome import describe_end


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "was killed, most likely by the system because memory ran out"),
        (-6, "aborted on a check inside llama.cpp"),
        (-11, "crashed"),
        (-4, "rebuild llama.cpp"),
        (-12345, "signal 12345"),
        (0, "ended without an answer"),
        (3, "ended with code 3"),
        (None, "closed its pipe"),
    ],
)
def test_every_way_to_end_has_words(code: int | None, words: str) -> None:
    assert words in describe_end("The worker", code, ())


def test_the_assert_is_quoted_rather_than_the_last_line_of_a_backtrace() -> None:
    log = ("loading", "ggml.c:12: GGML_ASSERT(a == b) failed", "#1 0xdeadbeef", "#2 0xfeed")
    assert "GGML_ASSERT(a == b) failed" in describe_end("The worker", -6, log)


def test_the_fault_handlers_traceback_is_not_taken_for_the_cause() -> None:
    log = (
        "free(): invalid pointer",
        "Fatal Python error: Aborted",
        '  File "x.py", line 1 in error',
    )
    assert describe_end("The worker", -6, log).endswith("Its last words: free(): invalid pointer")


def test_a_silent_end_has_no_last_words() -> None:
    assert "last words" not in describe_end("The worker", -9, ("", "  "))
