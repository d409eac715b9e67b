"""What llama.cpp logs when it loads nothing, as sentences; the lines are recorded ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.worker.refusals import explain_failed_load

FAILED = "llama_model_load_from_file_impl: failed to load model\n"


def told(*lines: str) -> tuple[str, str]:
    return explain_failed_load(Path("/models/a.gguf"), lines)


def test_a_split_by_rows_that_a_device_cannot_do_names_the_device_and_the_way_out() -> None:
    kind, sentence = told(
        "llama_model_load: error loading model: device RPC0 does not support split buffers\n",
        FAILED,
    )
    assert kind == "device"
    assert sentence == (
        "RPC0 cannot hold parts of rows, so a.gguf cannot be split by rows. Choose the split mode layer."
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            ("llama_model_load: error loading model: no suitable buffer type found\n", FAILED),
            "no suitable buffer type found",
        ),
        (
            (
                "llama_model_load: error loading model: error loading model vocabulary: none there\n",
                FAILED,
            ),
            "none there",
        ),
        (
            ("llama_init_from_model: failed to initialize the context: n_ctx_seq == 0\n",),
            "n_ctx_seq == 0",
        ),
        (("an older trouble\n", "ggml_new_object: a later one\n", FAILED), "a later one"),
        ((FAILED,), "it gave no reason"),
        ((), "it gave no reason"),
    ],
)
def test_what_no_rule_knows_is_told_by_the_last_line_that_says_more_than_that_it_failed(
    lines: tuple[str, ...], reason: str
) -> None:
    assert told(*lines) == ("load", f"llama.cpp could not load a.gguf: {reason}.")
