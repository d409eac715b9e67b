"""Names of contenders."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import ModelFile
from engine.naming import display_name, short_names, unique_names


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


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (("SmolLM2-135M-Instruct Q8_0", "SmolLM2-135M-Instruct Q4_K_M"), ["Q8_0", "Q4_K_M"]),
        (("SmolLM2 Q4_K_M", "SmolLM2 Q4_K_S"), ["Q4_K_M", "Q4_K_S"]),
        (("Qwen3-1.5B Q8_0", "Qwen3-1.7B Q8_0"), ["1.5B Q8_0", "1.7B Q8_0"]),
        (("mine Q8_0", "mine Q8_0 (2)"), ["Q8_0", "Q8_0 (2)"]),
        (("mine Q8_0 (2)", "mine Q8_0 (3)"), ["Q8_0 (2)", "Q8_0 (3)"]),
        (("model 0", "model 1"), ["model 0", "model 1"]),
        (("Qwen Q8_0", "Gemma Q8_0"), ["Qwen Q8_0", "Gemma Q8_0"]),
        (("alone Q8_0",), ["alone Q8_0"]),
        ((), []),
    ],
)
def test_names_that_begin_alike_are_short_by_what_tells_them_apart(
    names: tuple[str, ...], short: list[str]
) -> None:
    assert short_names(names) == short


@given(st.lists(st.text("ab1 -_(", min_size=1), unique=True))
def test_short_names_are_ends_and_as_distinct_as_the_names(names: list[str]) -> None:
    short = short_names(names)
    assert all(name.endswith(end) for name, end in zip(names, short, strict=True))
    assert len(set(short)) == len(names)
