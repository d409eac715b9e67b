"""What contributes to a range, and the sentence on quality, energy and money."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from engine.contract import Verdict
from engine.cost.ranges import Range
from engine.cost.report import cost_report
from engine.cost.verdict import QualityVerdict
from engine.errors import AssumptionError
from tests.cost.reports import API, Judged, costs, judged, steady, varied
from tests.cost.sessions import assumptions, measured_session


def test_a_suite_s_own_verdict_is_one_that_can_be_read() -> None:
    def accepts(verdict: QualityVerdict) -> None:
        pass

    names = {"contender", "reference", "outcome", "margin", "vetoed_by"}
    assert names <= set(Verdict.__struct_fields__)
    if TYPE_CHECKING:
        accepts(cast(Verdict, None))


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
