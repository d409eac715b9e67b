"""From a session to money: figures by hand, what cancels, and what is never told."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Literal, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import Energy, Session, Verdict
from engine.cost.assumptions import Assumptions, Hardware
from engine.cost.document import ContenderCost, CostReport
from engine.cost.paid import PaidModel
from engine.cost.ranges import Range, exactly
from engine.cost.report import cost_report
from engine.cost.verdict import QualityVerdict
from engine.energy.calibration import Calibration
from engine.errors import AssumptionError
from tests.cost.sessions import assumptions, estimated, measured, measured_session, reply, session

API = PaidModel(
    name="API",
    prompt=3.0,
    cached=0.3,
    output=15.0,
    currency="EUR",
    date=dt.date(2026, 1, 1),
    source="test",
)


def costs(report: CostReport) -> dict[str, ContenderCost]:
    return {each.name: each for each in report.contenders}


def likely(range_: Range | None) -> float:
    assert range_ is not None
    return range_.likely


Outcome = Literal["better", "non-inferior", "worse", "undecided"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a suite said of B against A."""

    outcome: Outcome
    contender: str = "B"
    reference: str = "A"
    margin: float = 0.05
    vetoed_by: tuple[str, ...] = ()


def judged(outcome: Outcome, *, vetoed_by: str | None = None) -> Judged:
    return Judged(outcome=outcome, vetoed_by=() if vetoed_by is None else (vetoed_by,))


def test_a_suite_s_own_verdict_is_one_that_can_be_read() -> None:
    def accepts(verdict: QualityVerdict) -> None:
        pass

    names = {"contender", "reference", "outcome", "margin", "vetoed_by"}
    assert names <= set(Verdict.__struct_fields__)
    if TYPE_CHECKING:
        accepts(cast(Verdict, None))


def steady(joules: float = 50.0, seconds: float = 2.0, cases: int = 8) -> Session:
    return measured_session({"A": [(joules, seconds)] * cases})


def varied(cases: int = 20) -> Session:
    """B takes 40 % of A's energy in every case; the cases differ by a factor of four."""
    chance = random.Random(3)
    sizes = [chance.uniform(20, 80) for _ in range(cases)]
    return measured_session(
        {
            "A": [(size, size / 20) for size in sizes],
            "B": [(0.4 * size, size / 40) for size in sizes],
        }
    )


def test_a_joule_a_token_at_the_european_price_is_eight_cents_a_million() -> None:
    """By hand: 1 J/token is 1/3.6 kWh a million tokens; at 0.2872 €/kWh that is 0.0798 €."""
    report = cost_report(steady(joules=50.0), assumptions(electricity_price=exactly(0.2872)))
    assert likely(costs(report)["A"].per_million_tokens) == pytest.approx(0.0798, rel=0.01)


def test_a_request_a_month_and_a_year_follow_from_the_joules() -> None:
    """By hand: 36 kJ are 0.01 kWh, 0.3 cents and 4 g; at 1,000 a day 1,095 € and 1,460 kg a year."""
    cost = costs(cost_report(steady(joules=36_000.0), assumptions()))["A"]
    assert likely(cost.per_request) == pytest.approx(0.003)
    assert likely(cost.per_thousand_requests) == pytest.approx(3.0)
    assert likely(cost.per_month) == pytest.approx(91.25, rel=2e-3)
    assert likely(cost.per_year) == pytest.approx(1095, rel=5e-3)
    assert likely(cost.co2e_g_per_request) == pytest.approx(4.0)
    assert likely(cost.co2e_kg_per_year) == pytest.approx(1460)


def test_a_plug_meter_s_calibration_raises_the_energy_to_the_wall() -> None:
    """By hand: 450 J / 0.9 + 20 W · 10 s = 700 J."""
    calibration = Calibration(efficiency=0.9, rest_watts=20.0)
    report = cost_report(steady(450.0, 10.0), assumptions(calibration=calibration))
    cost = costs(report)["A"]
    assert likely(cost.joules_per_request) == pytest.approx(700)
    assert "plug" in (cost.boundary or "")


def test_hardware_is_a_line_of_its_own_until_it_is_asked_for() -> None:
    """By hand: 1,460 € over 4 years of 10 hours a day are 1 cent for each 360 s."""
    hardware = Hardware(price=1460.0, years=4)
    apart = assumptions(hardware=hardware, hours_per_day=10.0, requests_per_day=10.0)
    included = msgspec.structs.replace(apart, include_hardware=True)
    plain, whole = (
        costs(cost_report(steady(36_000.0, 360.0), each))["A"] for each in (apart, included)
    )
    assert likely(plain.hardware_per_request) == pytest.approx(0.01)
    assert likely(plain.per_request) == pytest.approx(0.003)
    assert likely(whole.per_request) == pytest.approx(0.013)


def test_energy_above_idle_can_be_asked_for() -> None:
    cost = costs(cost_report(steady(100.0), assumptions(energy="above idle")))["A"]
    assert likely(cost.joules_per_request) == pytest.approx(50.0)


def test_typed_lengths_scale_prompt_and_generation_apart() -> None:
    """By hand: a fifth of 100 J for 100 tokens of prompt, the rest for 50; asked for 200 and 100."""
    cost = costs(
        cost_report(steady(100.0, 2.0), assumptions(prompt_tokens=200.0, output_tokens=150.0))
    )["A"]
    assert likely(cost.joules_per_request) == pytest.approx(20 * 2 + 80 * 3)
    assert likely(cost.seconds_per_request) == pytest.approx(0.4 * 2 + 1.6 * 3)


def test_the_sensor_s_range_is_the_range_of_alike_requests() -> None:
    cost = costs(cost_report(steady(100.0), assumptions()))["A"]
    joules = cost.joules_per_request
    assert joules is not None
    assert joules.low == pytest.approx(90.9, abs=1.5)
    assert joules.high == pytest.approx(110, abs=1.5)


def test_an_estimate_stays_a_range_of_a_factor_two_in_two_digits() -> None:
    report = cost_report(
        session(reply("A", f"c{index}", estimated(3.3), 3.3) for index in range(10)), assumptions()
    )
    cost = costs(report)["A"]
    joules = cost.joules_per_request
    assert joules is not None
    assert joules.low == pytest.approx(17, abs=1)
    assert joules.likely == 33
    assert joules.high == pytest.approx(66, abs=3)
    assert cost.digits == 2
    assert any("estimated" in note for note in cost.notes)


def test_a_shared_sensor_s_error_cancels_in_a_saving() -> None:
    saving = costs(cost_report(varied(), assumptions()))["B"].saving
    assert saving is not None
    percent = saving.energy_percent
    assert percent is not None
    assert percent.likely == pytest.approx(60)
    assert percent.high - percent.low < 0.1


def test_errors_of_different_sensors_do_not_cancel() -> None:
    replies = [
        reply(name, f"c{index}", measured(joules, 2.0, source), 2.0)
        for name, joules, source in (("A", 100.0, "powercap"), ("B", 40.0, "NVML"))
        for index in range(8)
    ]
    saving = costs(cost_report(session(replies), assumptions()))["B"].saving
    assert saving is not None
    percent = saving.energy_percent
    assert percent is not None
    assert percent.low < 56
    assert percent.high > 64


def test_the_price_of_electricity_cancels_in_percent_and_not_in_euros() -> None:
    wide = assumptions(electricity_price=Range(0.2, 0.3, 0.4))
    saving = costs(cost_report(varied(), wide))["B"].saving
    assert saving is not None
    assert saving.money_percent is not None
    assert saving.money_per_year is not None
    assert saving.money_percent.high - saving.money_percent.low < 0.1
    assert saving.money_per_year.high > 1.3 * saving.money_per_year.low


def test_repeats_of_one_case_are_no_new_cases() -> None:
    """Ten repeats of two very different cases leave the interval as wide as two cases do."""

    def width(repeats: int) -> float:
        replies = [
            reply("A", case, measured(joules, 2.0), 2.0, repeat=repeat)
            for case, joules in (("small", 10.0), ("large", 100.0))
            for repeat in range(repeats)
        ]
        joules = costs(cost_report(session(replies), assumptions()))["A"].joules_per_request
        assert joules is not None
        return joules.high - joules.low

    assert width(10) == pytest.approx(width(1), rel=0.05)


def test_one_reply_says_that_its_spread_is_not_known() -> None:
    cost = costs(cost_report(steady(cases=1), assumptions()))["A"]
    assert any("one reply" in note for note in cost.notes)


def test_failed_and_contaminated_replies_are_left_out() -> None:
    clean = [reply("A", f"c{index}", measured(50.0, 2.0), 2.0) for index in range(4)]
    dirty = msgspec.structs.replace(
        clean[0],
        case="dirty",
        energy=msgspec.structs.replace(measured(900.0, 2.0), contaminated=True),
    )
    failed = msgspec.structs.replace(clean[0], case="failed", finish_reason="error")
    cost = costs(cost_report(session([*clean, dirty, failed]), assumptions()))["A"]
    assert cost.replies == 4
    assert likely(cost.joules_per_request) == pytest.approx(50)


def test_without_energy_there_is_no_money_but_a_reason_and_a_capacity() -> None:
    energy = Energy(absent={"joules": "Measuring energy is switched off."})
    report = cost_report(session([reply("A", "c", energy, 2.0)]), assumptions())
    cost = costs(report)["A"]
    assert cost.per_request is None
    assert cost.absent["per_request"] == "Measuring energy is switched off."
    assert cost.capacity is not None


def test_a_session_without_a_finished_reply_has_no_cost() -> None:
    failed = msgspec.structs.replace(
        reply("A", "c", measured(1.0, 1.0), 1.0), finish_reason="error", error="died"
    )
    with pytest.raises(AssumptionError, match="no finished reply"):
        cost_report(session([failed]), assumptions())


# --- Capacity -------------------------------------------------------------------------------------


def test_beyond_capacity_nothing_is_priced_and_it_says_so() -> None:
    """By hand: 2 s a request are 43,200 a day at the most."""
    cost = costs(cost_report(steady(seconds=2.0), assumptions(requests_per_day=50_000.0)))["A"]
    assert cost.per_month is None
    assert cost.per_year is None
    assert "does not fit" in cost.absent["per_month"]
    assert "43,200" in cost.absent["per_month"]
    assert cost.per_request is not None
    assert cost.capacity is not None
    assert cost.capacity.fit == "does not fit"
    assert cost.capacity.machines_needed == 2


def test_as_many_machines_as_it_takes_are_priced() -> None:
    cost = costs(
        cost_report(steady(seconds=2.0), assumptions(requests_per_day=50_000.0, machines=None))
    )["A"]
    assert cost.per_month is not None
    assert cost.capacity is not None
    assert cost.capacity.machines == 2


@settings(max_examples=25, deadline=None)
@given(volume=st.floats(1, 20_000), factor=st.floats(1.0, 2.0))
def test_costs_grow_in_proportion_until_capacity(volume: float, factor: float) -> None:
    one, more = (
        costs(cost_report(SAME, assumptions(requests_per_day=each)))["A"]
        for each in (volume, volume * factor)
    )
    assert likely(more.per_year) == pytest.approx(factor * likely(one.per_year), rel=0.02)
    assert likely(more.per_request) == likely(one.per_request)


SAME = steady()


def test_growth_is_followed_until_the_year_that_does_not_fit() -> None:
    """By hand: 30,000 a day doubled are 60,000, where 43,200 fit."""
    cost = costs(
        cost_report(
            steady(seconds=2.0),
            assumptions(requests_per_day=30_000.0, growth_percent_per_year=100.0),
        )
    )["A"]
    first, second, third = cost.years
    assert first.money is not None
    assert second.money is None
    assert "does not fit" in second.absent["money"]
    assert second.requests_per_day == 60_000
    assert third.machines_needed == 4


# --- Paid models and hardware ---------------------------------------------------------------------


def test_a_paid_model_is_priced_for_the_same_tokens() -> None:
    """By hand: 100 · 3 + 50 · 15 = 1,050 millionths."""
    cost = costs(cost_report(steady(), assumptions(paid=(API,))))["API"]
    assert cost.kind == "paid"
    assert likely(cost.per_request) == pytest.approx(0.00105)
    assert cost.co2e_g_per_request is None
    assert cost.absent["co2e_g_per_request"]


def test_a_cached_prompt_is_cheaper() -> None:
    """By hand: half of 100 tokens at 3, half at 0.3, 50 at 15: 915 millionths."""
    cost = costs(cost_report(steady(), assumptions(paid=(API,), cached_share=0.5)))["API"]
    assert likely(cost.per_request) == pytest.approx(0.000915)


def test_a_foreign_currency_asks_for_an_exchange_rate() -> None:
    dollars = msgspec.structs.replace(API, currency="USD")
    cost = costs(cost_report(steady(), assumptions(paid=(dollars,))))["API"]
    assert cost.per_request is None
    assert "USD" in cost.absent["per_request"]
    converted = cost_report(steady(), assumptions(paid=(dollars,), exchange={"USD": 0.5}))
    assert likely(costs(converted)["API"].per_request) == pytest.approx(0.000525)


def test_hardware_breaks_even_at_the_volume_and_after_the_days_of_hand() -> None:
    """By hand: 0.00105 − 0.00003 saved a request; 1,022 € / (1,000 · 365 · 0.00102)."""
    hardware = Hardware(price=1022.0, years=4)
    report = cost_report(
        steady(joules=360.0), assumptions(paid=(API,), hardware=hardware, tokenizer_percent=0.0)
    )
    (against,) = costs(report)["A"].break_even
    assert against.requests_per_day == pytest.approx(1022 / (4 * 365 * 0.00102), rel=1e-3)
    assert against.days == pytest.approx(1022 / (1000 * 0.00102), rel=1e-3)
    assert against.days is not None
    assert against.days_low is not None
    assert against.days_high is not None
    assert against.days_low <= against.days <= against.days_high


def test_hardware_never_pays_against_a_cheaper_api() -> None:
    cheap = msgspec.structs.replace(API, prompt=0.0, output=0.0001, cached=None)
    report = cost_report(
        steady(joules=3600.0), assumptions(paid=(cheap,), hardware=Hardware(price=1000.0))
    )
    (against,) = costs(report)["A"].break_even
    assert against.days is None
    assert "never pays" in against.absent["days"]


def test_a_break_even_beyond_what_the_hardware_serves_is_none() -> None:
    report = cost_report(
        steady(seconds=100.0), assumptions(paid=(API,), hardware=Hardware(price=50_000.0))
    )
    (against,) = costs(report)["A"].break_even
    assert against.requests_per_day is None
    assert "more requests a day" in against.absent["requests_per_day"]


# --- What contributes, and the verdict ------------------------------------------------------------


def test_the_widest_bar_of_the_tornado_is_the_widest_input() -> None:
    narrow_sensor = assumptions(electricity_price=Range(0.1, 0.3, 0.9))
    tornado = costs(cost_report(varied(), narrow_sensor))["A"].tornado
    widths = [swing.high - swing.low for swing in tornado]
    assert tornado[0].input == "price of electricity"
    assert widths == sorted(widths, reverse=True)
    assert {swing.input for swing in tornado} == {
        "price of electricity",
        "energy by powercap (processor package-0)",
        "requests in the session",
    }


def test_an_exact_input_has_no_bar() -> None:
    tornado = costs(cost_report(steady(), assumptions()))["A"].tornado
    assert [swing.input for swing in tornado] == ["energy by powercap (processor package-0)"]


def test_the_verdict_names_quality_energy_and_money() -> None:
    quality = judged("non-inferior")
    report = cost_report(varied(), assumptions(requests_per_day=10_000.0), [quality])
    sentence = costs(report)["B"].verdict
    assert sentence is not None
    assert sentence.startswith(
        "B is good enough at your margin of 5 points and saves 60 % of the energy:"
    )
    assert "at 10,000 requests a day" in sentence
    assert sentence.endswith("€ a year.")


def test_a_saving_without_known_quality_says_so_first() -> None:
    sentence = costs(cost_report(varied(), assumptions()))["B"].verdict
    assert sentence is not None
    assert sentence.startswith("Whether B is good enough to replace A is not known")
    assert "saves 60 %" in sentence


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (
            judged("worse"),
            "is worse than A",
        ),
        (judged("undecided"), "undecided"),
        (judged("better"), "is better than A and saves"),
        (
            judged("non-inferior", vetoed_by="case 7"),
            "fails a critical case",
        ),
    ],
)
def test_each_outcome_of_a_suite_has_its_words(quality: Judged, words: str) -> None:
    sentence = costs(cost_report(varied(), assumptions(), [quality]))["B"].verdict
    assert words in (sentence or "")


def test_no_clear_difference_is_called_that() -> None:
    chance = random.Random(5)
    figures = {name: [(chance.uniform(20, 80), 2.0) for _ in range(6)] for name in ("A", "B")}
    report = cost_report(measured_session(figures), assumptions(compare_with="A"))
    assert "no clear difference in energy" in (costs(report)["B"].verdict or "")


def test_one_that_takes_more_says_by_how_much() -> None:
    report = cost_report(varied(), assumptions(compare_with="B"))
    assert "takes 150 % more energy" in (costs(report)["A"].verdict or "")


def test_far_dearer_ones_are_told_in_times() -> None:
    report = cost_report(steady(joules=36.0), assumptions(paid=(API,)))
    assert "times the cost" in (costs(report)["API"].verdict or "")


def test_nearly_all_is_not_told_as_all() -> None:
    report = cost_report(steady(joules=36.0), assumptions(paid=(API,), compare_with="API"))
    assert "saves 99.7 %" in (costs(report)["A"].verdict or "")


def test_an_unknown_one_to_compare_with_lists_those_there_are() -> None:
    with pytest.raises(AssumptionError, match="It has: A, B"):
        cost_report(varied(), assumptions(compare_with="C"))


# --- The document ---------------------------------------------------------------------------------


def in_a_batch(made: Session) -> Session:
    """Half a second a request, as a suite answers them."""
    replies = tuple(
        msgspec.structs.replace(
            each,
            timing=msgspec.structs.replace(
                each.timing, total_s=None, ttft_s=None, batch_share_s=0.5
            ),
            energy=msgspec.structs.replace(each.energy, joules=None, too_short=True),
        )
        for each in made.replies
    )
    return msgspec.structs.replace(made, replies=replies)


def test_a_batched_session_is_priced_and_tells_what_fits_many_at_once() -> None:
    """By hand: 2 a second for a day are 172,800, of which four fifths do not wait long."""
    batched = in_a_batch(measured_session({"A": [(36e3, 2.0)] * 6}))
    (cost,) = cost_report(batched, assumptions(requests_per_day=150_000.0)).contenders
    assert cost.per_request is not None
    assert cost.per_request.likely == pytest.approx(0.003)
    assert cost.capacity is not None
    assert cost.capacity.requests_per_day == pytest.approx(172_800)
    assert cost.capacity.batched
    assert cost.capacity.fit == "fits with long waits"
    assert "was not measured" in cost.capacity.absent["mean_wait_s"]
    assert any("batches" in note for note in cost.notes)


def test_of_a_batch_all_replies_count_and_share_evenly() -> None:
    """By hand: 9 s and 90 kJ in all are 3 s and 30 kJ a request; dropping the long one would halve it."""
    batched = in_a_batch(measured_session({"A": [(80e3, 2.0), (5e3, 2.0), (5e3, 2.0)]}))
    seconds = iter((8.0, 0.5, 0.5))
    replies = tuple(
        msgspec.structs.replace(
            each,
            timing=msgspec.structs.replace(each.timing, batch_share_s=next(seconds)),
            energy=msgspec.structs.replace(each.energy, contaminated=each.case == "case 0"),
        )
        for each in batched.replies
    )
    (cost,) = cost_report(
        msgspec.structs.replace(batched, replies=replies), assumptions(requests_per_day=10.0)
    ).contenders
    assert likely(cost.joules_per_request) == pytest.approx(30e3)
    assert likely(cost.seconds_per_request) == pytest.approx(3.0)
    assert cost.seconds_per_request == exactly(3.0)
    assert cost.replies == 3
    assert "Other programs used the processor during the batch." in cost.notes


def test_a_saving_between_two_batches_says_that_it_has_no_interval() -> None:
    both = in_a_batch(measured_session({"A": [(40e3, 2.0)] * 3, "B": [(38e3, 2.0)] * 3}))
    _, cheaper = cost_report(both, assumptions()).contenders
    assert cheaper.saving is not None
    assert not cheaper.saving.spread_known
    words = "saves 5 % of the energy (from one batch of each, so how sure that is cannot be told)"
    assert words in (cheaper.verdict or "")


def test_a_batch_in_which_a_sensor_failed_has_no_price() -> None:
    batched = in_a_batch(measured_session({"A": [(30e3, 2.0)] * 3}))
    first, *rest = batched.replies
    void = Energy(absent={"joules": "The sensor failed."})
    torn = msgspec.structs.replace(
        batched, replies=(msgspec.structs.replace(first, energy=void), *rest)
    )
    (cost,) = cost_report(torn, assumptions()).contenders
    assert cost.per_request is None
    assert cost.absent["per_request"] == "A sensor failed during the batch."
    assert cost.capacity is not None


def test_beyond_the_batched_rate_nothing_is_priced() -> None:
    batched = in_a_batch(measured_session({"A": [(36e3, 2.0)] * 6}))
    (cost,) = cost_report(batched, assumptions(requests_per_day=180_000.0)).contenders
    assert cost.per_month is None
    assert cost.absent["per_month"].endswith("172,800 requests a day, many at once.")
    assert cost.capacity is not None
    assert cost.capacity.machines_needed == 2


def test_the_document_has_the_promised_shape() -> None:
    document = msgspec.to_builtins(cost_report(varied(), assumptions()))
    for contender in document["contenders"]:
        for name in ("per_request", "per_million_tokens", "per_month", "co2e_g_per_request"):
            assert set(contender[name]) == {"low", "likely", "high"}
            assert contender[name]["low"] <= contender[name]["likely"] <= contender[name]["high"]


def test_the_same_session_gives_the_same_report() -> None:
    assert cost_report(varied(), assumptions()) == cost_report(varied(), assumptions())


@pytest.mark.parametrize(
    "change",
    [
        {"requests_per_day": -1.0},
        {"hours_per_day": 0.0},
        {"cached_share": 1.5},
        {"years": 0},
        {"electricity_price": Range(0.4, 0.3, 0.2)},
        {"grid_g_per_kwh": Range(-1, 0, 1)},
        {"hardware": Hardware(price=100.0, resale=200.0)},
    ],
)
def test_assumptions_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(AssumptionError):
        assumptions(**change).checked()


def test_defaults_are_usable_as_they_are() -> None:
    assert isinstance(assumptions().checked(), Assumptions)


def test_a_session_s_own_verdicts_are_told_and_name_the_one_to_compare_with() -> None:
    verdict = Verdict(
        reference="B",
        contender="A",
        n=100,
        confidence=0.95,
        upper_confidence=0.975,
        margin=0.05,
        outcome="non-inferior",
        compared_with=1,
        unscored=0,
        overruled=0,
    )
    suite = msgspec.structs.replace(varied(), verdicts=(verdict,))
    first, second = cost_report(suite, assumptions()).contenders
    assert second.saving is None
    assert first.saving is not None
    assert first.saving.against == "B"
    assert "A is good enough at your margin of 5 points" in (first.verdict or "")
