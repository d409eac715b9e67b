from __future__ import annotations

import statistics

import msgspec
import pytest

from engine.contract import Energy, Memory, Reply, Timing
from engine.summary import Figure, summarise, wide_spreads


def reply(
    speed: float | None, *, case: str = "1", repeat: int = 0, reason: str = "stop", name: str = "A"
) -> Reply:
    return Reply(
        contender=name,
        case=case,
        repeat=repeat,
        text="",
        finish_reason=reason,  # type: ignore[arg-type]
        timing=Timing(generation_tokens_per_s=speed),
        memory=Memory(peak_bytes=int(speed or 0)),
    )


def test_a_figure_is_the_median_with_its_n() -> None:
    (summary,) = summarise([reply(10.0), reply(30.0, repeat=1), reply(11.0, repeat=2)])
    figure = summary.figures["generation_tokens_per_s"]
    assert (figure.median, figure.n) == (11.0, 3)
    assert summary.peak_bytes == 30


def test_the_spread_of_one_case_is_its_relative_standard_deviation() -> None:
    values = [10.0, 11.0, 12.0]
    (summary,) = summarise([reply(v, repeat=i) for i, v in enumerate(values)])
    expected = 100 * statistics.stdev(values) / statistics.fmean(values)
    assert summary.figures["generation_tokens_per_s"].spread_percent == pytest.approx(expected)


def test_different_prompts_are_not_taken_for_spread() -> None:
    (summary,) = summarise(
        [reply(v, case=c, repeat=r) for c, v in (("1", 10.0), ("2", 50.0)) for r in (0, 1)]
    )
    assert summary.figures["generation_tokens_per_s"].spread_percent == 0.0


def test_single_replies_have_no_spread() -> None:
    (summary,) = summarise([reply(10.0), reply(50.0, case="2")])
    assert summary.figures["generation_tokens_per_s"].spread_percent is None


def test_stopped_and_failed_replies_do_not_count_as_measurements() -> None:
    (summary,) = summarise([reply(10.0), reply(99.0, reason="stopped"), reply(1.0, reason="error")])
    assert summary.figures["generation_tokens_per_s"].n == 1
    assert (summary.replies, summary.failed) == (1, 1)


def test_a_reply_that_reached_its_limit_counts_as_one_that_came_to_its_end() -> None:
    (summary,) = summarise([reply(10.0), reply(20.0, repeat=1, reason="length")])
    assert summary.figures["generation_tokens_per_s"].n == 2


def test_a_figure_that_no_reply_has_is_missing() -> None:
    (summary,) = summarise([reply(None)])
    assert "generation_tokens_per_s" not in summary.figures


def test_a_spread_over_five_percent_is_warned_of_by_name() -> None:
    calm = [reply(v, repeat=i, name="calm") for i, v in enumerate((10.0, 10.1))]
    wild = [reply(v, repeat=i, name="wild") for i, v in enumerate((10.0, 12.0))]
    (warning,) = wide_spreads(summarise(calm + wild))
    assert "the generation speed of wild (13 %)" in warning
    assert "calm" not in warning
    assert "Perhaps" in warning


def test_several_wide_spreads_are_one_warning() -> None:
    wild = [
        reply(v, repeat=i, name=name)
        for name in ("A", "B")
        for i, v in enumerate((10.0, 12.0, 14.0))
    ]
    (warning,) = wide_spreads(summarise(wild))
    assert "of A (17 %), the generation speed of B (17 %)" in warning
    assert wide_spreads(summarise([reply(10.0)])) == ()


def test_loads_are_counted_not_the_replies_that_each_served() -> None:
    loads = (0.5, 0.5, 0.7, 0.7)
    replies = [
        msgspec.structs.replace(reply(10.0, case=case, repeat=i), timing=Timing(load_s=load_s))
        for case in "12"
        for i, load_s in enumerate(loads)
    ]
    once, twice = (summarise(shown)[0].figures["load_s"] for shown in (replies[:2], replies))
    assert once == Figure(median=0.5, n=1)
    assert (twice.median, twice.n) == (0.6, 2)


def test_the_energy_of_replies_is_a_median_without_a_spread() -> None:
    energies = [
        Energy(joules=j, joules_per_token=j / 10, kind="measured") for j in (10.0, 30.0, 20.0)
    ]
    replies = [
        msgspec.structs.replace(reply(50.0, case=str(n)), energy=energy)
        for n, energy in enumerate(energies)
    ]
    (summary,) = summarise(replies)
    assert summary.figures["joules"] == Figure(median=20.0, n=3)
    assert summary.figures["joules_per_token"].median == 2.0
