"""The quantizations that llama.cpp can make, and how large each would be."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.errors import QuantizeError
from models.gguf import GgufModel
from models.quantization_rules import UNQUANTIZED, Rules


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
    return any(tensor.type.name not in UNQUANTIZED for tensor in model.tensors)


def foretold_bytes(
    model: GgufModel, quantization: Quantization, *, with_imatrix: bool = False
) -> int:
    """How large the file would be, but for what little changes in its metadata."""
    header_bytes = model.size_bytes - sum(tensor.size_bytes for tensor in model.tensors)
    # With an importance matrix llama.cpp mixes the types of some quantizations otherwise.
    rules = Rules(model, quantization.name, quantization.base, with_imatrix=with_imatrix)
    weights = sum(kind.row_bytes(tensor.elements) for tensor, kind in rules.choices())
    return max(header_bytes, 0) + weights
