"""Metadata of small models of many architectures, from which llama.cpp itself makes whole models."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf

Value = int | float | str | bool | list[int] | list[bool]

N_VOCAB: Final = 2048
N_EMBD: Final = 256

_COMMON: Final[dict[str, Value]] = {
    "context_length": 32768,
    "embedding_length": N_EMBD,
    "block_count": 8,
    "feed_forward_length": 768,
    "attention.head_count": 8,
    "attention.head_count_kv": 2,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "attention.layer_norm_epsilon": 1e-5,
    "vocab_size": N_VOCAB,
}
_EXPERTS: Final[dict[str, Value]] = {
    "expert_count": 8,
    "expert_used_count": 2,
    "expert_feed_forward_length": 192,
}
_LATENT: Final[dict[str, Value]] = {
    "attention.head_count_kv": 1,
    "attention.q_lora_rank": 256,
    "attention.kv_lora_rank": 512,
    "attention.key_length": 576,
    "attention.value_length": 512,
    "attention.key_length_mla": 192,
    "attention.value_length_mla": 128,
    "rope.dimension_count": 64,
    "leading_dense_block_count": 1,
    "expert_shared_count": 1,
    "expert_weights_scale": 1.0,
    "expert_gating_func": 2,
    **_EXPERTS,
}
_STATE_SPACE: Final[dict[str, Value]] = {
    "ssm.conv_kernel": 4,
    "ssm.inner_size": 512,
    "ssm.state_size": 128,
    "ssm.group_count": 1,
    "ssm.time_step_rank": 8,
}
_EVERY_THIRD_ATTENDS: Final[list[int]] = [0, 0, 2, 0, 0, 2, 0, 0]

RECIPES: Final[dict[str, dict[str, Value]]] = {
    "llama": {},
    "qwen2": {"attention.sliding_window": 1024},
    "qwen3": {"attention.key_length": 128, "attention.value_length": 128},
    "qwen3moe": _EXPERTS,
    "phi3": {"attention.sliding_window": 2047},
    "gemma2": {
        "attention.sliding_window": 1024,
        "attention.key_length": 128,
        "attention.value_length": 128,
    },
    "gemma3": {
        "attention.sliding_window": 512,
        "attention.key_length": 128,
        "attention.value_length": 128,
    },
    "gemma4": {
        "attention.sliding_window": 512,
        "attention.sliding_window_pattern": [True, True, True, False] * 2,
        "attention.key_length": 256,
        "attention.value_length": 256,
        "attention.key_length_swa": 128,
        "attention.value_length_swa": 128,
        "attention.shared_kv_layers": 4,
        "embedding_length_per_layer_input": 64,
    },
    "gpt-oss": {"attention.sliding_window": 128, **_EXPERTS},
    "cohere2": {"attention.sliding_window": 1024, "logit_scale": 1.0},
    "deepseek2": _LATENT,
    "mamba": {**_STATE_SPACE, "ssm.state_size": 16, "attention.head_count": 0},
    "mamba2": {**_STATE_SPACE, "attention.head_count": 0},
    "qwen3next": {
        **_STATE_SPACE,
        **_EXPERTS,
        "ssm.time_step_rank": 4,
        "ssm.group_count": 2,
        "expert_shared_feed_forward_length": 256,
        "attention.key_length": 128,
        "attention.value_length": 128,
    },
    "jamba": {
        **_STATE_SPACE,
        "ssm.state_size": 16,
        "attention.head_count_kv": _EVERY_THIRD_ATTENDS,
    },
    "granitehybrid": {**_STATE_SPACE, "attention.head_count_kv": _EVERY_THIRD_ATTENDS},
    "falcon-h1": _STATE_SPACE,
    "lfm2": {"shortconv.l_cache": 3, "attention.head_count_kv": _EVERY_THIRD_ATTENDS},
    "rwkv7": {
        "wkv.head_size": 64,
        "attention.head_count": 0,
        "attention.decay_lora_rank": 64,
        "attention.iclr_lora_rank": 64,
        "attention.value_residual_mix_lora_rank": 32,
        "attention.gate_lora_rank": 128,
    },
}


def write_metadata(architecture: str, path: Path) -> None:
    """A GGUF file with this architecture's metadata and no tensors."""
    writer = gguf.GGUFWriter(path, architecture)
    for name, value in {**_COMMON, **RECIPES[architecture]}.items():
        key = f"{architecture}.{name}"
        match value:
            case bool():
                writer.add_bool(key, value)
            case int():
                writer.add_uint32(key, value)
            case float():
                writer.add_float32(key, value)
            case str():
                writer.add_string(key, value)
            case list():
                writer.add_array(key, value)
    writer.add_string("tokenizer.ggml.model", "none")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
