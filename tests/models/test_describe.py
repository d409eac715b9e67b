"""What a model file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CorruptFile, MissingFile, UnsupportedModel
from models.describe import describe
from tests.models import ggufs
from tests.models.conftest import Write


def test_the_small_model_is_described_as_llama_cpp_describes_it(demo_path: Path) -> None:
    # "model params = 134.52 M", "file size = 92.11 MiB (5.74 BPW)", n_ctx_train = 8192 in its log.
    model = describe(demo_path)
    assert (model.architecture, model.quantization, model.parameters) == (
        "llama",
        "Q4_1",
        134_515_008,
    )
    assert model.bits_per_weight == pytest.approx(5.74, abs=0.005)
    assert model.size_bytes == demo_path.stat().st_size
    assert model.n_ctx_train == 8192
    assert model.has_chat_template
    assert (model.path, model.file) == (str(demo_path), demo_path.name)
    assert model.sha256 is None


@pytest.mark.parametrize(
    ("entry", "label"),
    [
        (ggufs.u32("general.file_type", 15), "Q4_K_M"),
        (ggufs.u32("general.file_type", 1024 + 7), "Q8_0"),
        (ggufs.u32("general.file_type", 999), "F32"),
        (ggufs.string("general.file_type", "Q4_K_M"), "F32"),
    ],
)
def test_the_label_is_the_file_type_or_else_the_commonest_tensor_type(
    write: Write, entry: bytes, label: str
) -> None:
    path = write("m.gguf", ggufs.small_model(entry))
    assert describe(path).quantization == label


def test_bits_per_weight_come_from_the_tensors_and_not_from_the_label(write: Write) -> None:
    content = ggufs.gguf(
        [ggufs.string("general.architecture", "llama"), ggufs.u32("general.file_type", 2)],
        [
            ggufs.TensorBytes("a", (64, 2), ggufs.Q4_0_TENSOR, 4 * 18),
            ggufs.TensorBytes("b", (64, 2), ggufs.Q8_0_TENSOR, 4 * 34),
        ],
    )
    model = describe(write("m.gguf", content))
    assert model.quantization == "Q4_0"
    assert model.bits_per_weight == pytest.approx((4.5 + 8.5) / 2)


def test_a_base_model_is_said_to_have_no_chat_template(write: Write) -> None:
    assert describe(write("base.gguf", ggufs.small_model())).has_chat_template is False


def test_a_model_with_a_named_template_has_one(write: Write) -> None:
    content = ggufs.small_model(ggufs.string("tokenizer.chat_template.tool_use", "{{ x }}"))
    assert describe(write("m.gguf", content)).has_chat_template is True


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ggufs.gguf([ggufs.string("general.architecture", "llama")]), "no weights"),
        (ggufs.small_model(architecture="clip"), "mmproj"),
        (ggufs.small_model(ggufs.string("general.type", "adapter")), "LoRA"),
        (ggufs.small_model(ggufs.string("general.type", "imatrix")), "importance matrix"),
    ],
)
def test_what_is_no_model_of_its_own_is_refused(write: Write, content: bytes, words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        describe(write("m.gguf", content))


def write_parts(write: Write, count: int, tensors: int = 3) -> list[Path]:
    return [
        write(f"big-{number:05}-of-{count:05}.gguf", ggufs.part(number, count, tensors))
        for number in range(1, count + 1)
    ]


def test_any_part_of_a_split_model_stands_for_all(write: Write) -> None:
    paths = write_parts(write, 3)
    model = describe(paths[1])
    assert model.path == str(paths[0])
    assert model.parameters == 64 * (1 + 2 + 3)
    assert model.size_bytes == sum(path.stat().st_size for path in paths)
    assert model.architecture == "llama"


def test_a_missing_part_is_named(write: Write) -> None:
    paths = write_parts(write, 3)
    paths[2].unlink()
    with pytest.raises(MissingFile, match=r"big-00003-of-00003\.gguf is missing"):
        describe(paths[0])


def test_parts_that_do_not_belong_together_are_refused(write: Write) -> None:
    paths = write_parts(write, 3, tensors=7)
    with pytest.raises(CorruptFile, match="hold 3 tensors, not 7"):
        describe(paths[0])


def test_a_renamed_part_is_refused_because_llama_cpp_would_not_find_the_others(
    write: Write,
) -> None:
    path = write("renamed.gguf", ggufs.part(1, 3))
    with pytest.raises(CorruptFile, match="one of 3 parts"):
        describe(path)
