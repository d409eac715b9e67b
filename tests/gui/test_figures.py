from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from engine.contract import Energy, Memory, Timing
from engine.summary import Figure
from gui.details import model_rows, reply_rows, runtime_rows
from gui.figures import (
    count,
    line,
    parameters,
    rate,
    repeat_words,
    reply_words,
    seconds,
    size,
    speed_words,
    when,
)
from tests.gui.fakes import RUNTIME, model, reply_to


@pytest.mark.parametrize(
    ("value", "text"), [(51.44, "51.4 tok/s"), (105.3, "105 tok/s"), (8.314, "8.31 tok/s")]
)
def test_rates_have_three_significant_digits(value: float, text: str) -> None:
    assert rate(value) == text


@pytest.mark.parametrize(
    ("value_s", "text"),
    [(0.0191, "19.1 ms"), (0.113, "0.11 s"), (9.5, "9.50 s"), (12.34, "12.3 s"), (61, "1 min 1 s")],
)
def test_durations_are_told_in_fitting_units(value_s: float, text: str) -> None:
    assert seconds(value_s) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(900, "900 B"), (98_000_000, "98 MB"), (4_370_000_000, "4.4 GB"), (140_000_000_000, "140 GB")],
)
def test_sizes_are_decimal(n_bytes: int, text: str) -> None:
    assert size(n_bytes) == text


def test_counts_are_grouped_and_agree_with_their_noun() -> None:
    assert count(1, "token") == "1 token"
    assert count(12345, "token") == "12,345 tokens"


@pytest.mark.parametrize(("number", "text"), [(134_515_008, "135 M"), (8_030_000_000, "8.03 B")])
def test_parameters_are_told_as_the_field_does(number: int, text: str) -> None:
    assert parameters(number) == text


def test_moments_are_told_by_how_long_ago_they_were() -> None:
    now = datetime(2026, 11, 24, 14, 3).astimezone()
    assert when(now, now) == "today 14:03"
    assert when(now - timedelta(days=1), now) == "yesterday 14:03"
    assert when(now - timedelta(days=9), now).startswith("15 Nov 2026")


def test_the_figures_of_a_reply_are_one_quiet_line() -> None:
    assert " · ".join([speed_words(reply_to("a"), None), *reply_words(reply_to("a"))]) == (
        "51.4 tok/s · 53 tokens · 0.11 s to first token · prompt 210 tok/s · stop: end of text"
    )


def test_a_line_breaks_only_between_figures() -> None:
    assert line(["51.4 tok/s", "", "n = 3"]).split(" ") == [
        "51.4\N{NO-BREAK SPACE}tok/\N{WORD JOINER}s\N{NO-BREAK SPACE}·",
        "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}3",
    ]


def test_what_is_absent_is_left_out_of_the_line() -> None:
    reply = msgspec.structs.replace(reply_to("a"), timing=Timing(), finish_reason="stopped")
    assert speed_words(reply, None) == ""
    assert reply_words(reply) == ["stop: stopped by you"]


def test_energy_stands_under_a_reply_and_says_that_it_is_an_estimate() -> None:
    energy = Energy(joules=3.0, low_joules=1.5, high_joules=6.0, kind="estimated")
    reply = msgspec.structs.replace(reply_to("a"), energy=energy)
    assert reply_words(reply)[-1] == "about 3.0 J, estimated (1.5 to 6.0 J)"


def test_shared_timings_say_so() -> None:
    reply = reply_to("a")
    shared = msgspec.structs.replace(
        reply, timing=msgspec.structs.replace(reply.timing, shared=True)
    )
    assert "shared timings" in reply_words(shared)
    assert ("Note", "shared timings: other models ran at the same time") in reply_rows(shared)


def test_repeats_are_told_by_median_spread_and_number() -> None:
    speed = Figure(median=52.0, n=3, spread_percent=2.06)
    assert speed_words(reply_to("a"), speed) == "median 52.0 tok/s"
    assert repeat_words(speed) == ["spread 2.1 %", "n = 3"]
    assert repeat_words(Figure(median=52.0, n=1)) == []


def test_details_give_a_reason_for_what_is_not_known() -> None:
    reply = msgspec.structs.replace(
        reply_to("a"),
        timing=Timing(absent={"generation_tokens_per_s": "only one token was generated"}),
        memory=Memory(absent={"peak_bytes": "the worker had gone"}),
        energy=Energy(absent={"joules": "no sensor"}),
    )
    rows = dict(reply_rows(reply))
    assert rows["Generation"] == "not known: only one token was generated"
    assert rows["Peak memory"] == "not known: the worker had gone"
    assert rows["Energy"] == "no sensor"


def test_details_name_all_that_was_measured() -> None:
    rows = dict(reply_rows(reply_to("a")))
    assert rows["Loading"] == "0.41 s, file cached"
    assert rows["Between tokens"] == "19.1 ms median, 21.4 ms at 95 %, 31 ms at most"
    assert rows["Peak memory"] == "163 MB"


def test_details_tell_what_the_load_became() -> None:
    rows = dict(runtime_rows(RUNTIME))
    assert rows["Layers on a GPU"] == "0 of 31"
    assert rows["CPU"] == "145 MB: model 98 MB, KV cache 47 MB"


def test_a_model_is_described_by_what_its_header_says() -> None:
    rows = dict(model_rows(model()))
    assert rows["Parameters"] == "135 M"
    assert rows["Quantization"] == "Q4_1, 5.82 bits per weight"
    bare = msgspec.structs.replace(model(), parameters=None, architecture=None, n_ctx_train=None)
    assert "Parameters" not in dict(model_rows(bare))


def test_energy_under_a_reply_breaks_between_its_figures() -> None:
    energy = Energy(
        joules=20.0,
        plus_minus_percent=10.0,
        joules_per_token=0.4,
        kind="measured",
        source="NVML",
        pooled_replies=12,
        contaminated=True,
    )
    reply = msgspec.structs.replace(reply_to("a"), energy=energy)
    assert reply_words(reply)[-5:] == [
        "20.0 J ± 10 %",
        "NVML",
        "0.400 J a token",
        "too short alone, pooled over 12 replies",
        "disturbed by other programs",
    ]


def test_a_reply_too_short_for_its_sensor_says_so_in_a_few_words() -> None:
    energy = Energy(too_short=True, absent={"joules": "Too short: 0.5 s."})
    reply = msgspec.structs.replace(reply_to("a"), energy=energy)
    assert reply_words(reply)[-1] == "too short for an energy figure"
    assert dict(reply_rows(reply))["Energy"] == "Too short: 0.5 s."
