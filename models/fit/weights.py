"""How a model's weights lie in its layers, and how much of them each token reads."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from models.fit.hyper import Hyper
from models.gguf import GgufModel

_BLOCK: Final = re.compile(r"blk\.(\d+)\.")
_INPUT: Final = frozenset(
    ["token_embd", "position_embd", "token_types", "token_embd_norm", "per_layer_token_embd"]
)


class LayerWeights(msgspec.Struct, frozen=True):
    """Bytes that lie there, and bytes that one token reads: of experts only those that are used."""

    stored: int
    read: int


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs stay on the host always. The last layer is the output.

    tied_output: bytes of the embedding where it serves as output too; an offloaded output copies it.
    """

    inputs: int
    layers: tuple[LayerWeights, ...]
    tied_output: int


def weights_of(model: GgufModel) -> Weights:
    """Raises CorruptFile where the number of layers is missing or absurd."""
    hyper = Hyper(model)
    output = hyper.layer_count
    stored = [0] * (output + 1)
    read = [0] * (output + 1)
    experts = max(hyper.number("expert_count"), 1)
    used = min(max(*hyper.each_layer("expert_used_count"), 1), experts)
    inputs = embedding = 0
    has_output = False
    for tensor in model.tensors:
        if tensor.name == "token_embd.weight":
            embedding = tensor.size_bytes
        has_output |= tensor.name == "output.weight"
        layer = _layer_of(tensor.name, output)
        if layer is None:
            inputs += tensor.size_bytes
            continue
        stored[layer] += tensor.size_bytes
        is_expert = "_exps." in tensor.name
        read[layer] += tensor.size_bytes * used // experts if is_expert else tensor.size_bytes
    tied = 0 if has_output else embedding
    read[output] += tied
    layers = tuple(LayerWeights(*pair) for pair in zip(stored, read, strict=True))
    return Weights(inputs=inputs, layers=layers, tied_output=tied)


def active_parameters(model: GgufModel) -> int:
    """Parameters that one token uses: all, but of experts only those that are chosen."""
    hyper = Hyper(model)
    experts = max(hyper.number("expert_count"), 1)
    used = min(max(*hyper.each_layer("expert_used_count"), 1), experts)
    return sum(
        tensor.elements * used // experts if "_exps." in tensor.name else tensor.elements
        for tensor in model.tensors
    )


def _layer_of(name: str, output: int) -> int | None:
    if match := _BLOCK.match(name):
        return min(int(match[1]), output)
    return None if name.split(".", 1)[0] in _INPUT else output
