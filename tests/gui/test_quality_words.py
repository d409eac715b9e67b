from __future__ import annotations

import json

import pytest

from engine.contract import Estimate, FidelityDocument
from engine.fidelity import FidelityPlan
from engine.quality.fidelity_statistics import FidelityStatistics
from gui.quality.fidelity_words import (
    as_json,
    as_text,
    detail_columns,
    detail_rows,
    noise_sentence,
    result_row,
    sentence,
    with_error,
)
from tests.gui.fake_fidelity import document, tokens
from tests.gui.fakes import contender

REFERENCE, NEAR, FAR, OTHER = (contender(name) for name in ("F16", "Q8_0", "Q2_K", "Other"))


@pytest.fixture(scope="module")
def result() -> FidelityDocument:
    statistics = {NEAR.name: FidelityStatistics(), FAR.name: FidelityStatistics()}
    for chunk in range(6):
        statistics[NEAR.name].add(tokens(chunk, 0.0003))
        statistics[FAR.name].add(tokens(chunk, 0.3))
    plan = FidelityPlan(
        reference=REFERENCE, candidates=(NEAR, FAR, OTHER), text="x", text_name="notes.txt"
    )
    return document(plan, statistics, 6, None)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.03134, 0.00123, "0.0313 ± 0.0012"),
        (91.93, 0.612, "91.93 ± 0.61"),
        (14.2, 12.0, "14 ± 12"),
        (1.5, None, "1.5"),
    ],
)
def test_a_value_is_given_to_the_digits_of_its_error(
    value: float, error: float | None, text: str
) -> None:
    estimate = Estimate(value=value, plus_minus=99.0, clustered_plus_minus=error)
    if error is None:
        estimate = Estimate(value=value, plus_minus=None, clustered_plus_minus=None)
    assert with_error(estimate) == text


def test_a_difference_within_the_noise_is_called_none(result: FidelityDocument) -> None:
    near = result.candidates[0]
    assert result_row(NEAR, near)[-1].text == "no difference"
    assert "shows no difference" in sentence(near, REFERENCE.name)


def test_a_real_difference_is_told_in_plain_words(result: FidelityDocument) -> None:
    far = result.candidates[1]
    words = sentence(far, REFERENCE.name)
    assert "of 100 places" in words
    assert "worse than the reference" in words
    assert result_row(FAR, far)[-1].text == "differs"


def test_another_tokenizer_gets_bits_per_byte_and_no_divergence(result: FidelityDocument) -> None:
    row = [cell.text for cell in result_row(OTHER, result.candidates[2])]
    assert row[2:] == ["–", "–", "–", "–", "other tokenizer"]
    words = sentence(result.candidates[2], REFERENCE.name)
    assert "0.940 ± 0.014 bits" in words
    assert "other tokens" in words


def test_the_noise_floor_is_told(result: FidelityDocument) -> None:
    assert "0.0004" in noise_sentence(result)


def test_the_details_have_a_column_for_each_candidate_that_can_be_compared(
    result: FidelityDocument,
) -> None:
    assert [column.title for column in detail_columns(result)] == ["Figure", NEAR.name, FAR.name]
    rows = {row[0].text: row for row in detail_rows(result)}
    far = result.candidates[1]
    assert rows["99.9 % KLD"][2].value == far.kld_p99_9  # type: ignore[union-attr] # it is a Fidelity
    assert all(len(row) == 3 for row in rows.values())


def test_the_copied_text_holds_every_candidate_and_the_json_everything(
    result: FidelityDocument,
) -> None:
    text = as_text(result, {each.name: each for each in (NEAR, FAR, OTHER)})
    assert all(each.name in text for each in (REFERENCE, NEAR, FAR, OTHER))
    assert "notes.txt" in text
    found = json.loads(as_json(result))
    assert found["candidates"][1]["kld_p99.9"] > 0
