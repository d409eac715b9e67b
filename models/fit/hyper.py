"""Reading an architecture's numbers from metadata, by the rules of llama.cpp's load_hparams."""

from __future__ import annotations

from typing import Final

from engine.errors import CorruptFile
from models.gguf import GgufModel

MAX_LAYERS: Final = 1024  # llama.cpp's LLAMA_MAX_LAYERS is 512


class Hyper:
    """The metadata of one model under the prefix of its architecture."""

    def __init__(self, model: GgufModel) -> None:
        self.architecture = model.architecture or ""
        self._model = model
        self.layer_count = self.number("block_count")
        if not 0 < self.layer_count <= MAX_LAYERS:
            raise CorruptFile(
                f"{model.paths[0]} says that it has {self.layer_count:,} layers, so what it needs "
                "cannot be told. Download it again, or choose another file."
            )
        # Layers that only predict further tokens have weights but no cache.
        self.trunk_count = self.layer_count - min(
            self.number("nextn_predict_layers"), self.layer_count
        )

    def number(self, name: str, default: int = 0) -> int:
        value = self._model.number(f"{self.architecture}.{name}")
        return default if value is None else max(0, value)

    def has(self, name: str) -> bool:
        return f"{self.architecture}.{name}" in self._model.metadata

    def array(self, name: str) -> tuple[int, ...] | None:
        """One number for each layer; None where the metadata has no array under this name."""
        value = self._model.metadata.get(f"{self.architecture}.{name}")
        if not isinstance(value, tuple):
            return None
        numbers = tuple(max(0, int(n)) for n in value if isinstance(n, int | float))
        return (numbers + (0,) * self.layer_count)[: self.layer_count]

    def each_layer(self, name: str, default: int = 0) -> tuple[int, ...]:
        """The array under this name, or its single number for every layer."""
        return self.array(name) or (self.number(name, default),) * self.layer_count

    @property
    def vocabulary_size(self) -> int:
        """The rows of the token embedding, which is what llama.cpp makes logits for."""
        for tensor in self._model.tensors:
            if tensor.name == "token_embd.weight" and len(tensor.shape) == 2:
                return tensor.shape[1]
        return self.number("vocab_size")
