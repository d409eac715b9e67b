"""cost: a session in money, from sessions whose energies are known by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.app import run
from engine.contract import Energy, Outcome, Session, Verdict
from engine.energy.calibration import PlugReading
from engine.energy.settings import EnergySettings, PlugCalibration
from engine.machine import processor_name
from storage.document import dump
from storage.energy_settings import energy_settings_file, save_energy_settings
from storage.folders import data_folder, database_path
from storage.history import History
from tests.cost.sessions import measured_session, reply
from tests.cost.sessions import session as session_of

Capture = pytest.CaptureFixture[str]
Saved = Callable[..., str]

# 36 J and 18 J a request, each of 50 tokens.
DEAR, CHEAP = [(36.0, 4.0)] * 6, [(18.0, 2.0)] * 6
EXACT = ("--price", "0.30", "--grid", "400")

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """A session's document in a file."""

    def save(session: Session | None = None, *verdicts: Verdict, name: str = "weighed") -> str:
        weighed = session or measured_session({"Big Q8_0": DEAR, "Small Q4_0": CHEAP})
        path = tmp_path / f"{name}.json"
        path.write_bytes(dump(msgspec.structs.replace(weighed, verdicts=verdicts)))
        return str(path)

    return save


def verdict(outcome: Outcome = "non-inferior", *vetoed_by: str, of: str = "Small Q4_0") -> Verdict:
    return Verdict(
        reference="Big Q8_0",
        contender=of,
        n=100,
        confidence=0.95,
        upper_confidence=0.975,
        margin=0.05,
        outcome=outcome,
        vetoed_by=vetoed_by,
        compared_with=1,
        unscored=0,
        overruled=0,
    )


def costs(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert run(("cost", *arguments, "--json")) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_a_request_a_million_tokens_and_a_month_are_priced_as_by_hand(
    saved: Saved, capsys: Capture
) -> None:
    report = costs(capsys, saved(), *EXACT, "--requests-per-day", "10000")
    big, small = report["contenders"]
    assert (big["name"], small["name"]) == ("Big Q8_0", "Small Q4_0")
    assert big["per_request"]["likely"] == pytest.approx(36 / 3.6e6 * 0.30)
    assert big["per_thousand_requests"]["likely"] == pytest.approx(36 / 3.6e6 * 300)
    assert big["per_million_tokens"]["likely"] == pytest.approx(36 / 3.6e6 * 0.30 / 50 * 1e6)
    assert big["per_month"]["likely"] == pytest.approx(36 / 3.6e6 * 3000 * 365 / 12, rel=0.01)
    assert big["co2e_g_per_request"]["likely"] == pytest.approx(36 / 3.6e6 * 400)
    for figure in (big["per_request"], small["co2e_g_per_request"]):
        assert figure["low"] < figure["likely"] < figure["high"]
    assert small["saving"]["against"] == "Big Q8_0"
    assert small["saving"]["energy_percent"]["likely"] == 50


def test_a_saving_is_never_told_without_its_quality(saved: Saved, capsys: Capture) -> None:
    assert run(("cost", saved(), *EXACT)) == 0
    shown = capsys.readouterr().out
    assert "Whether Small Q4_0 is good enough to replace Big Q8_0 is not known" in shown
    assert "It saves 50 %" in shown
    assert "run `suite`" in shown


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (verdict(), "Small Q4_0 is good enough at your margin of 5 points and saves 50 %"),
        (verdict("worse"), "Small Q4_0 is worse than Big Q8_0 by more than your margin"),
        (
            verdict("non-inferior", "refund"),
            "Small Q4_0 fails a critical case that Big Q8_0 passes",
        ),
    ],
)
def test_the_verdict_of_a_suite_s_session_is_told_beside_the_saving(
    found: Verdict, sentence: str, saved: Saved, capsys: Capture
) -> None:
    assert run(("cost", saved(None, found), *EXACT)) == 0
    shown = capsys.readouterr().out
    assert sentence in shown
    assert "run `suite`" not in shown


def test_a_suite_in_the_history_brings_its_verdicts_along(saved: Saved, capsys: Capture) -> None:
    with History.open(database_path()) as history:
        history.import_file(Path(saved(None, verdict())))
    assert run(("cost", "s1", *EXACT)) == 0
    assert "Small Q4_0 is good enough at your margin" in capsys.readouterr().out


def test_verdicts_may_come_from_another_session_of_the_same_models(
    saved: Saved, capsys: Capture
) -> None:
    judged = saved(None, verdict(), name="judged")
    assert run(("cost", saved(), *EXACT, "--verdicts", judged)) == 0
    assert "Small Q4_0 is good enough at your margin" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b"\xff"])
def test_a_file_that_is_no_session_has_no_verdicts(
    content: bytes, saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    judged = tmp_path / "judged.json"
    judged.write_bytes(content)
    assert run(("cost", saved(), "--verdicts", str(judged))) == 2
    assert "judged.json" in capsys.readouterr().err


def test_verdicts_on_other_models_are_wrong_usage(saved: Saved, capsys: Capture) -> None:
    others = measured_session({"Big Q8_0": DEAR, "Another": CHEAP})
    judged = saved(others, verdict(of="Another"), name="judged")
    assert run(("cost", saved(), "--verdicts", judged)) == 2
    assert "no verdict on two of this session's models" in capsys.readouterr().err


def test_others_are_compared_with_the_one_that_the_suite_took_as_reference(
    saved: Saved, capsys: Capture
) -> None:
    swapped = msgspec.structs.replace(verdict(of="Big Q8_0"), reference="Small Q4_0")
    report = costs(capsys, saved(None, swapped), *EXACT)
    assert report["contenders"][0]["saving"]["against"] == "Small Q4_0"


def test_the_contender_to_compare_with_may_be_named_in_part(saved: Saved, capsys: Capture) -> None:
    report = costs(capsys, saved(), *EXACT, "--compare-with", "q4")
    assert report["contenders"][0]["saving"]["against"] == "Small Q4_0"


def test_what_does_not_fit_is_said_and_has_no_month(saved: Saved, capsys: Capture) -> None:
    arguments = ("cost", saved(), *EXACT, "--requests-per-day", "30000")
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert "It does not fit: this machine serves at most 21,600 requests a day" in shown
    assert "2 machines would be needed." in shown
    assert "A month " in shown
    big, small = costs(capsys, *arguments[1:])["contenders"]
    assert big["per_month"] is None
    assert big["absent"]["per_month"]
    assert small["per_month"]["likely"] > 0


def test_without_energy_the_reason_stands_in_place_of_figures(
    saved: Saved, capsys: Capture
) -> None:
    nothing = Energy(absent={"joules": "No sensor could be read."})
    unmetered = session_of([reply("Big", f"case {n}", nothing, 1.0) for n in range(3)])
    assert run(("cost", saved(unmetered))) == 0
    shown = capsys.readouterr().out
    assert "No sensor could be read." in shown
    assert "€ a year" not in shown


def test_a_paid_model_and_bought_hardware_are_set_beside(saved: Saved, capsys: Capture) -> None:
    arguments = ("--api-price", "3/15", "--hardware", "1000", "--lifetime", "5")
    report = costs(capsys, saved(), *EXACT, *arguments)
    paid = report["contenders"][2]
    assert (paid["name"], paid["kind"]) == ("API at 3/15", "paid")
    assert paid["per_request"]["likely"] == pytest.approx((100 * 3 + 50 * 15) / 1e6)
    assert paid["co2e_g_per_request"] is None
    assert report["contenders"][0]["break_even"][0]["against"] == "API at 3/15"
    assert run(("cost", saved(), *EXACT, *arguments)) == 0
    shown = capsys.readouterr().out
    assert "The makers of paid models do not tell what a request emits." in shown
    assert "the machine pays from" in shown
    assert "The machine's own share of a request is" in shown


def test_a_listed_paid_model_needs_the_worth_of_its_currency(saved: Saved, capsys: Capture) -> None:
    assert run(("cost", saved(), *EXACT, "--paid", "haiku")) == 0
    assert "enter what 1 USD is worth in EUR" in capsys.readouterr().out
    report = costs(capsys, saved(), *EXACT, "--paid", "haiku", "--exchange", "USD=0.5")
    haiku = report["contenders"][2]
    assert haiku["per_request"]["likely"] == pytest.approx((100 * 1 + 50 * 5) / 1e6 * 0.5)


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (("--requests-per-day", "5"), "requests_per_day", 5),
        (("--days-per-year", "250"), "days_per_year", 250),
        (("--hours-per-day", "8"), "hours_per_day", 8),
        (("--prompt-tokens", "900"), "prompt_tokens", 900),
        (("--output-tokens", "80"), "output_tokens", 80),
        (("--machines", "3"), "machines", 3),
        (("--above-idle",), "energy", "above idle"),
        (("--cached-share", "0.5"), "cached_share", 0.5),
        (("--hardware", "9", "--include-hardware"), "include_hardware", True),
        (("--currency", "usd"), "currency", "USD"),
    ],
)
def test_what_is_typed_is_what_is_assumed(
    arguments: tuple[str, ...], field: str, value: object, saved: Saved, capsys: Capture
) -> None:
    assert costs(capsys, saved(), *EXACT, *arguments)["assumptions"][field] == value


def test_hardware_has_its_price_lifetime_and_resale(saved: Saved, capsys: Capture) -> None:
    typed = ("--hardware", "900", "--lifetime", "3", "--resale", "100")
    hardware = costs(capsys, saved(), *EXACT, *typed)["assumptions"]["hardware"]
    assert (hardware["price"], hardware["years"], hardware["resale"]) == (900, 3, 100)


def test_making_the_machine_is_in_the_co2e_where_the_machine_is_counted(
    saved: Saved, capsys: Capture
) -> None:
    typed = ("--hardware", "900", "--lifetime", "3", "--embodied", "300")

    def grams(*more: str) -> float:
        (entry, *_) = costs(capsys, saved(), *EXACT, *typed, *more)["contenders"]
        return float(entry["co2e_g_per_request"]["likely"])

    def seconds() -> float:
        (entry, *_) = costs(capsys, saved(), *EXACT, *typed)["contenders"]
        return float(entry["seconds_per_request"]["likely"])

    share = 300_000 / (3 * 365 * 24 * 3600) * seconds()
    assert grams("--include-hardware") - grams() == pytest.approx(share, rel=0.01)
    assert run(("cost", saved(), *EXACT, *typed, "--include-hardware")) == 0
    assert "Making the machine, 300 kg of CO2e over 3 years, is in" in capsys.readouterr().out


def test_prices_known_in_euros_are_exchanged(saved: Saved, capsys: Capture) -> None:
    euros = costs(capsys, saved(), "--country", "DE")["assumptions"]
    dollars = costs(capsys, saved(), "--country", "DE", "--currency", "USD", "--exchange", "EUR=2")[
        "assumptions"
    ]
    assert dollars["electricity_price"]["likely"] == 2 * euros["electricity_price"]["likely"]


def test_assumptions_name_their_source(saved: Saved, capsys: Capture) -> None:
    assert run(("cost", saved(), "--country", "de", "--price", "0.2-0.4")) == 0
    shown = capsys.readouterr().out
    assert "Electricity at 0.300 € (0.200 to 0.400) per kWh: given by you." in shown
    assert "average of Germany in 2024 (Ember" in shown


def test_a_recorded_session_is_named_by_its_id(saved: Saved, capsys: Capture) -> None:
    with History.open(database_path()) as history:
        history.import_file(Path(saved()))
    assert costs(capsys, "s1", *EXACT)["session"] == "s1"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--price", "cheap"), "--price"),
        (("--price", "0.4-0.2"), "backwards"),
        (("--country", "Atlantis"), "two letters"),
        (("--api-price", "3"), "3/15"),
        (("--currency", "USD"), "--price in USD"),
        (("--exchange", "USD"), "USD=0.92"),
        (("--lifetime", "3"), "--hardware"),
        (("--embodied", "300"), "--hardware"),
        (("--hardware", "100", "--resale", "200"), "resale"),
        (("--compare-with", "Q"), "several names"),
        (("--paid", "nobody"), "none of them"),
        (("--hours-per-day", "25"), "24"),
    ],
)
def test_wrong_usage_is_a_sentence(
    arguments: tuple[str, ...], reason: str, saved: Saved, capsys: Capture
) -> None:
    assert run(("cost", saved(), *arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert reason in captured.err


def test_a_session_without_replies_has_no_cost(saved: Saved, capsys: Capture) -> None:
    weighed = measured_session({"Big Q8_0": DEAR})
    empty = msgspec.structs.replace(weighed, replies=())
    assert run(("cost", saved(empty))) == 1
    assert "no finished reply" in capsys.readouterr().err


def test_a_missing_file_is_wrong_usage(tmp_path: Path, capsys: Capture) -> None:
    assert run(("cost", str(tmp_path / "nowhere.json"))) == 2
    assert "nowhere.json" in capsys.readouterr().err


def test_growth_shows_each_year_with_its_volume(saved: Saved, capsys: Capture) -> None:
    arguments = (saved(), *EXACT, "--growth", "50", "--years", "2")
    assert run(("cost", *arguments)) == 0
    assert "Year 2, 1,500 a day" in capsys.readouterr().out
    big = costs(capsys, *arguments)["contenders"][0]
    first, second = (year["money"]["likely"] for year in big["years"])
    assert second == pytest.approx(1.5 * first, rel=0.01)


def test_a_typed_rate_tells_what_fits_many_at_once(saved: Saved, capsys: Capture) -> None:
    """By hand: 5 a second for a day, four fifths of it."""
    assert run(("cost", saved(), *EXACT, "--batched-per-second", "5")) == 0
    assert "Answering many at once: up to 345,600 requests a day" in capsys.readouterr().out


def test_what_the_cost_hangs_on_is_drawn_widest_first(saved: Saved, capsys: Capture) -> None:
    assert run(("cost", saved(), "--price", "0.10-0.50", "--grid", "400")) == 0
    shown = capsys.readouterr().out
    drawn = shown[shown.index("hangs on") :]
    assert drawn.index("price of electricity") < drawn.index("energy by powercap")
    assert drawn.count("█") > 20


def test_a_range_may_have_its_likely_figure_in_the_middle(saved: Saved, capsys: Capture) -> None:
    report = costs(capsys, saved(), "--price", "0.10-0.15-0.50", "--grid", "400")
    price = report["assumptions"]["electricity_price"]
    assert (price["low"], price["likely"], price["high"]) == (0.10, 0.15, 0.50)


OWN_PRICES = """
[worth_in_eur]
USD = 0.5
[[model]]
name = "Ours"
prompt = 2
output = 4
currency = "USD"
date = 2026-10-01
source = "contract 17"
"""


def test_a_price_list_of_one_s_own_brings_its_exchange_rates(
    saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    """By hand: 100 prompt and 50 output tokens, at 1 and 2 euros a million."""
    path = tmp_path / "mine.toml"
    path.write_text(OWN_PRICES, encoding="utf-8")
    arguments = (*EXACT, "--price-file", str(path), "--paid", "Ours")
    ours = costs(capsys, saved(), *arguments)["contenders"][-1]
    assert ours["per_request"]["likely"] == pytest.approx(200e-6)


def test_a_copy_in_the_data_folder_is_read_in_place_of_ours(saved: Saved, capsys: Capture) -> None:
    assert run(("prices", "--own", "paid")) == 0
    copy = Path(capsys.readouterr().out.strip())
    assert copy.parent == data_folder()
    copy.write_text(OWN_PRICES, encoding="utf-8")
    assert run(("prices",)) == 0
    shown = capsys.readouterr().out
    assert "Ours" in shown
    assert "1 USD = 0.5 EUR" in shown
    assert run(("prices", "--own", "paid")) == 0
    capsys.readouterr()
    assert copy.read_text(encoding="utf-8") == OWN_PRICES
    ours = costs(capsys, saved(), *EXACT, "--paid", "ours")["contenders"][-1]
    assert ours["name"] == "Ours"


def test_a_grid_of_one_s_own_is_named_as_such(
    saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "grid.csv"
    path.write_text(
        "country,name,g_per_kwh,year\nWORLD,World,500,2025\nXX,Our roof,20,2026\n", encoding="utf-8"
    )
    arguments = ("--country", "xx", "--grid-file", str(path), "--price", "0.3")
    report = costs(capsys, saved(), *arguments)
    assert report["assumptions"]["grid_g_per_kwh"]["likely"] == 20
    assert "your own table" in report["assumptions"]["origins"]["grid_g_per_kwh"]


def calibrated(parts: tuple[str, ...]) -> None:
    plug = PlugCalibration(
        idle=PlugReading(plug_watts=35.0, parts_watts=10.0),
        load=PlugReading(plug_watts=110.0, parts_watts=70.0),
        parts=parts,
        made=datetime(2026, 3, 1, tzinfo=UTC),
    )
    save_energy_settings(energy_settings_file(), EnergySettings(plug=plug))


def here() -> Session:
    weighed = measured_session({"Big Q8_0": DEAR})
    environment = msgspec.structs.replace(weighed.environment, cpu=processor_name())
    return msgspec.structs.replace(weighed, environment=environment)


def test_the_plug_meter_s_calibration_is_in_the_cost(saved: Saved, capsys: Capture) -> None:
    """By hand: η is 60 W of 75 W, the rest draws 22.5 W, for 4 s."""
    calibrated(("processor package-0 by powercap",))
    (big,) = costs(capsys, saved(here()), *EXACT)["contenders"]
    assert big["joules_per_request"]["likely"] == pytest.approx(36 / 0.8 + 22.5 * 4)
    assert big["boundary"] == "at the plug, by its calibration"
    (bare,) = costs(capsys, saved(here()), *EXACT, "--components-only")["contenders"]
    assert bare["joules_per_request"]["likely"] == pytest.approx(36)


def test_a_session_of_another_machine_or_sensor_is_not_calibrated(
    saved: Saved, capsys: Capture
) -> None:
    calibrated(("processor package-0 by powercap",))
    elsewhere = costs(capsys, saved(), *EXACT)
    calibrated(("processor package-1 by powercap",))
    otherwise = costs(capsys, saved(here()), *EXACT)
    for report in (elsewhere, otherwise):
        assert report["contenders"][0]["joules_per_request"]["likely"] == pytest.approx(36)


def test_a_suite_of_the_history_judges_a_comparison_of_the_same_models(
    saved: Saved, capsys: Capture
) -> None:
    weighed = measured_session({"Big Q8_0": DEAR, "Small Q4_0": CHEAP})
    suite = msgspec.structs.replace(weighed, id="s7", title="Letters", kind="suite")
    with History.open(database_path()) as history:
        history.import_file(Path(saved(suite, verdict(), name="suite")))
        history.import_file(Path(saved(weighed)))
    assert run(("cost", "s1", *EXACT)) == 0
    shown = capsys.readouterr().out
    assert "Small Q4_0 is good enough at your margin" in shown
    assert "comes from the session “Letters” of" in shown


def test_a_year_in_which_nothing_is_asked_has_no_bars_and_no_break_even_in_days(
    saved: Saved, capsys: Capture
) -> None:
    bought = ("--api-price", "3/15", "--hardware", "1000")
    assert run(("cost", saved(), *EXACT, "--requests-per-day", "0", *bought)) == 0
    shown = capsys.readouterr().out
    assert "What a year's cost hangs on" not in shown
    assert "At the present volume nothing is asked." in shown
    assert "never pays" not in shown


def test_a_price_file_without_a_price_is_no_price_file(
    saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    assert run(("cost", saved(), "--price-file", str(empty))) == 2
    assert f"The price file {empty} holds no model and no rate." in capsys.readouterr().err


def test_of_several_names_only_those_that_match_are_told(saved: Saved, capsys: Capture) -> None:
    assert run(("cost", saved(), "--compare-with", "q", "--api-price", "3/15")) == 2
    told = capsys.readouterr().err
    assert "“q” is in several names: Big Q8_0, Small Q4_0." in told
    assert "API" not in told


def test_a_list_of_rates_alone_has_no_paid_model(
    saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    rates = tmp_path / "rates.toml"
    rates.write_text("worth_in_eur = {USD = 0.9}\n")
    assert run(("cost", saved(), "--price-file", str(rates), "--paid", "Claude")) == 2
    assert "“Claude” is not there: the list holds no name." in capsys.readouterr().err


def test_a_machine_that_is_hardly_busy_promises_no_more_than_it_knows(
    saved: Saved, capsys: Capture
) -> None:
    assert run(("cost", saved(), *EXACT, "--requests-per-day", "1")) == 0
    assert "; at least 95 of 100 requests are answered at once." in capsys.readouterr().out
