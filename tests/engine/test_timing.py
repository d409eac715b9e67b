from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import Memory
from engine.protocol import Generated, ModelLoaded
from engine.timing import percentile, reply_timing
from tests.resolved import RESOLVED

LOAD = ModelLoaded(id=1, load_s=1.5, cached_fraction=0.0, runtime=RESOLVED, memory=Memory())


def end(*times: float, prompt_s: float | None = 0.2, prompt_tokens: int = 40) -> Generated:
    return Generated(
        id=1,
        finish_reason="stop",
        prompt_tokens=prompt_tokens,
        prompt_s=prompt_s,
        token_times_s=times,
        total_s=2.0,
        memory=Memory(),
    )


def test_generation_speed_leaves_out_the_first_token_since_it_comes_with_the_prompt() -> None:
    timing = reply_timing(end(0.3, 0.4, 0.5, 0.7), LOAD, queue_s=0.0, shared=False)
    assert timing.generation_tokens_per_s == pytest.approx(3 / 0.4)
    assert timing.ttft_s == 0.3
    assert timing.prompt_tokens_per_s == pytest.approx(200.0)
    assert timing.inter_token_max_s == pytest.approx(0.2)
    assert timing.load == "cold"


def test_one_token_has_no_speed_and_says_why() -> None:
    timing = reply_timing(end(0.3), LOAD, queue_s=0.0, shared=False)
    assert timing.generation_tokens_per_s is None
    assert timing.absent["generation_tokens_per_s"] == "one token has no interval"
    assert timing.ttft_s == 0.3


def test_a_stop_before_the_first_token_leaves_every_missing_figure_with_a_reason() -> None:
    timing = reply_timing(end(prompt_s=None), LOAD, queue_s=0.0, shared=False)
    of_batches = {"batch_share_s"}
    for field in set(timing.__struct_fields__) - of_batches:
        if getattr(timing, field) is None:
            assert timing.absent[field]


@pytest.mark.parametrize(
    ("cached", "kind"), [(0.0, "cold"), (0.5, "partly cached"), (1.0, "cached"), (None, None)]
)
def test_a_load_says_how_much_of_the_file_was_in_memory(
    cached: float | None, kind: str | None
) -> None:
    load = ModelLoaded(id=1, load_s=1.5, cached_fraction=cached, runtime=RESOLVED, memory=Memory())
    timing = reply_timing(end(0.3), load, queue_s=0.0, shared=False)
    assert timing.load == kind
    assert (kind is None) == ("load" in timing.absent)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=50).map(sorted),
    st.floats(0, 100),
)
def test_percentiles_are_numpys(values: list[float], percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent), abs=1e-6)
