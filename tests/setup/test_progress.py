"""Progress is read from what the tools print, and shown as one line with the time left."""

import io
import sys
from pathlib import Path

import pytest
from envsetup.console import Meter, in_words
from envsetup.failure import SetupFailure
from envsetup.process import run_logged
from envsetup.progress import ninja_fraction, nothing_known, pip_fraction
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_step_of_ninja_is_read(done: int, total: int) -> None:
    assert ninja_fraction(f"  [{done}/{total}] /usr/bin/c++ -O3 a.cpp") == done / total


@pytest.mark.parametrize(
    "line",
    ["", "[a/b] x", "[3/0] x", "note [3/7] x", "[1/2]", "-- Build files have been written", "[]"],
)
def test_other_lines_are_no_progress(line: str) -> None:
    assert ninja_fraction(line) is None


@given(st.text())
def test_no_line_breaks_the_reader(line: str) -> None:
    fraction = ninja_fraction(line)
    assert fraction is None or fraction >= 0


def test_pip_progresses_with_each_package_it_finds() -> None:
    fraction = pip_fraction(4)
    lines = [
        "Collecting rich==15.0.0",
        "  Downloading rich.whl",
        "Requirement already satisfied: a",
    ]
    assert [fraction(line) for line in lines] == [0.2, None, 0.4]
    assert fraction("Installing collected packages: rich") == 0.8


def test_a_log_gets_a_line_every_twenty_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    meter = Meter("Compiling", 360, out, clock)
    for second in range(61):
        clock.now_s = second
        meter.reached(second / 120)
        meter.tick()
    assert out.getvalue().splitlines() == [
        "  Compiling: 17%, about 2 minutes left",
        "  Compiling: 33%, about a minute left",
        "  Compiling: 50%, about a minute left",
    ]


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    out, clock = Terminal(), Clock()
    meter = Meter("Compiling", 360, out, clock)
    for tenth in range(21):
        clock.now_s = tenth / 10
        meter.tick()
    clock.now_s = 100
    meter.done()
    assert out.getvalue().count("\r") == 5
    assert out.getvalue().endswith("\r  Compiling: done in 100 s\x1b[K\n")
    assert out.getvalue().count("\n") == 1


def test_the_estimate_counts_until_progress_says_more() -> None:
    clock = Clock()
    meter = Meter("Compiling", 360, io.StringIO(), clock)
    assert meter.line() == "  Compiling: 0%, about 6 minutes left"
    clock.now_s = 60
    assert meter.line() == "  Compiling: 0%, about 5 minutes left"
    meter.reached(0.5)
    assert meter.line() == "  Compiling: 50%, about a minute left"


def test_progress_never_goes_back() -> None:
    meter = Meter("Compiling", 60, io.StringIO(), Clock())
    meter.reached(0.9)
    meter.reached(0.1)
    assert "90%" in meter.line()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under a minute"),
        (44, "under a minute"),
        (60, "about a minute"),
        (355, "about 6 minutes"),
    ],
)
def test_durations_are_said_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_a_commands_output_goes_to_the_log_and_its_progress_to_the_meter(tmp_path: Path) -> None:
    meter = Meter("Compiling", 60, io.StringIO())
    script = "print('[1/4] one'); print('[3/4] three', end='')"
    log = tmp_path / "new folder" / "log"
    run_logged([sys.executable, "-c", script], log, meter, ninja_fraction)
    assert "75%" in meter.line()
    assert log.read_text(encoding="utf-8").endswith("[1/4] one\n[3/4] three\n")


def test_a_failed_command_shows_its_last_lines_and_where_the_log_is(tmp_path: Path) -> None:
    script = "import sys; [print('line', n) for n in range(100)]; sys.exit(3)"
    with pytest.raises(SetupFailure) as failure:
        run_logged([sys.executable, "-c", script], tmp_path / "log", Meter("x", 1), nothing_known)
    text = str(failure.value)
    assert "line 99" in text
    assert "line 9\n" not in text
    assert f"Log: {tmp_path / 'log'}" in text


def test_a_command_is_ended_when_the_set_up_is_interrupted(tmp_path: Path) -> None:
    def interrupt(_line: str) -> float | None:
        raise KeyboardInterrupt

    script = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run_logged([sys.executable, "-c", script], tmp_path / "log", Meter("x", 1), interrupt)
    pid = (tmp_path / "log").read_text(encoding="utf-8").split()[-1]
    assert not Path(f"/proc/{pid}").exists()
