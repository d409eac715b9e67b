"""What a GGUF file is, in the words of a contender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from engine.contract import ModelFile
from engine.errors import UnsupportedModel
from models import ggml
from models.gguf import GgufModel, read_model

TEMPLATE_KEY = "tokenizer.chat_template"


def describe(path: Path) -> ModelFile:
    """The model in this file; any part of a split one stands for all.

    Its sha256 and origin are left open; `provenance.Provenance` knows them.
    Raises ModelFileError where the file is damaged or cannot generate text by itself.
    """
    model = read_model(path)
    refuse_other_kinds(model)
    return model_file(model)


def model_file(model: GgufModel) -> ModelFile:
    """A model that was read, as what flows through a plan."""
    elements = sum(tensor.elements for tensor in model.tensors)
    tensor_bytes = sum(tensor.size_bytes for tensor in model.tensors)
    first = model.paths[0]
    return ModelFile(
        path=str(first.absolute()),
        file=first.name,
        size_bytes=model.size_bytes,
        architecture=model.architecture,
        quantization=quantization(model),
        bits_per_weight=8 * tensor_bytes / elements if elements else None,
        parameters=elements or None,
        n_ctx_train=model.number(f"{model.architecture}.context_length"),
        has_chat_template=has_chat_template(model),
    )


def quantization(model: GgufModel) -> str | None:
    """The type that its maker gave it, else the one that most of its weights have."""
    file_type = model.number("general.file_type")
    if file_type is not None:
        named = ggml.FILE_TYPES.get(file_type & ~ggml.GUESSED_FILE_TYPE)
        if named is not None:
            return named
    mix = tensor_mix(model)
    return max(mix, key=lambda name: mix[name]) if mix else None


def tensor_mix(model: GgufModel) -> Mapping[str, int]:
    """Weights by tensor type: one quantization's name hides several."""
    mix: Counter[str] = Counter()
    for tensor in model.tensors:
        mix[tensor.type.name] += tensor.elements
    return mix


def has_chat_template(model: GgufModel) -> bool:
    return any(key == TEMPLATE_KEY or key.startswith(f"{TEMPLATE_KEY}.") for key in model.metadata)


def refuse_other_kinds(model: GgufModel) -> None:
    """Raise UnsupportedModel for GGUF files that are no language model of their own."""
    kind = model.text("general.type")
    if kind == "mmproj" or model.architecture == "clip":
        what = "holds only the vision or audio part of a model (mmproj)"
    elif kind == "adapter":
        what = "is a LoRA adapter, which changes another model"
    elif kind == "imatrix" or model.architecture == "imatrix":
        what = "is an importance matrix, made for quantizing"
    elif not model.tensors:
        what = "holds a vocabulary but no weights"
    else:
        return
    raise UnsupportedModel(f"{model.paths[0]} {what}. Choose the model's own GGUF file.")
