"""From a session to its costs: the figures, their ranges, and what leaves none."""

from __future__ import annotations

import msgspec
import pytest

from engine.contract import Energy
from engine.cost.assumptions import Assumptions, Hardware
from engine.cost.ranges import Range, exactly
from engine.cost.report import cost_report
from engine.energy.calibration import Calibration
from engine.errors import AssumptionError
from tests.cost.reports import costs, likely, steady, varied
from tests.cost.sessions import assumptions, estimated, measured, reply, session


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
