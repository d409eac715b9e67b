"""A repository's files as quantizations."""

from __future__ import annotations

import pytest

from models.hub.listing import HubFile, listing_of, quantization_of


def files(*names: str) -> list[HubFile]:
    return [HubFile(name=name, size_bytes=100 + n) for n, name in enumerate(names)]


@pytest.mark.parametrize(
    ("name", "quantization"),
    [
        ("Qwen3-4B-Q4_K_M.gguf", "Q4_K_M"),
        ("Qwen3-4B-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1"),
        ("gemma-3-1b-it-qat-q4_0.gguf", "Q4_0"),
        ("model-IQ2_XXS-00001-of-00003.gguf", "IQ2_XXS"),
        ("Llama-3.2-3B-f16.gguf", "F16"),
        ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
        ("BF16/model-00001-of-00002.gguf", "BF16"),
        ("Q4_0_distilled-Q8_0.gguf", "Q8_0"),
        ("model-Q4_K_M_L.gguf", "Q4_K_M_L"),
        ("model.gguf", None),
        ("phi-2-fp16x.gguf", None),
    ],
)
def test_the_quantization_stands_in_the_name(name: str, quantization: str | None) -> None:
    assert quantization_of(name) == quantization


def test_parts_are_one_choice_and_other_kinds_are_told_apart() -> None:
    listing = listing_of(
        files(
            "README.md",
            "m-Q8_0-00002-of-00002.gguf",
            "m-Q8_0-00001-of-00002.gguf",
            "m-Q4_K_M.gguf",
            "mmproj-m-F16.gguf",
            "m-lora-f16.gguf",
            "m.imatrix.dat",
            "imatrix.gguf",
            "model.safetensors",
        )
    )
    assert [(choice.kind, choice.label, len(choice.files)) for choice in listing.choices] == [
        ("model", "m-Q4_K_M", 1),
        ("model", "m-Q8_0", 2),
        ("mmproj", "mmproj-m-F16", 1),
        ("adapter", "m-lora-f16", 1),
        ("imatrix", "m.imatrix.dat", 1),
        ("imatrix", "imatrix", 1),
    ]
    split = listing.choices[1]
    assert [file.name for file in split.files] == [
        "m-Q8_0-00001-of-00002.gguf",
        "m-Q8_0-00002-of-00002.gguf",
    ]
    assert split.size_bytes == 101 + 102
    assert split.missing == 0
    assert listing.other_files == 2


def test_a_split_model_with_a_missing_part_says_so() -> None:
    listing = listing_of(files("m-00001-of-00003.gguf", "m-00003-of-00003.gguf"))
    assert [choice.missing for choice in listing.choices] == [1]


def test_the_same_name_in_two_folders_is_two_choices() -> None:
    listing = listing_of(files("a/m-00001-of-00001.gguf", "b/m-00001-of-00001.gguf"))
    assert len(listing.choices) == 2
