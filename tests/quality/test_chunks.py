from __future__ import annotations

import numpy as np
import pytest

from engine.quality.chunks import chunk, without_last_newline


def test_a_chunk_of_512_scores_the_255_tokens_of_its_second_half() -> None:
    text = chunk(np.arange(1400), 512, bos=None)
    assert text.chunks == 2
    assert text.first_scored == 256
    assert text.targets.shape == (2, 255)
    assert text.targets[0].tolist() == list(range(257, 512))
    assert text.targets[1].tolist() == list(range(769, 1024))


def test_bos_replaces_the_first_token_of_every_chunk() -> None:
    text = chunk(list(range(100, 120)), 8, bos=1)
    assert text.decoded.tolist() == [
        [1, 101, 102, 103, 104, 105, 106, 107],
        [1, 109, 110, 111, 112, 113, 114, 115],
    ]
    assert text.targets.tolist() == [[105, 106, 107], [113, 114, 115]]


def test_a_vocabulary_without_bos_leaves_the_tokens_as_they_are() -> None:
    assert chunk(list(range(8)), 8, bos=None).decoded.tolist() == [list(range(8))]


def test_a_text_shorter_than_one_chunk_has_none() -> None:
    assert chunk(list(range(7)), 8, bos=1).chunks == 0


def test_a_context_that_leaves_nothing_to_score_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        chunk(list(range(7)), 2, bos=None)


def test_just_one_newline_is_dropped_at_the_end() -> None:
    assert without_last_newline("a\n\n") == "a\n"
    assert without_last_newline("a") == "a"
