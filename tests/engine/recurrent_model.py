"""A small recurrent model (Mamba) with seeded random weights: its state cannot be cut back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf
import numpy as np

from tests.engine.byte_vocabulary import TOKENS, add_bytes_as_tokens

_WIDTH: Final = 64
_INNER: Final = 2 * _WIDTH
_STATE: Final = 16
_STEP_RANK: Final = 4
_KERNEL: Final = 4


def write_recurrent_model(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "mamba")
    writer.add_block_count(2)
    writer.add_context_length(1024)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(_KERNEL)
    writer.add_ssm_inner_size(_INNER)
    writer.add_ssm_state_size(_STATE)
    writer.add_ssm_time_step_rank(_STEP_RANK)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(TOKENS)
    add_bytes_as_tokens(writer)
    random = np.random.default_rng(11)

    def add(name: str, *shape: int) -> None:
        weights = random.random(shape, np.float32) - np.float32(0.5)
        writer.add_tensor(name, weights * np.float32(3 / shape[-1] ** 0.5))

    add("token_embd.weight", TOKENS, _WIDTH)
    add("output.weight", TOKENS, _WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, np.float32))
    for layer in range(2):
        prefix = f"blk.{layer}"
        writer.add_tensor(f"{prefix}.attn_norm.weight", np.ones(_WIDTH, np.float32))
        add(f"{prefix}.ssm_in.weight", 2 * _INNER, _WIDTH)
        add(f"{prefix}.ssm_conv1d.weight", _INNER, _KERNEL)
        add(f"{prefix}.ssm_conv1d.bias", _INNER)
        add(f"{prefix}.ssm_x.weight", _STEP_RANK + 2 * _STATE, _INNER)
        add(f"{prefix}.ssm_dt.weight", _INNER, _STEP_RANK)
        add(f"{prefix}.ssm_dt.bias", _INNER)
        writer.add_tensor(
            f"{prefix}.ssm_a",
            -np.arange(1, 1 + _STATE * _INNER, dtype=np.float32).reshape(_INNER, _STATE)
            / np.float32(_STATE * _INNER),
        )
        writer.add_tensor(f"{prefix}.ssm_d", np.ones(_INNER, np.float32))
        add(f"{prefix}.ssm_out.weight", _WIDTH, _INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
