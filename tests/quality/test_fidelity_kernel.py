"""Token scores against the same definitions written out plainly in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quality import fidelity_kernel
from engine.quality.fidelity_kernel import (
    Doubles,
    Floats,
    TokenScores,
    compare_tokens,
    negative_log_likelihoods,
)


def _rows(seed: int, n: int, n_vocab: int, sharpness: float = 6.0) -> Floats:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, n_vocab)) * sharpness).astype(np.float32)


def _log_softmax(rows: Floats) -> Doubles:
    exact = rows.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    return np.asarray(exact - np.log(np.exp(exact).sum(axis=1, keepdims=True)))


def _plainly(reference: Floats, candidate: Floats, targets: np.ndarray) -> TokenScores:
    base, other = _log_softmax(reference), _log_softmax(candidate)
    each = np.arange(len(targets))
    terms = np.where(base > -16.0, np.exp(base) * (base - other), 0.0)
    return TokenScores(
        nll=-other[each, targets],
        nll_base=-base[each, targets],
        kld=terms.sum(axis=1),
        delta_p=np.exp(other[each, targets]) - np.exp(base[each, targets]),
        same_top=reference.argmax(axis=1) == candidate.argmax(axis=1),
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 40),
    n_vocab=st.integers(2, 700),
    sharpness=st.floats(0.1, 12.0),
    noise=st.floats(0.0, 3.0),
)
def test_scores_are_those_of_the_definitions(
    seed: int, n: int, n_vocab: int, sharpness: float, noise: float
) -> None:
    reference = _rows(seed, n, n_vocab, sharpness)
    candidate = reference + _rows(seed + 1, n, n_vocab, noise)
    targets = np.random.default_rng(seed).integers(0, n_vocab, n)

    scores, expected = (
        compare_tokens(reference, candidate, targets),
        _plainly(reference, candidate, targets),
    )

    np.testing.assert_allclose(scores.nll, expected.nll, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(scores.nll_base, expected.nll_base, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(scores.kld, expected.kld, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(scores.delta_p, expected.delta_p, atol=1e-6)
    np.testing.assert_array_equal(scores.same_top, expected.same_top)


def test_a_block_ending_before_the_last_row_loses_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, candidate = _rows(1, 25, 300), _rows(2, 25, 300)
    targets = np.arange(25)
    whole = compare_tokens(reference, candidate, targets)
    monkeypatch.setattr(fidelity_kernel, "_BLOCK_BYTES", 4 * 300 * 4)
    blocks = compare_tokens(reference, candidate, targets)
    np.testing.assert_array_equal(whole.kld, blocks.kld)
    np.testing.assert_array_equal(whole.nll, blocks.nll)


def test_entries_of_the_reference_below_minus_16_do_not_count() -> None:
    reference = np.zeros((1, 100), np.float32)
    reference[0, 1:] = -16.5
    candidate = reference.copy()
    candidate[0, 50] = -40.0
    lost = float(compare_tokens(reference, candidate, np.array([0])).kld[0])
    # Entry 50 alone would add e^-16.5 · 23.5 = 1.6e-6; what stays is the change of the normalizer.
    assert abs(lost) < 3e-7


def test_the_first_of_equal_logits_is_the_top() -> None:
    reference = np.array([[1.0, 5.0, 5.0], [5.0, 5.0, 1.0]], np.float32)
    candidate = np.array([[1.0, 1.0, 5.0], [5.0, 1.0, 1.0]], np.float32)
    scores = compare_tokens(reference, candidate, np.array([0, 0]))
    assert scores.same_top.tolist() == [False, True]


def test_large_logits_cost_no_more_than_a_ten_millionth_of_precision() -> None:
    reference = _rows(3, 8, 5000, 3.0) + np.float32(40.0)
    candidate = reference.copy()
    candidate[:, 7] += np.float32(1.0)
    scores = compare_tokens(reference, candidate, np.zeros(8, int))
    np.testing.assert_allclose(
        scores.kld, _plainly(reference, candidate, np.zeros(8, int)).kld, rtol=0, atol=2e-7
    )


def test_a_model_compared_with_itself_differs_in_nothing() -> None:
    rows = _rows(4, 20, 3000)
    scores = compare_tokens(rows, rows, np.arange(20))
    assert not scores.kld.any()
    assert not scores.delta_p.any()
    assert scores.same_top.all()


def test_tokens_that_a_model_forbids_leave_the_divergence_finite() -> None:
    reference, candidate = _rows(5, 4, 50), _rows(6, 4, 50)
    reference[:, 40:] = -np.inf
    candidate[:, 40:] = -np.inf
    scores = compare_tokens(reference, candidate, np.arange(4))
    short = compare_tokens(
        np.ascontiguousarray(reference[:, :40]),
        np.ascontiguousarray(candidate[:, :40]),
        np.arange(4),
    )
    np.testing.assert_allclose(scores.kld, short.kld, rtol=1e-5)


def test_the_logits_are_only_read() -> None:
    reference, candidate = _rows(7, 10, 200), _rows(8, 10, 200)
    before = reference.copy(), candidate.copy()
    reference.flags.writeable = candidate.flags.writeable = False
    compare_tokens(reference, candidate, np.arange(10))
    np.testing.assert_array_equal(reference, before[0])
    np.testing.assert_array_equal(candidate, before[1])


def test_one_model_alone_gets_the_same_likelihoods() -> None:
    rows = _rows(9, 30, 400)
    targets = np.arange(30)
    alone = negative_log_likelihoods(rows, targets)
    np.testing.assert_allclose(alone, compare_tokens(rows, rows, targets).nll, rtol=1e-12)


def test_vocabularies_of_different_size_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        compare_tokens(_rows(1, 2, 10), _rows(1, 2, 11), np.array([0, 0]))
