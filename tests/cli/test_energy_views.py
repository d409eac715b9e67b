"""Energy on the terminal: under each reply, and in the table."""

from __future__ import annotations

import io

from msgspec.structs import replace
from rich.console import Console

from cli.timings_view import print_timings
from cli.wording import quiet_lines
from engine.contract import Energy, Reply
from tests.cli.fakes import reply
from tests.storage.test_exported_energy import MEASURED, short

ESTIMATE = Energy(joules=12.0, low_joules=6.0, high_joules=24.0, kind="estimated")


def table(*replies: Reply) -> str:
    console = Console(file=io.StringIO(), width=120)
    print_timings(console, replies, list(dict.fromkeys(each.contender for each in replies)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def with_energy(energy: Energy, repeat: int = 0) -> Reply:
    return replace(reply("A"), energy=energy, repeat=repeat)


def test_the_energy_stands_below_its_reply_with_all_that_belongs_to_it() -> None:
    assert quiet_lines(with_energy(MEASURED))[1:] == [
        "40.0 J ± 10 % (powercap + NVML)",
        "80.0 W, memory not covered, on battery, throttled",
    ]


def test_a_short_reply_says_that_it_is_too_short() -> None:
    assert quiet_lines(with_energy(short()))[1].startswith("Too short")


def test_the_table_has_a_measured_figure_in_three_digits() -> None:
    assert "40.0 J" in table(with_energy(MEASURED))


def test_the_table_marks_an_estimate_and_gives_it_two_digits() -> None:
    shown = table(with_energy(ESTIMATE))
    assert "~12 J" in shown
    assert "estimated" in shown


def test_the_table_tells_how_many_replies_other_programs_disturbed() -> None:
    disturbed = with_energy(replace(ESTIMATE, contaminated=True))
    assert "Other programs disturbed 1 of 2 replies" in table(
        disturbed, with_energy(ESTIMATE, repeat=1)
    )
    assert "disturbed" not in table(with_energy(ESTIMATE))


def test_the_table_says_over_how_many_a_figure_was_pooled() -> None:
    shown = table(*(with_energy(short(), repeat=n) for n in range(12)))
    assert "20.0 J" in shown
    assert "pool of 12" in shown
