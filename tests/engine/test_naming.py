"""Names of contenders."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import ModelFile
from engine.naming import display_name, unique_names


def model(path: str, quantization: str | None = None) -> ModelFile:
    return ModelFile(path=path, file=Path(path).name, size_bytes=1, quantization=quantization)


@pytest.mark.parametrize(
    ("file", "quantization", "name"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1", "SmolLM2-135M-Instruct Q4_1"),
        ("qwen3-4b-q4_k_m.gguf", "Q4_K_M", "qwen3-4b Q4_K_M"),
        ("big-Q8_0-00001-of-00003.gguf", "Q8_0", "big Q8_0"),
        ("mine.gguf", "F16", "mine F16"),
        ("Q8_0.gguf", "Q8_0", "Q8_0 Q8_0"),
        ("mine.gguf", None, "mine"),
    ],
)
def test_a_name_is_the_file_and_its_quantization(
    file: str, quantization: str | None, name: str
) -> None:
    assert display_name(model(f"/m/{file}", quantization)) == name


def test_files_of_the_same_name_are_told_apart_by_their_folders() -> None:
    models = [model("/a/m.gguf", "F16"), model("/b/m.gguf", "F16")]
    assert unique_names(models) == ["m F16 (a)", "m F16 (b)"]


def test_the_same_file_twice_gets_a_number() -> None:
    assert unique_names([model("/a/m.gguf")] * 3) == ["m", "m (2)", "m (3)"]


@given(st.lists(st.sampled_from(["/a/m.gguf", "/b/m.gguf", "/c/a/m.gguf", "/a/m (2).gguf"])))
def test_names_are_never_shared(paths: list[str]) -> None:
    names = unique_names([model(path) for path in paths])
    assert len(set(names)) == len(paths)
