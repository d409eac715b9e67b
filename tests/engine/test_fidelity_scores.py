"""When a fidelity run knows enough, and when it has something to show."""

from __future__ import annotations

import numpy as np
import pytest

from engine.fidelity_scores import Scores
from engine.protocol import ChunkCompared, ChunkScored
from tests.engine.fakes import contender

N = 100


def compared(chunk: int, kld: np.ndarray) -> ChunkCompared:
    flat = np.ones(N).tobytes()
    return ChunkCompared(
        id=1,
        candidate=0,
        chunk=chunk,
        nll=flat,
        nll_base=flat,
        kld=kld.tobytes(),
        delta_p=np.zeros(N).tobytes(),
        same_top=np.ones(N, np.bool_).tobytes(),
    )


def alone(candidate: int) -> ChunkScored:
    flat = np.ones(N).tobytes()
    return ChunkScored(id=1, candidate=candidate, chunk=0, nll=flat, n_bytes=flat)


def scores(same: bool = True) -> Scores:
    made = Scores(contender("a"), (contender("b"),))
    made.same_tokens = (same,)
    return made


def even(low: float, high: float) -> np.ndarray:
    return np.tile([low, high], N // 2)


def test_two_clusters_are_never_enough() -> None:
    made = scores()
    for chunk in range(2):
        made.add(compared(chunk, even(0.1, 0.1)))
    assert not made.is_known_to(0.5)
    made.add(compared(2, even(0.1, 0.1)))
    assert made.is_known_to(0.5)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param([even(0.0, 1.0)] * 3, id="chunks alike by chance, tokens not"),
        pytest.param([even(x, x) for x in (0.0, 0.1, 0.2)], id="tokens alike within unlike chunks"),
    ],
)
def test_both_errors_have_to_be_small(chunks: list[np.ndarray]) -> None:
    made = scores()
    for number, kld in enumerate(chunks):
        running = made.add(compared(number, kld))
    errors = (running.mean_kld.plus_minus, running.mean_kld.clustered_plus_minus)
    assert None not in errors
    low, high = sorted(error for error in errors if error is not None)
    assert not made.is_known_to((low + high) / 2)
    assert made.is_known_to(high)


def test_a_run_without_comparable_candidates_goes_to_its_end() -> None:
    assert not scores(same=False).is_known_to(1.0)


def test_there_is_nothing_to_show_before_every_model_has_a_chunk() -> None:
    made = scores(same=False)
    made.add_alone(alone(-1))
    assert not made.has_something_of_each
    made.add_alone(alone(0))
    assert made.has_something_of_each
