"""cost: a session in money, from sessions whose energies are known by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.app import run
from engine.contract import Energy, Session
from storage.document import dump
from storage.folders import database_path
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
    """A session's document in a file, with what `suite --json` may add to it."""

    def save(session: Session | None = None, **further: object) -> str:
        weighed = session or measured_session({"Big Q8_0": DEAR, "Small Q4_0": CHEAP})
        path = tmp_path / "weighed.json"
        path.write_bytes(msgspec.json.encode(json.loads(dump(weighed)) | further))
        return str(path)

    return save


def verdict(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "reference": "Big Q8_0",
        "contender": "Small Q4_0",
        "margin": 0.05,
        "outcome": "non-inferior",
        "vetoed_by": [],
    }
    return fields | changes


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
    assert "suite … --json" in shown


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Small Q4_0 is good enough at your margin of 5 points and saves 50 %"),
        ({"outcome": "worse"}, "Small Q4_0 is worse than Big Q8_0 by more than your margin"),
        ({"vetoed_by": ["refund"]}, "Small Q4_0 fails a critical case that Big Q8_0 passes"),
    ],
)
def test_the_verdict_in_a_suites_document_is_told_beside_the_saving(
    changes: dict[str, object], sentence: str, saved: Saved, capsys: Capture
) -> None:
    assert run(("cost", saved(verdicts=[verdict(**changes)]), *EXACT)) == 0
    shown = capsys.readouterr().out
    assert sentence in shown
    assert "suite … --json" not in shown


def test_verdicts_may_come_from_another_session_of_the_same_models(
    saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    judged = tmp_path / "judged.json"
    judged.write_bytes(msgspec.json.encode({"verdicts": [verdict()]}))
    assert run(("cost", saved(), *EXACT, "--verdicts", str(judged))) == 0
    assert "Small Q4_0 is good enough at your margin" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", [b"no JSON", b"{}", b'{"verdicts": [{"contender": "else"}]}', b"\xff"]
)
def test_a_file_without_verdicts_on_these_models_is_wrong_usage(
    content: bytes, saved: Saved, tmp_path: Path, capsys: Capture
) -> None:
    judged = tmp_path / "judged.json"
    judged.write_bytes(content)
    assert run(("cost", saved(), "--verdicts", str(judged))) == 2
    assert "judged.json" in capsys.readouterr().err


def test_others_are_compared_with_the_one_that_the_suite_took_as_reference(
    saved: Saved, capsys: Capture
) -> None:
    swapped = verdict(reference="Small Q4_0", contender="Big Q8_0")
    report = costs(capsys, saved(verdicts=[swapped]), *EXACT)
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


@pytest.mark.parametrize("verdicts", ["none", [{"outcome": "fine"}]])
def test_verdicts_that_are_none_are_refused(
    verdicts: object, saved: Saved, capsys: Capture
) -> None:
    assert run(("cost", saved(verdicts=verdicts))) == 2
    assert "The verdicts in" in capsys.readouterr().err


def test_a_session_without_replies_has_no_cost(saved: Saved, capsys: Capture) -> None:
    weighed = measured_session({"Big Q8_0": DEAR})
    empty = msgspec.structs.replace(weighed, replies=())
    assert run(("cost", saved(empty))) == 1
    assert "no finished reply" in capsys.readouterr().err


def test_a_missing_file_is_wrong_usage(tmp_path: Path, capsys: Capture) -> None:
    assert run(("cost", str(tmp_path / "nowhere.json"))) == 2
    assert "nowhere.json" in capsys.readouterr().err
