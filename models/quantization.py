"""The quantizations that llama.cpp can make, and how large each would be.

The size is foretold by the rules of llama_tensor_get_type in llama.cpp 0c1e570, for the tensors that make up
nearly all of a model. Rules for single architectures are left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.errors import QuantizeError
from models import ggml
from models.gguf import GgufModel, Tensor


class Quantization(msgspec.Struct, frozen=True):
    """A file type by its name; `base` is what most tensors become."""

    name: str
    file_type: int
    base: str
    needs_imatrix: bool = False


QUANTIZATIONS: Final[tuple[Quantization, ...]] = (
    Quantization("F32", 0, "F32"),
    Quantization("BF16", 32, "BF16"),
    Quantization("F16", 1, "F16"),
    Quantization("Q8_0", 7, "Q8_0"),
    Quantization("Q6_K", 18, "Q6_K"),
    Quantization("Q5_K_M", 17, "Q5_K"),
    Quantization("Q5_K_S", 16, "Q5_K"),
    Quantization("Q5_1", 9, "Q5_1"),
    Quantization("Q5_0", 8, "Q5_0"),
    Quantization("Q4_K_M", 15, "Q4_K"),
    Quantization("Q4_K_S", 14, "Q4_K"),
    Quantization("Q4_1", 3, "Q4_1"),
    Quantization("Q4_0", 2, "Q4_0"),
    Quantization("IQ4_NL", 25, "IQ4_NL"),
    Quantization("IQ4_XS", 30, "IQ4_XS"),
    Quantization("Q3_K_L", 13, "Q3_K"),
    Quantization("Q3_K_M", 12, "Q3_K"),
    Quantization("Q3_K_S", 11, "Q3_K"),
    Quantization("IQ3_M", 27, "IQ3_S"),
    Quantization("IQ3_S", 26, "IQ3_S"),
    Quantization("IQ3_XS", 22, "IQ3_S", needs_imatrix=True),
    Quantization("IQ3_XXS", 23, "IQ3_XXS", needs_imatrix=True),
    Quantization("Q2_K", 10, "Q2_K"),
    Quantization("Q2_K_S", 21, "Q2_K", needs_imatrix=True),
    Quantization("IQ2_M", 29, "IQ2_S", needs_imatrix=True),
    Quantization("IQ2_S", 28, "IQ2_XS", needs_imatrix=True),
    Quantization("IQ2_XS", 20, "IQ2_XS", needs_imatrix=True),
    Quantization("IQ2_XXS", 19, "IQ2_XXS", needs_imatrix=True),
    Quantization("IQ1_M", 31, "IQ1_M", needs_imatrix=True),
    Quantization("IQ1_S", 24, "IQ1_S", needs_imatrix=True),
)
_BY_NAME: Final = {each.name: each for each in QUANTIZATIONS}

_UNQUANTIZED: Final = frozenset({"F32", "F16", "BF16"})
_FALLBACKS: Final = {
    **dict.fromkeys(["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S"], "IQ4_NL"),
    **dict.fromkeys(["IQ3_XXS", "IQ3_S", "IQ4_XS"], "IQ4_NL"),
    **dict.fromkeys(["Q2_K", "Q3_K"], "Q4_0"),
    "Q4_K": "Q5_0",
    "Q5_K": "Q5_1",
    "Q6_K": "Q8_0",
}
# Tensors that some file types keep better: in all layers, or where "more" says in which.
_BETTER: Final[dict[str, dict[str, str]]] = {
    "Q2_K": {"attn_v": "Q3_K", "ffn_down": "Q3_K", "attn_output": "Q3_K"},
    "Q3_K_M": {"attn_v": "Q4_K", "ffn_down": "Q4_K", "attn_output": "Q4_K", "attn_qkv": "Q4_K"},
    "Q3_K_L": {"attn_v": "Q5_K", "ffn_down": "Q5_K", "attn_output": "Q5_K", "attn_qkv": "Q4_K"},
    "IQ3_M": {"attn_v": "Q4_K", "attn_output": "Q4_K", "attn_qkv": "Q4_K"},
    "Q4_K_M": {"attn_qkv": "Q5_K"},
    "Q5_K_M": {"attn_qkv": "Q6_K"},
    "IQ2_S": {"attn_v": "IQ3_S", "attn_output": "IQ3_S"},
    "IQ2_M": {"attn_v": "IQ3_S", "attn_output": "IQ3_S"},
}
_BETTER_IN_SOME: Final = {"Q4_K_M": "Q6_K", "Q5_K_M": "Q6_K"}
_BETTER_IN_FIRST: Final = {"Q4_K_S": "Q5_K", "IQ4_NL": "Q5_K", "IQ4_XS": "Q5_K", "IQ3_M": "Q4_K"}
_BETTER_SHARED_VALUES: Final = {"Q2_K": "Q4_K", "IQ3_S": "Q4_K", "IQ4_NL": "Q5_K", "IQ4_XS": "Q5_K"}
# With eight experts attention is a small part of the model, and is kept well.
_BETTER_WITH_8_EXPERTS: Final = {"attn_v": "Q8_0", "attn_k": "Q8_0"}
_BETTER_OUTPUT_WITH_8_EXPERTS: Final = frozenset(
    ["Q2_K", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M", "IQ3_S", "IQ3_M", "IQ4_NL", "IQ4_XS"]
)
_LEFT_ALONE: Final = (
    "_norm.",
    "ffn_gate_inp.",
    "ssm_conv1d",
    "shortconv.conv",
    "time_mix_",
    "altup",
)


def quantization_named(name: str) -> Quantization:
    """Raises QuantizeError with the known names."""
    known = _BY_NAME.get(name.upper())
    if known is None:
        names = ", ".join(_BY_NAME)
        raise QuantizeError(
            f"{name!r} is no quantization that llama.cpp makes. Choose of: {names}."
        )
    return known


def is_quantized(model: GgufModel) -> bool:
    """Whether making another quantization of it loses twice."""
    return any(tensor.type.name not in _UNQUANTIZED for tensor in model.tensors)


def foretold_bytes(model: GgufModel, quantization: Quantization) -> int:
    """About how large the file would be; within a few percent."""
    header_bytes = model.size_bytes - sum(tensor.size_bytes for tensor in model.tensors)
    rules = _Rules(model, quantization)
    weights = sum(rules.target(tensor).row_bytes(tensor.elements) for tensor in model.tensors)
    return max(header_bytes, 0) + weights


class _Rules:
    """What each tensor of one model becomes."""

    def __init__(self, model: GgufModel, quantization: Quantization) -> None:
        prefix = model.architecture
        heads = model.number(f"{prefix}.attention.head_count") or 1
        kv_heads = model.number(f"{prefix}.attention.head_count_kv") or heads
        self._quantization = quantization
        self._layers = model.number(f"{prefix}.block_count") or 1
        self._has_8_experts = model.number(f"{prefix}.expert_count") == 8
        self._shares_values = heads // kv_heads >= 4
        self._tied = all(tensor.name != "output.weight" for tensor in model.tensors)

    def target(self, tensor: Tensor) -> ggml.TensorType:
        if len(tensor.shape) < 2 or not tensor.name.endswith(".weight"):
            return tensor.type
        if any(part in tensor.name for part in _LEFT_ALONE):
            return tensor.type
        columns = tensor.shape[0]
        name = self._wanted(tensor.name)
        kind = ggml.TYPES_BY_NAME[name]
        if columns % kind.block_elements:
            fallback = "Q8_0" if self._is_output(tensor.name) else _FALLBACKS.get(name, "F16")
            kind = ggml.TYPES_BY_NAME[fallback]
        return kind if columns % kind.block_elements == 0 else ggml.TYPES_BY_NAME["F16"]

    def _wanted(self, name: str) -> str:
        base = self._quantization.base
        if base in _UNQUANTIZED:
            return base
        if self._is_output(name):
            if base == "Q8_0":
                return base
            return "Q5_K" if self._quantization.needs_imatrix and base.startswith("IQ") else "Q6_K"
        if not name.startswith("blk."):
            return base
        _, layer, part, *_ = name.split(".")
        return self._wanted_in_layer(int(layer), part.removesuffix("_exps"), base)

    def _wanted_in_layer(self, layer: int, part: str, base: str) -> str:
        file_type = self._quantization.name
        if self._has_8_experts and part in _BETTER_WITH_8_EXPERTS:
            return _BETTER_WITH_8_EXPERTS[part]
        if self._has_8_experts and part == "attn_output":
            return "Q5_K" if file_type in _BETTER_OUTPUT_WITH_8_EXPERTS else base
        if self._shares_values and part == "attn_v" and file_type in _BETTER_SHARED_VALUES:
            return _BETTER_SHARED_VALUES[file_type]
        if part in {"attn_v", "ffn_down"} and file_type in _BETTER_IN_SOME:
            return _BETTER_IN_SOME[file_type] if self._gets_more_bits(layer) else base
        if part == "ffn_down" and layer < self._layers // 8 and file_type in _BETTER_IN_FIRST:
            return _BETTER_IN_FIRST[file_type]
        return _BETTER.get(file_type, {}).get(part, base)

    def _is_output(self, name: str) -> bool:
        return name == "output.weight" or (self._tied and name == "token_embd.weight")

    def _gets_more_bits(self, layer: int) -> bool:
        eighth = self._layers // 8
        return layer < eighth or layer >= 7 * self._layers // 8 or (layer - eighth) % 3 == 2
