"""Reading the header of a GGUF file."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf as reference
import pytest

from engine.errors import (
    CorruptFile,
    MissingFile,
    ModelFileError,
    NotGguf,
    TruncatedFile,
    UnreadableFile,
    UnsupportedModel,
)
from models import ggml
from models.gguf import FileSource, Header, Omitted, read_header
from tests.models import ggufs
from tests.models.conftest import Write


def header_of(path: Path) -> Header:
    with FileSource(path) as source:
        return read_header(source)


def assert_agrees_with_reference(path: Path) -> None:
    """Compare every metadata entry and tensor with what the `gguf` package reads."""
    ours = header_of(path)
    theirs = reference.GGUFReader(path)
    fields = {key: field for key, field in theirs.fields.items() if not key.startswith("GGUF.")}
    assert set(ours.metadata) == set(fields)
    for key, value in ours.metadata.items():
        if isinstance(value, Omitted):
            assert value.count == len(fields[key].data), key
            continue
        expected = fields[key].contents()
        if isinstance(value, tuple):
            assert list(value) == list(expected), key
        else:
            assert value == expected, key
    assert [
        (tensor.name, tensor.shape, tensor.type.name, tensor.elements, tensor.size_bytes)
        for tensor in ours.tensors
    ] == [
        (str(t.name), tuple(int(n) for n in t.shape), t.tensor_type.name, t.n_elements, t.n_bytes)
        for t in theirs.tensors
    ]
    if ours.tensors:
        assert ours.header_bytes == theirs.data_offset


def test_the_small_model_is_read_as_the_gguf_package_reads_it(demo_path: Path) -> None:
    assert_agrees_with_reference(demo_path)


VOCABULARIES = (
    "aquila baichuan bert-bge command-r deepseek-coder deepseek-llm falcon gemma-4 gpt-2 gpt-neox "
    "llama-bpe llama-spm mpt nomic-bert-moe phi-3 qwen2 qwen35 refact starcoder"
)


@pytest.mark.slow
@pytest.mark.parametrize("family", VOCABULARIES.split())
def test_a_real_vocabulary_is_read_as_the_gguf_package_reads_it(
    llama_cpp_source: Path, family: str
) -> None:
    assert_agrees_with_reference(llama_cpp_source / "models" / f"ggml-vocab-{family}.gguf")


def test_tensor_types_are_those_of_the_gguf_package() -> None:
    for kind, (elements, size) in reference.GGML_QUANT_SIZES.items():
        if kind.name == "Q8_1":
            continue  # 36 bytes in ggml-common.h, but 40 in gguf 0.19. No file holds it.
        assert ggml.TENSOR_TYPES[kind.value] == (kind.name, elements, size)


def test_file_types_are_those_of_the_gguf_package() -> None:
    names = {kind.value: kind.name.removeprefix("ALL_") for kind in reference.LlamaFileType}
    for number, name in ggml.FILE_TYPES.items():
        if number in names:
            assert names[number].removeprefix("MOSTLY_") == name


def test_a_version_2_file_is_read(write: Write) -> None:
    path = write("old.gguf", ggufs.gguf([ggufs.string("general.name", "old")], version=2))
    assert header_of(path).metadata == {"general.name": "old"}


def test_short_arrays_are_kept_and_vocabularies_are_counted(write: Write) -> None:
    tokens = [f"token{n}" for n in range(1000)]
    entries = [
        ggufs.strings("general.tags", ["chat", "tiny"]),
        ggufs.i32s("llama.attention.head_count_kv", [3, 0, 3]),
        ggufs.strings("tokenizer.ggml.tokens", tokens),
        ggufs.string("after", "the vocabulary"),
    ]
    assert header_of(write("m.gguf", ggufs.gguf(entries))).metadata == {
        "general.tags": ("chat", "tiny"),
        "llama.attention.head_count_kv": (3, 0, 3),
        "tokenizer.ggml.tokens": Omitted("string", 1000),
        "after": "the vocabulary",
    }


def test_a_text_of_many_megabytes_is_passed_over(write: Write) -> None:
    entries = [
        ggufs.string("tokenizer.huggingface.json", "x" * 3_000_000),
        ggufs.string("after", "it"),
    ]
    metadata = header_of(write("m.gguf", ggufs.gguf(entries))).metadata
    assert metadata["tokenizer.huggingface.json"] == Omitted("string", 3_000_000)
    assert metadata["after"] == "it"


def test_the_alignment_that_a_file_states_is_used(write: Write) -> None:
    entries = [ggufs.u32("general.alignment", 256)]
    tensors = [ggufs.f32("a", 3), ggufs.f32("b", 3)]
    header = header_of(write("m.gguf", ggufs.gguf(entries, tensors, alignment=256)))
    assert header.header_bytes % 256 == 0
    assert [tensor.offset for tensor in header.tensors] == [0, 256]


MODEL = ggufs.small_model()
DAMAGED = {
    "empty": (b"", TruncatedFile, "is empty"),
    "begun": (b"GGUF\x03", TruncatedFile, "ends after 5 bytes"),
    "half a header": (MODEL[:60], TruncatedFile, "in the middle of its header"),
    "half its weights": (MODEL[:-300], TruncatedFile, "that its header announces"),
    "big-endian": (b"GGUF\x00\x00\x00\x03" + bytes(16), UnsupportedModel, "big-endian"),
    "big-endian magic": (b"FUGG\x00\x00\x00\x03" + bytes(16), NotGguf, "big-endian"),
    "version 1": (ggufs.gguf(version=1), UnsupportedModel, "version 1"),
    "version 9": (ggufs.gguf(version=9), UnsupportedModel, "version 9"),
    "a zip": (b"PK\x03\x04" + bytes(60), NotGguf, "zip or PyTorch"),
    "a web page": (b"<!doctype html>", NotGguf, "the download failed"),
    "an LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", NotGguf, "git lfs pull"),
    "GGML": (b"lmgg" + bytes(60), NotGguf, "before GGUF"),
    "noise": (b"\x13\x37" * 40, NotGguf, "is not a GGUF file"),
    "many tensors": (
        b"GGUF" + struct.pack("<IQQ", 3, 2**62, 0),
        CorruptFile,
        "announces 4,611,686,018,427,387,904 tensors",
    ),
    "many entries": (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**40), CorruptFile, "metadata entries"),
    "a long key": (
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**60),
        CorruptFile,
        "key is 1,152,921,504,606,846,976 bytes",
    ),
    "an unknown type": (ggufs.gguf([ggufs.entry("k", 77, b"")]), CorruptFile, "unknown type 77"),
    "an array of arrays": (
        ggufs.gguf([ggufs.entry("k", ggufs.ARRAY, struct.pack("<IQ", ggufs.ARRAY, 1))]),
        CorruptFile,
        "array of the unknown type 9",
    ),
    "many strings": (
        ggufs.gguf([ggufs.entry("k", ggufs.ARRAY, struct.pack("<IQ", ggufs.STRING, 2**33))]),
        CorruptFile,
        "announces 8,589,934,592 strings",
    ),
    "many numbers": (
        ggufs.gguf([ggufs.entry("k", ggufs.ARRAY, struct.pack("<IQ", ggufs.U32, 2**62))]),
        CorruptFile,
        "values",
    ),
    "a string without an end": (
        ggufs.gguf([ggufs.entry("k", ggufs.STRING, struct.pack("<Q", 2**63))]),
        CorruptFile,
        "does not end within 128 MiB",
    ),
    "a key twice": (
        ggufs.gguf([ggufs.u32("k", 1), ggufs.u32("k", 2)]),
        CorruptFile,
        "'k' is there twice",
    ),
    "an odd alignment": (
        ggufs.gguf([ggufs.u32("general.alignment", 24)]),
        CorruptFile,
        "alignment is 24",
    ),
    "a tensor twice": (
        ggufs.gguf([], [ggufs.f32("a", 8), ggufs.f32("a", 8)]),
        CorruptFile,
        "'a' is there twice",
    ),
    "five dimensions": (ggufs.gguf([], [ggufs.f32("a", 1, 1, 1, 1, 1)]), CorruptFile, "dimensions"),
    "a gap": (
        ggufs.gguf([], [ggufs.TensorBytes("a", (8,), ggufs.F32_TENSOR, 32, offset=64)]),
        CorruptFile,
        "is not behind",
    ),
    "an impossible shape": (
        ggufs.gguf([], [ggufs.TensorBytes("a", (2**40, 2**40), ggufs.F32_TENSOR, 0)]),
        CorruptFile,
        "impossible shape",
    ),
    "half a block": (
        ggufs.gguf([], [ggufs.TensorBytes("a", (33,), ggufs.Q4_0_TENSOR, 36)]),
        CorruptFile,
        "do not divide into Q4_0 blocks",
    ),
    "a removed tensor type": (
        ggufs.gguf([], [ggufs.TensorBytes("a", (32,), 31, 18)]),
        UnsupportedModel,
        "Q4_0_4_4 tensors",
    ),
    "an unknown tensor type": (
        ggufs.gguf([], [ggufs.TensorBytes("a", (32,), 99, 18)]),
        CorruptFile,
        "unknown type 99",
    ),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_in_a_sentence_that_names_it(write: Write, damage: str) -> None:
    content, error, words = DAMAGED[damage]
    path = write("model.gguf", content)
    with pytest.raises(ModelFileError) as caught:
        header_of(path)
    assert type(caught.value) is error
    sentence = str(caught.value)
    assert words in sentence
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert any(verb in sentence for verb in ("Download", "Choose", "Fetch"))


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="is not there"):
        header_of(tmp_path / "nowhere.gguf")


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is a folder"):
        header_of(tmp_path)


def test_a_device_is_not_read() -> None:
    with pytest.raises(UnreadableFile, match="not a regular file"):
        header_of(Path("/dev/zero"))


def test_a_name_with_a_zero_byte_is_not_read() -> None:
    with pytest.raises(UnreadableFile, match="not a file name"):
        header_of(Path("a\0b"))
