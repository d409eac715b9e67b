"""Scores every token of a chunk from the logits of a reference and a candidate.

The definitions are those of llama-perplexity (llama.cpp, tools/perplexity/perplexity.cpp):

    nll      = max + ln Σ exp(l − max) − l[token]
    KLD      = Σ p_base · (logp_base − logp), over the entries with logp_base > −16
    Δp       = p(token) − p_base(token)
    same top = the same argmax, the first index on a tie

llama-perplexity reads the reference's log-probabilities back from a file of 16-bit integers whose
range ends at max − 16. Here both models' logits are at hand as float32, so nothing is rounded and
no nll is capped.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LOWEST_BASE_LOG_PROBABILITY: Final = -16.0
# The three scratch blocks of a comparison should stay in a core's second-level cache together.
_BLOCK_BYTES: Final = 256 * 1024


class TokenScores(msgspec.Struct, frozen=True, kw_only=True):
    """One row per scored token; nll in nats, probabilities as fractions."""

    nll: Doubles
    nll_base: Doubles
    kld: Doubles
    delta_p: Doubles
    same_top: NDArray[np.bool_]


def negative_log_likelihoods(logits: Floats, targets: NDArray[np.integer]) -> Doubles:
    """The nll of each target under its row of logits; the rows are only read."""
    n, n_vocab = logits.shape
    nll = np.empty(n)
    step = _rows_per_block(n_vocab)
    scratch = np.empty((step, n_vocab), np.float32)
    for start in range(0, n, step):
        rows = logits[start : start + step]
        s = scratch[: len(rows)]
        top = rows.max(axis=1, keepdims=True)
        np.exp(np.subtract(rows, top, out=s), out=s)
        picked = rows[np.arange(len(rows)), targets[start : start + step]]
        nll[start : start + step] = np.log(_sums(s)) - (picked.astype(np.float64) - top[:, 0])
    return nll


def compare_tokens(
    reference: Floats, candidate: Floats, targets: NDArray[np.integer]
) -> TokenScores:
    """Score each target under both models' rows of logits (n × n_vocab); the rows are only read.

    Runs without the GIL in numpy, one block of rows at a time, and allocates nothing larger than a
    block.
    """
    n, n_vocab = reference.shape
    if candidate.shape != reference.shape:
        raise ValueError(f"the logits differ in shape: {reference.shape} and {candidate.shape}")
    scores = TokenScores(
        nll=np.empty(n),
        nll_base=np.empty(n),
        kld=np.empty(n),
        delta_p=np.empty(n),
        same_top=np.empty(n, np.bool_),
    )
    step = _rows_per_block(n_vocab)
    scratch = np.empty((3, step, n_vocab), np.float32)
    # A token that both models forbid gives −∞ − −∞; such rows are done again without it.
    with np.errstate(invalid="ignore"):
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            _compare_block(reference[rows], candidate[rows], targets[rows], scratch, scores, rows)
    return scores


def _rows_per_block(n_vocab: int) -> int:
    return max(1, _BLOCK_BYTES // (4 * n_vocab))


def _sums(rows: Floats) -> Doubles:
    # numpy adds float32 pairwise: the error stays near 1e-7 at any vocabulary.
    sums: Floats = rows.sum(axis=1)
    return sums.astype(np.float64)


def _compare_block(
    reference: Floats,
    candidate: Floats,
    targets: NDArray[np.integer],
    scratch: Floats,
    scores: TokenScores,
    rows: slice,
) -> None:
    n = len(targets)
    each = np.arange(n)
    weights, difference, other = scratch[0, :n], scratch[1, :n], scratch[2, :n]

    top_base = reference.argmax(axis=1)
    top = candidate.argmax(axis=1)
    highest_base, highest = reference[each, top_base], candidate[each, top]
    np.subtract(reference, highest_base[:, None], out=difference)
    np.subtract(candidate, highest[:, None], out=other)
    picked_base = reference[each, targets].astype(np.float64) - highest_base
    picked = candidate[each, targets].astype(np.float64) - highest

    np.exp(difference, out=weights)
    np.subtract(difference, other, out=difference)
    np.exp(other, out=other)
    sum_base, sum_candidate = _sums(weights), _sums(other)
    log_base, log_candidate = np.log(sum_base), np.log(sum_candidate)

    # Both maxima are taken off before the difference is weighed: float32 would lose a KLD of 1e-6
    # otherwise.
    least = (sum_base * np.exp(LOWEST_BASE_LOG_PROBABILITY)).astype(np.float32)
    np.multiply(weights, weights > least[:, None], out=weights)
    weighed = np.vecdot(weights, difference).astype(np.float64)
    kld = (weighed + _sums(weights) * (log_candidate - log_base)) / sum_base

    nll_base, nll = log_base - picked_base, log_candidate - picked
    scores.nll_base[rows] = nll_base
    scores.nll[rows] = nll
    scores.delta_p[rows] = np.exp(-nll) - np.exp(-nll_base)
    scores.same_top[rows] = top == top_base
    for i in np.flatnonzero(~np.isfinite(kld)):
        kld[i] = _kld_with_infinities(reference[i], candidate[i])
    scores.kld[rows] = kld


def _kld_with_infinities(reference: Floats, candidate: Floats) -> float:
    """The KLD of one row in which a model forbids tokens by a logit of −∞."""
    base = _log_softmax(reference)
    kept = base > LOWEST_BASE_LOG_PROBABILITY
    return float(np.sum(np.exp(base[kept]) * (base[kept] - _log_softmax(candidate)[kept])))


def _log_softmax(row: Floats) -> Doubles:
    shifted = row.astype(np.float64) - row.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))
