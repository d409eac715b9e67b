"""Which type each tensor of a model gets in a quantization, before anything is made.

The rules are those of src/llama-quant.cpp, llama.cpp 0c1e570 (llama_tensor_get_type and what it calls), in
the order in which it goes through the tensors, since it counts them. Left out are its rules for Falcon
and for GLM 5, and file types that are not offered here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from models import ggml
from models.gguf import GgufModel, Tensor

UNQUANTIZED: Final = frozenset({"F32", "F16", "BF16"})
_FALLBACKS: Final = {
    **dict.fromkeys(["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S"], "IQ4_NL"),
    **dict.fromkeys(["IQ3_XXS", "IQ3_S", "IQ4_XS"], "IQ4_NL"),
    **dict.fromkeys(["Q2_K", "Q3_K"], "Q4_0"),
    "Q4_K": "Q5_0",
    "Q5_K": "Q5_1",
    "Q6_K": "Q8_0",
}
_LEFT_ALONE: Final = re.compile(
    r"_norm\.weight|ffn_gate_inp\.weight|ffn_gate_tid2eid\.weight|altup|laurel|per_layer_model_proj|"
    r"^position_embd\.weight|^token_types\.weight|ssm_conv1d|shortconv\.conv\.weight|"
    r"indexer\.[kq]_proj\.weight|attn_rel_b\.weight|"
    r"time_mix_(first|[wva][012]|g[12]|decay_w[12]|lerp_fused)\.weight"
)
_EMBEDDINGS: Final = frozenset({"token_embd.weight", "per_layer_token_embd.weight"})
_PARTS: Final = (
    ("attn_qkv.weight", "qkv"),
    ("attn_kv_b.weight", "kv_b"),
    ("attn_v.weight", "v"),
    ("attn_k.weight", "k"),
    ("attn_q.weight", "q"),
    ("attn_output.weight", "o"),
    ("ffn_up", "up"),
    ("ffn_gate", "gate"),
    ("ffn_down", "down"),
)
_LIKE_VALUES: Final = frozenset({"v", "qkv", "kv_b"})
_LOWEST: Final = frozenset({"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M"})
_LOW_BUT_ROOMY: Final = frozenset({"IQ2_S", "IQ2_M"})
_BETTER_EMBEDDINGS: Final = {
    **dict.fromkeys(["IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M"], "Q2_K"),
    **dict.fromkeys(["IQ2_S", "IQ2_M", "IQ3_XXS"], "IQ3_S"),
}
_SHARED_VALUES: Final = {
    **dict.fromkeys(["Q2_K", "Q2_K_S", "IQ3_XXS", "IQ3_XS", "IQ3_S"], "Q4_K"),
    **dict.fromkeys(["IQ4_NL", "IQ4_XS"], "Q5_K"),
}
_VALUES: Final = {"Q2_K": "Q3_K", "IQ3_M": "Q4_K", "Q3_K_L": "Q5_K"}
_OUTPUTS: Final = {
    "Q2_K": "Q3_K",
    "IQ3_XXS": "IQ3_S",
    "Q3_K_M": "Q4_K",
    "Q3_K_L": "Q5_K",
    "IQ3_M": "Q4_K",
}
_OUTPUT_OF_8_EXPERTS: Final = frozenset(
    [
        "Q2_K",
        "Q3_K_S",
        "Q3_K_M",
        "Q4_K_S",
        "Q4_K_M",
        "IQ3_XXS",
        "IQ3_XS",
        "IQ3_S",
        "IQ3_M",
        "IQ4_XS",
        "IQ4_NL",
    ]
)
_BETTER_IN_SOME: Final = frozenset({"Q4_K_M", "Q5_K_M"})
_DOWN: Final = {"Q2_K": "Q3_K", "Q3_K_L": "Q5_K"}
_DOWN_IN_FIRST: Final = {"Q2_K_S": "Q4_K", "Q4_K_S": "Q5_K"}
_DOWN_IN_FIRST_WITH_IMATRIX: Final = {"Q4_0": "Q4_1", "Q5_0": "Q5_1"}
_DOWN_IN_FIRST_WITHOUT: Final = {"IQ4_NL": "Q5_K", "IQ4_XS": "Q5_K"}


class Rules:
    """The choice for one model and one file type; `base` is what most tensors become."""

    def __init__(self, model: GgufModel, file_type: str, base: str, *, with_imatrix: bool) -> None:
        prefix = model.architecture
        heads = model.number(f"{prefix}.attention.head_count") or 1
        kv_heads = model.number(f"{prefix}.attention.head_count_kv") or heads
        self._model = model
        self._file_type = file_type
        self._base = base
        self._with_imatrix = with_imatrix
        self._layers = model.number(f"{prefix}.block_count") or 1
        self._experts = model.number(f"{prefix}.expert_count") or 0
        self._heads_share = heads // kv_heads
        self._tied = all(tensor.name != "output.weight" for tensor in model.tensors)
        self._like_values = sum(_part(tensor.name) in _LIKE_VALUES for tensor in model.tensors)
        self._seen: Counter[str] = Counter()

    def choices(self) -> Iterator[tuple[Tensor, ggml.TensorType]]:
        """Each tensor with what it becomes."""
        for tensor in sorted(self._model.tensors, key=_place):
            extents = len(tensor.shape)
            while extents and tensor.shape[extents - 1] == 1:
                extents -= 1
            name = tensor.name
            if extents < 2 or not name.endswith("weight") or _LEFT_ALONE.search(name):
                yield tensor, tensor.type
            elif self._base in UNQUANTIZED:
                yield tensor, ggml.TYPES_BY_NAME[self._base]
            else:
                yield tensor, _that_fits(self._wanted(tensor), tensor.shape[0])

    def _wanted(self, tensor: Tensor) -> str:
        if tensor.name == "output.weight" or (self._tied and tensor.name in _EMBEDDINGS):
            return self._output(tensor.shape[0])
        if tensor.name in _EMBEDDINGS:
            return _BETTER_EMBEDDINGS.get(self._file_type, self._base)
        part = _part(tensor.name)
        if part is None:
            return self._base
        group = "v" if part in _LIKE_VALUES else part
        index = self._seen[group]
        self._seen[group] += 1
        if self._experts > 1 and part in {"up", "gate", "down"}:
            index = _place(tensor)[0]
        if self._file_type in _LOWEST:
            return self._in_lowest(part, index)
        return self._in_others(part, index)

    def _output(self, columns: int) -> str:
        if columns % ggml.TYPES_BY_NAME[self._base].block_elements or self._base == "Q8_0":
            return "Q8_0"
        return "Q5_K" if self._file_type in {*_LOWEST, "IQ3_XXS"} else "Q6_K"

    def _in_lowest(self, part: str, index: int) -> str:
        roomy = self._file_type in _LOW_BUT_ROOMY
        match part:
            case "v" | "qkv" | "kv_b":
                shared = self._heads_share >= 4 or self._experts >= 4
                return "Q4_K" if shared else "IQ3_S" if roomy else "Q2_K"
            case "k" if self._experts == 8:
                return "Q4_K"
            case "down" if index < self._layers // 8:
                return "IQ3_S" if roomy else "Q2_K"
            case "o" if self._experts == 8:
                return "Q5_K"
            case "o" if self._file_type in {"IQ1_S", "IQ1_M"}:
                return "IQ2_XXS"
            case "o" if roomy:
                return "IQ3_S"
        return self._base

    def _in_others(self, part: str, index: int) -> str:
        file_type, has_8 = self._file_type, self._experts == 8
        match part:
            case "v" | "qkv" | "kv_b":
                return "Q8_0" if has_8 else self._values(index)
            case "k" if has_8:
                return "Q8_0"
            case "k" | "q":
                return {"IQ3_XS": "IQ3_XXS", "IQ3_XXS": "IQ2_S"}.get(file_type, self._base)
            case "down":
                return self._down(index)
            case "o" if has_8:
                return "Q5_K" if file_type in _OUTPUT_OF_8_EXPERTS else self._base
            case "o":
                return _OUTPUTS.get(file_type, self._base)
            case "up" | "gate" if file_type == "IQ3_XS":
                first, last = self._layers // 8, 7 * self._layers // 8
                return "IQ3_XXS" if first <= index < last else self._base
        return self._base

    def _values(self, index: int) -> str:
        file_type = self._file_type
        if self._heads_share >= 4 and file_type in _SHARED_VALUES:
            chosen = _SHARED_VALUES[file_type]
        elif file_type == "IQ3_XXS":
            chosen = "IQ3_XXS" if self._with_imatrix else "IQ3_S"
        elif file_type == "Q3_K_M":
            chosen = "Q5_K" if index < 2 else "Q4_K"
        elif file_type in _BETTER_IN_SOME and _gets_more_bits(index, self._like_values):
            chosen = "Q6_K"
        elif file_type == "Q4_K_S" and index < 4:
            chosen = "Q5_K"
        else:
            chosen = _VALUES.get(file_type, self._base)
        # llama.cpp's type 70B: eight heads share these, so that better ones cost next to nothing.
        is_70b = self._layers == 80 and self._heads_share > 1
        return "Q5_K" if is_70b and chosen in {"Q3_K", "Q4_K"} else chosen

    def _down(self, index: int) -> str:
        file_type, first = self._file_type, index < self._layers // 8
        by_matrix = _DOWN_IN_FIRST_WITH_IMATRIX if self._with_imatrix else _DOWN_IN_FIRST_WITHOUT
        if file_type == "IQ3_XXS" and not self._with_imatrix:
            return "Q4_K" if first else "Q3_K"
        if file_type == "Q3_K_M":
            return "Q5_K" if index < self._layers // 16 else "Q4_K"
        if file_type == "IQ3_M":
            some = self._experts == 8 and _gets_more_bits(index, self._layers)
            return "Q4_K" if first or some else self._base
        if file_type in _BETTER_IN_SOME:
            return "Q6_K" if _gets_more_bits(index, self._layers) else self._base
        if first and file_type in {**_DOWN_IN_FIRST, **by_matrix}:
            return {**_DOWN_IN_FIRST, **by_matrix}[file_type]
        return _DOWN.get(file_type, self._base)


def _part(name: str) -> str | None:
    """What a tensor does in its layer, None for what has no rules of its own."""
    if name == "output.weight" or name in _EMBEDDINGS:
        return None
    return next((part for mark, part in _PARTS if mark in name), None)


def _place(tensor: Tensor) -> tuple[int, str]:
    """Its layer, −1 for none, and its name: llama.cpp's order."""
    match = re.match(r"blk\.(\d+)\.", tensor.name)
    return (int(match[1]) if match else -1, tensor.name)


def _that_fits(name: str, columns: int) -> ggml.TensorType:
    """The type, or a larger one whose blocks divide the rows."""
    kind = ggml.TYPES_BY_NAME[name]
    if columns % kind.block_elements:
        kind = ggml.TYPES_BY_NAME[_FALLBACKS.get(name, "F16")]
    return kind if columns % kind.block_elements == 0 else ggml.TYPES_BY_NAME["F16"]


def _gets_more_bits(index: int, of: int) -> bool:
    eighth = of // 8
    return index < eighth or index >= 7 * of // 8 or (index - eighth) % 3 == 2
