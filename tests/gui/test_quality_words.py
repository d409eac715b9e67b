from __future__ import annotations

import json

import pytest

from engine.contract import FidelityDocument
from engine.fidelity import FidelityPlan
from engine.quality.fidelity_sentences import sentences
from engine.quality.fidelity_statistics import FidelityStatistics
from gui.quality.fidelity_words import (
    as_json,
    as_text,
    detail_columns,
    detail_rows,
    result_row,
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


def test_the_finding_is_a_word(result: FidelityDocument) -> None:
    rows = [
        [cell.text for cell in result_row(each, found)]
        for each, found in zip((NEAR, FAR, OTHER), result.candidates, strict=True)
    ]
    assert [row[-1] for row in rows] == ["no difference", "differs", "other tokenizer"]
    assert rows[2][2:-1] == ["–", "–", "–", "–"]


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
    assert all(sentence in text for sentence in sentences(result))
    found = json.loads(as_json(result))
    assert found["candidates"][1]["kld_p99.9"] > 0
