"""The statistics of real token scores against what llama-perplexity printed for the same files.

llama_perplexity.json holds the figures of llama-perplexity (llama.cpp 0c1e570) for
SmolLM2-135M-Instruct and three quantizations of it over the text gpl-3.txt; how they were made
stands in it. token_scores.npz holds what `compare_tokens` gave for the logits of the same models,
14 chunks of 255 tokens.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import NoiseFloor
from engine.quality.fidelity_document import bits_per_byte
from engine.quality.fidelity_kernel import TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics

DATA = Path(__file__).parents[1] / "data" / "quality"
CANDIDATES = ("Q8_0", "Q4_K_M", "Q2_K")

# How the 16-bit file of log-probabilities shows: it caps a token's nll near 16, so that the
# reference's perplexity, and all that is set against it, shifts by some 1e-4.
TOUCHED_BY_ROUNDING = {"ppl_base", "ln_ppl_ratio", "ppl_ratio", "ppl_difference"}


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "llama_perplexity.json").read_text("utf-8"))
    return loaded


def _chunks(candidate: str) -> list[TokenScores]:
    with np.load(DATA / "token_scores.npz") as stored:
        columns = {
            "nll_base": stored["nll_base"].astype(np.float64),
            "nll": stored[f"{candidate}.nll"].astype(np.float64),
            "kld": stored[f"{candidate}.kld"].astype(np.float64),
            "delta_p": stored[f"{candidate}.delta_p"].astype(np.float64),
            "same_top": stored[f"{candidate}.same_top"],
        }
    return [TokenScores(**{k: v[i] for k, v in columns.items()}) for i in range(14)]


def _statistics(chunks: list[TokenScores]) -> FidelityStatistics:
    statistics = FidelityStatistics()
    for chunk in chunks:
        statistics.add(chunk)
    return statistics


def _document(candidate: str) -> dict[str, Any]:
    result = _statistics(_chunks(candidate)).result(candidate)
    document: dict[str, Any] = json.loads(msgspec.json.encode(result))
    return document


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_every_figure_that_llama_perplexity_prints_is_there_and_equal(
    printed: dict[str, Any], candidate: str
) -> None:
    ours = _document(candidate)
    for key, expected in printed["candidates"][candidate].items():
        if key == "file_sha256":
            continue
        loose = 2e-4 if key in TOUCHED_BY_ROUNDING else 0.0
        if isinstance(expected, dict):
            value, plus_minus = ours[key]["value"], ours[key]["plus_minus"]
            assert value == pytest.approx(expected["value"], rel=2e-4, abs=6e-4 + 5 * loose), key
            assert plus_minus == pytest.approx(expected["plus_minus"], rel=5e-3, abs=6e-4), key
            assert ours[key]["clustered_plus_minus"] > 0, key
        else:
            assert ours[key] == pytest.approx(expected, rel=1e-3, abs=6e-3), key


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_mean_divergence_agrees_to_the_last_printed_digit(
    printed: dict[str, Any], candidate: str
) -> None:
    expected = printed["candidates"][candidate]["mean_kld"]
    ours = _document(candidate)["mean_kld"]
    assert ours["value"] == pytest.approx(expected["value"], abs=1e-6)
    assert ours["plus_minus"] == pytest.approx(expected["plus_minus"], abs=1e-6)


def test_the_reference_has_the_perplexity_that_it_has_without_the_16_bit_file(
    printed: dict[str, Any],
) -> None:
    ours = _document("Q8_0")["ppl_base"]
    assert ours["value"] == pytest.approx(printed["base"]["ppl"]["value"], abs=1e-4)
    assert ours["plus_minus"] == pytest.approx(printed["base"]["ppl"]["plus_minus"], abs=1e-5)


def _random_chunks(seed: int, counts: list[int]) -> list[TokenScores]:
    rng = np.random.default_rng(seed)
    chunks = []
    for n in counts:
        nll_base = rng.gamma(2.0, 1.5, n) + rng.normal(0.0, 0.3)
        nll = nll_base + rng.normal(0.05, 0.4, n)
        chunks.append(
            TokenScores(
                nll=nll,
                nll_base=nll_base,
                kld=rng.exponential(0.02, n),
                delta_p=rng.normal(0.0, 0.05, n),
                same_top=rng.random(n) < 0.9,
            )
        )
    return chunks


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.lists(st.integers(2, 60), min_size=2, max_size=9),
)
def test_every_estimate_is_that_of_its_formula(seed: int, counts: list[int]) -> None:
    chunks = _random_chunks(seed, counts)
    result = _statistics(chunks).result("x")
    nll = np.concatenate([c.nll for c in chunks])
    base = np.concatenate([c.nll_base for c in chunks])
    squared = np.concatenate([c.delta_p for c in chunks]) ** 2
    top = np.concatenate([c.same_top for c in chunks])
    n = len(nll)

    def u(x: np.ndarray) -> float:
        return float(np.std(x, ddof=0) / math.sqrt(n - 1))

    cov = float(np.cov(nll, base, ddof=0)[0, 1]) / (n - 1)
    ppl, ppl_base = math.exp(nll.mean()), math.exp(base.mean())
    error = ppl * u(nll)
    error_base = ppl_base * u(base)
    of_ratio = math.sqrt(u(nll) ** 2 + u(base) ** 2 - 2 * cov)
    rms = math.sqrt(squared.mean())
    share = top.mean()
    expected = {
        "ppl": (ppl, error),
        "ppl_base": (ppl_base, error_base),
        "ln_ppl_ratio": (nll.mean() - base.mean(), of_ratio),
        "ppl_ratio": (ppl / ppl_base, ppl / ppl_base * of_ratio),
        "ppl_difference": (
            ppl - ppl_base,
            math.sqrt(error**2 + error_base**2 - 2 * ppl * ppl_base * cov),
        ),
        "rms_delta_p_percent": (100 * rms, 100 * 0.5 / rms * u(squared)),
        "same_top_percent": (100 * share, 100 * math.sqrt(share * (1 - share) / (n - 1))),
    }
    for name, (value, plus_minus) in expected.items():
        estimate = getattr(result, name)
        assert estimate.value == pytest.approx(value, rel=1e-9, abs=1e-12), name
        assert estimate.plus_minus == pytest.approx(plus_minus, rel=1e-6, abs=1e-9), name
    assert result.correlation_percent == pytest.approx(100 * cov / (u(nll) * u(base)), rel=1e-6)
    kld = np.concatenate([c.kld for c in chunks])
    assert result.kld_p99_9 == pytest.approx(np.percentile(kld, 99.9), rel=1e-5)
    assert result.median_kld == pytest.approx(np.median(kld), rel=1e-5)


def test_clustered_errors_follow_the_published_formula() -> None:
    chunks = _random_chunks(11, [30, 50, 20, 40])
    kld = [c.kld for c in chunks]
    n, mean = sum(len(k) for k in kld), float(np.concatenate(kld).mean())
    expected = math.sqrt(sum(float((k - mean).sum()) ** 2 for k in kld) * 4 / 3) / n
    result = _statistics(chunks).result("x")
    assert result.mean_kld.clustered_plus_minus == pytest.approx(expected)


def test_repeating_every_token_of_a_chunk_narrows_only_the_error_that_ignores_chunks() -> None:
    chunks = _random_chunks(5, [40] * 12)
    doubled = [
        TokenScores(**{f: np.repeat(getattr(c, f), 2) for f in c.__struct_fields__}) for c in chunks
    ]
    once, twice = _statistics(chunks).result("x"), _statistics(doubled).result("x")
    assert once.mean_kld.plus_minus is not None
    assert twice.mean_kld.plus_minus == pytest.approx(
        once.mean_kld.plus_minus / math.sqrt(2), rel=1e-2
    )
    assert twice.mean_kld.clustered_plus_minus == pytest.approx(once.mean_kld.clustered_plus_minus)


def test_one_chunk_has_no_clustered_error_and_does_not_call_it_zero() -> None:
    result = _statistics(_random_chunks(1, [50])).result("x")
    assert result.mean_kld.clustered_plus_minus is None
    assert result.mean_kld.plus_minus is not None


def test_a_candidate_within_the_noise_of_the_reference_is_marked() -> None:
    statistics = _statistics(_random_chunks(1, [50, 50]))
    mean = statistics.result("x").mean_kld.value
    quiet = NoiseFloor(n_batch=256, scored_tokens=100, mean_kld=mean / 2, same_top_percent=99.9)
    loud = NoiseFloor(n_batch=256, scored_tokens=100, mean_kld=mean * 2, same_top_percent=99.0)
    assert statistics.result("x").within_noise is None
    assert statistics.result("x", quiet).within_noise is False
    assert statistics.result("x", loud).within_noise is True


def test_the_running_estimate_is_the_result_so_far() -> None:
    statistics = FidelityStatistics()
    for count, chunk in enumerate(_random_chunks(3, [30, 40, 50]), 1):
        statistics.add(chunk)
        running, result = statistics.running(), statistics.result("x")
        assert running.chunks == count
        assert running.mean_kld == result.mean_kld
        assert running.ppl == result.ppl


def test_bits_per_byte_weighs_tokens_by_the_bytes_they_stand_for() -> None:
    nll = [np.array([math.log(2), 2 * math.log(2)]), np.array([3 * math.log(2)])]
    n_bytes = [np.array([1.0, 3.0]), np.array([4.0])]
    estimate = bits_per_byte(nll, n_bytes)
    assert estimate.value == pytest.approx(6 / 8)
    # residuals: bits − 0.75 · bytes = 0.25, −0.25, 0
    assert estimate.plus_minus == pytest.approx(math.sqrt(0.125 * 3 / 2) / 8)
    assert estimate.clustered_plus_minus == pytest.approx(0.0)
