"""The shipped tables and the user's own: dated, complete, and refused with a reason."""

from __future__ import annotations

import datetime as dt
import locale
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cost.defaults import (
    GRID,
    PRICES,
    country_of_this_system,
    default_assumptions,
    load_electricity_prices,
    load_grid,
)
from engine.cost.money import money_text, percent_text, range_text
from engine.cost.paid import load_price_file, parse_api_price
from engine.cost.ranges import Range, drawn, drawn_factor, interval, significant
from engine.cost.scenario import Everything, Likely, Resampled
from engine.errors import AssumptionError

TODAY = dt.date(2026, 11, 23)


def test_the_grid_table_names_its_source_and_licence() -> None:
    head = GRID.read_text(encoding="utf-8").splitlines()[:4]
    assert any("Ember" in line and "CC BY 4.0" in line for line in head)
    assert any("Eurostat" in line for line in PRICES.read_text(encoding="utf-8").splitlines())


def test_the_grid_table_has_published_figures() -> None:
    grid = load_grid()
    assert grid["FR"].g_per_kwh < 60 < grid["DE"].g_per_kwh < grid["PL"].g_per_kwh
    assert 450 < grid["WORLD"].g_per_kwh < 500
    assert len(grid) > 100
    assert all(2020 < each.year < 2027 and 0 < each.g_per_kwh < 1500 for each in grid.values())


def test_the_price_table_has_the_published_figures() -> None:
    prices = load_electricity_prices()
    assert (prices["EU"], prices["DE"], prices["HU"]) == (0.2872, 0.3835, 0.1040)


def test_defaults_say_where_each_figure_comes_from() -> None:
    german = default_assumptions("DE")
    assert german.electricity_price.likely == 0.3835
    assert "Germany" in german.origins["grid_g_per_kwh"]
    assert "Eurostat" in german.origins["electricity_price"]


def test_a_country_without_a_price_gets_the_european_one_and_says_so() -> None:
    american = default_assumptions("US")
    assert american.grid_g_per_kwh.likely == pytest.approx(383.55)
    assert "for want of" in american.origins["electricity_price"]


def test_no_country_gets_the_world_s_grid() -> None:
    assert default_assumptions(None).country == "WORLD"
    assert default_assumptions("ZZ").country == "WORLD"


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("de_AT", "AT"),
        ("en_US.UTF-8", "US"),
        ("C", None),
        (None, None),
        ("fr-CH", "CH"),
        ("en", None),
    ],
)
def test_the_locale_picks_the_country(
    monkeypatch: pytest.MonkeyPatch, name: str | None, country: str | None
) -> None:
    monkeypatch.setattr(locale, "getlocale", lambda: (name, "UTF-8"))
    assert country_of_this_system() == country


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country,g\nDE,3", "columns"),
        ("country,name,g_per_kwh,year\nDE,Germany,much,2024", "wrong entry"),
        ("country,name,g_per_kwh,year\nDE,Germany", "too long or too short"),
    ],
)
def test_a_broken_grid_table_is_refused_with_the_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "grid.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssumptionError, match=words):
        load_grid(path)


def test_shipped_prices_have_dates_and_sources() -> None:
    models = load_price_file().model
    assert len(models) >= 3
    assert all(model.source and model.date < TODAY for model in models)
    assert all(0 < model.prompt < model.output for model in models)


def test_the_user_s_own_prices_are_read(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        '[[model]]\nname = "Ours"\nprompt = 1\noutput = 2.5\ncurrency = "EUR"\n'
        'date = 2026-10-01\nsource = "contract 17"\n',
        encoding="utf-8",
    )
    (model,) = load_price_file(path).model
    assert model.per_request(1000, 100, 0.9) == pytest.approx(0.00125)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]]\nname =", "no valid TOML"),
        ('[[model]]\nname = "A"', "wrong entry"),
        ('[[model]]\nname = "A"\nprompt = "dear"', "wrong entry"),
        ('[[models]]\nname = "A"', "wrong entry"),
        (
            '[[model]]\nname="A"\nprompt=-1\noutput=1\ncurrency="EUR"\ndate=2026-01-01\nsource=""',
            "below 0, or none, for A",
        ),
    ],
)
def test_a_broken_price_file_is_refused_with_the_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssumptionError, match=words):
        load_price_file(path)


def test_a_missing_price_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssumptionError, match=r"nowhere\.toml"):
        load_price_file(tmp_path / "nowhere.toml")


def test_a_typed_price_is_prompt_and_output() -> None:
    model = parse_api_price("3/15", "USD", TODAY)
    assert (model.prompt, model.cached, model.output) == (3.0, None, 15.0)
    cached = parse_api_price("3/0.3/15", "USD", TODAY)
    assert cached.cached == 0.3


@pytest.mark.parametrize("text", ["3", "a/b", "3/15/1/2", "-3/15", "", "nan/1"])
def test_a_mistyped_price_shows_how_it_is_typed(text: str) -> None:
    with pytest.raises(AssumptionError, match="such as 3/15"):
        parse_api_price(text, "EUR", TODAY)


# --- Draws ----------------------------------------------------------------------------------------


def test_drawn_values_have_the_range_as_their_interval() -> None:
    range_ = Range(0.2, 0.3, 0.6)
    found = interval(0.3, drawn(range_, Everything(draws=40_000).deviates("x")))
    assert found.low == pytest.approx(0.2, abs=0.01)
    assert found.high == pytest.approx(0.6, abs=0.01)


def test_a_factor_of_two_is_half_to_double() -> None:
    found = interval(1.0, drawn_factor(2.0, Everything(draws=40_000).deviates("x")))
    assert found.low == pytest.approx(0.5, rel=0.05)
    assert found.high == pytest.approx(2.0, rel=0.05)


def test_the_same_input_varies_alike_for_everybody_and_others_do_not() -> None:
    scenario = Everything()
    assert np.array_equal(scenario.deviates("a"), scenario.deviates("a"))
    assert abs(np.corrcoef(scenario.deviates("a"), scenario.deviates("b"))[0, 1]) < 0.1


def test_one_input_at_a_time_leaves_the_others_alone() -> None:
    scenario = Likely("a", 1.5)
    assert scenario.deviates("a")[0] == 1.5
    assert scenario.deviates("b")[0] == 0.0


def test_resampling_keeps_the_number_of_cases() -> None:
    weights = Resampled(draws=50).weights(7)
    assert (weights.sum(axis=1) == 7).all()


@given(figures=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), likely=st.floats(-1e6, 1e6))
def test_an_interval_is_in_order_and_holds_the_likely_value(
    figures: list[float], likely: float
) -> None:
    found = interval(likely, np.array(figures))
    assert found.low <= found.likely <= found.high


@given(figure=st.floats(1e-9, 1e12), digits=st.integers(1, 6))
def test_significant_digits_keep_the_figure_within_half_a_unit(figure: float, digits: int) -> None:
    assert significant(figure, digits) == pytest.approx(figure, rel=0.5 * 10 ** (1 - digits))


# --- Words ----------------------------------------------------------------------------------------


def test_money_has_its_sign_and_no_more_digits_than_it_has() -> None:
    assert money_text(1239.6, "EUR") == "1,240 €"
    assert money_text(0.000313, "USD") == "0.000313 $"
    assert money_text(5.31, "EUR", 2) == "5.3 €"


@pytest.mark.parametrize(
    ("percent", "text"),
    [(61.2, "61"), (4.12, "4.1"), (5.0, "5"), (99.97, "99.9"), (100.0, "100"), (-7.0, "−7")],
)
def test_percents_are_short(percent: float, text: str) -> None:
    assert percent_text(percent) == text


def test_a_range_without_width_is_one_figure() -> None:
    assert range_text(Range(1.0, 1.0, 1.0), 2, "€") == "1.0 €"
    assert range_text(Range(0.5, 1.0, 2.0), 2, "€") == "1.0 € (0.50 to 2.0)"
