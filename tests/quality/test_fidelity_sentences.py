"""What a fidelity document says in words, on the command line and in the window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from engine.contract import (
    Estimate,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    LeftOut,
    NoiseFloor,
    OtherTokenizer,
    ScoredReply,
)
from engine.quality.fidelity_kernel import TokenScores
from engine.quality.fidelity_sentences import (
    error_of,
    error_sentence,
    noise_sentence,
    remarks,
    scope_sentence,
    sentences,
    with_error,
)
from engine.quality.fidelity_statistics import FidelityStatistics

FLOOR = NoiseFloor(n_batch=256, scored_tokens=99, mean_kld=0.0004, same_top_percent=99.6)


def estimate(value: float, error: float | None) -> Estimate:
    return Estimate(value=value, plus_minus=error and error / 2, clustered_plus_minus=error)


def statistics(distance: float, worse: float) -> FidelityStatistics:
    made = FidelityStatistics()
    for chunk in range(6):
        draw = np.random.default_rng(chunk)
        base = draw.gamma(2.0, 1.2, 100)
        made.add(
            TokenScores(
                nll=base + worse,
                nll_base=base,
                kld=np.full(100, distance),
                delta_p=np.zeros(100),
                same_top=np.arange(100) % 10 > 0,
            )
        )
    return made


@pytest.fixture(scope="module")
def document() -> FidelityDocument:
    return FidelityDocument(
        n_ctx=512,
        chunks=6,
        scored_tokens=1600,
        text=FidelityText(name="notes.txt", sha256="0" * 64, size_bytes=1),
        reference=FidelityReference(name="F16", ppl=estimate(14.2, 0.4)),
        candidates=(
            statistics(0.0003, 0.0).result("Q8_0", FLOOR),
            statistics(0.3, 0.1).result("Q2_K", FLOOR),
            OtherTokenizer(
                name="Other",
                reason="Its tokens are others.",
                ppl=estimate(21.0, 0.9),
                bits_per_byte=estimate(0.94, 0.014),
                bits_per_byte_base=estimate(0.88, 0.011),
            ),
        ),
        noise_floor=FLOOR,
    )


def on_replies(document: FidelityDocument, **changes: Any) -> FidelityDocument:
    return replace(document, scored="replies", **changes)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.03134, 0.00123, "0.0313 ± 0.0012"),
        (91.93, 0.612, "91.93 ± 0.61"),
        (14.2, 12.0, "14 ± 12"),
        (0.0000012, 0.0000004, "1.2e-06 ± 4.0e-07"),
    ],
)
def test_a_value_is_given_to_the_digits_of_its_error(value: float, error: float, text: str) -> None:
    assert with_error(estimate(value, error)) == text


def test_without_clusters_the_error_of_single_tokens_is_given() -> None:
    only = Estimate(value=1.5, plus_minus=0.2, clustered_plus_minus=None)
    assert with_error(only) == "1.50 ± 0.20"
    assert with_error(replace(only, plus_minus=None)) == "1.5"


def test_the_larger_error_is_given() -> None:
    """Of three chunks that happen to be alike, the clusters would leave next to no doubt."""
    few = Estimate(value=59.3, plus_minus=3.6, clustered_plus_minus=0.5)
    assert with_error(few) == "59.3 ± 3.6"
    assert error_of(replace(few, clustered_plus_minus=9.0)) == 9.0
    assert error_of(replace(few, plus_minus=None, clustered_plus_minus=None)) is None


def test_what_the_error_is_of_is_said_and_where_it_is_rough(document: FidelityDocument) -> None:
    assert "with chunks as clusters" in error_sentence(document)
    assert "with replies as clusters" in error_sentence(on_replies(document))
    (rough,) = remarks(document)
    assert rough.startswith("With fewer than 10 chunks every ± is rough")
    assert remarks(replace(document, chunks=10)) == ()


def test_a_difference_within_the_noise_is_called_none(document: FidelityDocument) -> None:
    assert sentences(document)[0].startswith("Q8_0 shows no difference from F16")


def test_a_real_difference_is_told_in_plain_words(document: FidelityDocument) -> None:
    assert sentences(document)[1] == (
        "Q2_K would write the same next token as F16 in 90.0 of 100 places. It predicts the text "
        "10.5 % worse than the reference (perplexity)."
    )


def test_on_replies_the_sentence_is_of_replies(document: FidelityDocument) -> None:
    _, far, other = sentences(on_replies(document))
    assert "in 90.0 of 100 places of the replies" in far
    assert "predicts those replies 10.5 % worse" in far
    assert "a byte of these replies" in other


def test_another_tokenizer_gets_bits_per_byte_and_no_divergence(document: FidelityDocument) -> None:
    words = sentences(document)[2]
    assert "0.940 ± 0.014 bits" in words
    assert "F16 0.880 ± 0.011" in words
    assert "other tokens" in words


def test_the_scope_says_what_was_scored_and_whether_it_was_all(document: FidelityDocument) -> None:
    assert scope_sentence(document).startswith(
        "notes.txt: 1,600 tokens scored in 6 chunks of 512. Reference: F16, perplexity 14.20 ± 0.40."
    )
    stopped = on_replies(document, stopped="stopped by the user")
    assert "1,600 tokens of 6 replies scored." in scope_sentence(stopped)
    assert scope_sentence(stopped).endswith("Ended early: stopped by the user.")


def test_the_noise_floor_is_told_or_that_there_is_none(document: FidelityDocument) -> None:
    assert "a mean KLD of 0.0004" in noise_sentence(document)
    assert "was not measured" in noise_sentence(replace(document, noise_floor=None))


def test_what_was_left_out_is_told(document: FidelityDocument) -> None:
    reply = ScoredReply(case="1", prompt="Why?", reply="So.", tokens=2)
    found = on_replies(
        document,
        chunks=10,
        replies=(reply, replace(reply, reasoned=True)),
        left_out=(LeftOut(case="7", reason="The reply has no tokens to score."),),
    )
    assert remarks(found) == (
        "Left out: prompt 7. The reply has no tokens to score.",
        "The reasoning before 1 reply was left out, so its first tokens may differ for that alone.",
    )
    assert remarks(replace(document, chunks=10)) == ()
