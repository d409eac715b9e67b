"""A small mixture of experts with seeded random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf
import numpy as np

from tests.engine.byte_vocabulary import TOKENS, add_bytes_as_tokens

EXPERTS: Final = 4
LAYERS: Final = 2
_WIDTH: Final = 256
_EXPERT_WIDTH: Final = 256
_HEADS: Final = 4


def write_experts_model(path: Path) -> None:
    """A llama of two layers whose tokens each go through two of four experts."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(2048)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_EXPERT_WIDTH)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_expert_count(EXPERTS)
    writer.add_expert_used_count(2)
    writer.add_vocab_size(TOKENS)
    add_bytes_as_tokens(writer)
    random = np.random.default_rng(7)

    def add(name: str, *shape: int) -> None:
        weights = random.random(shape, np.float32) - np.float32(0.5)
        writer.add_tensor(name, weights / np.float32(shape[-1] ** 0.5))

    add("token_embd.weight", TOKENS, _WIDTH)
    add("output.weight", TOKENS, _WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, np.float32))
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(_WIDTH, np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", _WIDTH, _WIDTH)
        add(f"blk.{layer}.ffn_gate_inp.weight", EXPERTS, _WIDTH)
        for part in ("ffn_gate_exps", "ffn_up_exps"):
            add(f"blk.{layer}.{part}.weight", EXPERTS, _EXPERT_WIDTH, _WIDTH)
        add(f"blk.{layer}.ffn_down_exps.weight", EXPERTS, _WIDTH, _EXPERT_WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
