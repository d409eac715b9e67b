"""Files of importance matrices: read right, and never trusted."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CorruptFile, MissingFile, ModelFileError, QuantizeError, TruncatedFile
from engine.importance import ImportanceEntry
from engine.worker.imatrix_file import write_imatrix
from engine.worker.imatrix_sums import Sums
from models.gguf import read_model
from models.imatrix import read_imatrix, refuse_misfit
from tests.models import ggufs
from tests.models.conftest import Write


def sums(rows: int, columns: int, *counts: int) -> Sums:
    made = Sums(rows, columns, len(counts))
    made.squares[:] = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    made.counts[:] = counts
    return made


def gguf_imatrix(path: Path) -> bytes:
    """Of a weight and of one with two experts, the second of which saw nothing."""
    weights = {"blk.0.up.weight": sums(1, 64, 1024), "blk.0.exps.weight": sums(2, 64, 7, 0)}
    write_imatrix(path, weights, dataset="my text.txt", chunks=2, n_ctx=512)
    return path.read_bytes()


def dat_imatrix(*, tail: bytes | None = None) -> bytes:
    name = b"blk.0.up.weight"
    content = struct.pack("<ii", 1, len(name)) + name + struct.pack("<ii", 5, 64)
    content += struct.pack("<64f", *range(64))
    text = b"old text.txt"
    return content + (struct.pack("<ii", 9, len(text)) + text if tail is None else tail)


def numbers(path: Path, entry: ImportanceEntry) -> list[float]:
    raw = path.read_bytes()[entry.offset : entry.offset + 4 * entry.values]
    return list(struct.unpack(f"<{entry.values}f", raw))


def test_a_gguf_file_tells_where_its_sums_lie(tmp_path: Path) -> None:
    path = tmp_path / "i.gguf"
    gguf_imatrix(path)
    matrix = read_imatrix(path)
    assert (matrix.path, matrix.recorded_as) == (str(path), "i.gguf")
    assert (matrix.dataset, matrix.chunks) == ("my text.txt", 2)
    experts, up = matrix.entries
    assert (experts.name, experts.divisors) == ("blk.0.exps.weight", (7, 0))
    assert (up.name, up.divisors) == ("blk.0.up.weight", (1024,))
    assert numbers(path, experts) == list(range(128))
    assert numbers(path, up) == list(range(64))


def test_the_older_form_is_read_too(write: Write) -> None:
    path = write("i.dat", dat_imatrix())
    matrix = read_imatrix(path, "old/i.dat")
    assert (matrix.recorded_as, matrix.dataset, matrix.chunks) == ("old/i.dat", "old text.txt", 9)
    (entry,) = matrix.entries
    assert (entry.name, entry.divisors) == ("blk.0.up.weight", (5,))
    assert numbers(path, entry) == list(range(64))


@pytest.mark.parametrize("tail", [b"", struct.pack("<i", 9), struct.pack("<iii", 9, 4, 0)[:-2]])
def test_what_it_was_made_of_may_be_missing(write: Write, tail: bytes) -> None:
    matrix = read_imatrix(write("i.dat", dat_imatrix(tail=tail)))
    assert matrix.dataset is None
    assert matrix.chunks == (9 if tail else 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"nowhere\.gguf"):
        read_imatrix(tmp_path / "nowhere.gguf")


def test_a_model_is_no_importance_matrix(write: Write) -> None:
    with pytest.raises(CorruptFile, match=r"m\.gguf is no importance matrix"):
        read_imatrix(write("m.gguf", ggufs.small_model()))


@pytest.mark.parametrize("content", [b"Dear reader, what a day", b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_another_file_is_no_importance_matrix(write: Write, content: bytes) -> None:
    with pytest.raises(CorruptFile, match=r"letter\.dat is no importance matrix"):
        read_imatrix(write("letter.dat", content))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (struct.pack("<ii", 1, 2_000) + bytes(3_000), "name is 2,000 bytes"),
        (struct.pack("<ii", 1, -1), "name is -1 bytes"),
        (struct.pack("<ii4sii", 1, 4, b"ab\0c", 1, 1) + bytes(4), "zero byte"),
        (struct.pack("<iiciiicii", 2, 1, b"w", 1, 0, 1, b"w", 1, 0), "announces 0 numbers"),
        (struct.pack("<iicii", 1, 1, b"w", 1, -4), "announces -4 numbers"),
        (struct.pack("<i", 2) + struct.pack("<iciif", 1, b"w", 1, 1, 0) * 2, "w is there twice"),
    ],
)
def test_a_damaged_older_file_says_what_is_wrong(
    write: Write, content: bytes, sentence: str
) -> None:
    with pytest.raises(CorruptFile, match=sentence):
        read_imatrix(write("i.dat", content))


def test_counts_that_nothing_can_be_divided_by_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "i.gguf"
    whole = gguf_imatrix(path)
    for count in (float("nan"), float("inf"), -1.0, 1e30):
        path.write_bytes(whole.replace(struct.pack("<f", 1024), struct.pack("<f", count)))
        with pytest.raises(CorruptFile, match=r"tokens for blk\.0\.up\.weight"):
            read_imatrix(path)


def test_sums_without_counts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "i.gguf"
    path.write_bytes(gguf_imatrix(path).replace(b"up.weight.counts", b"no.weight.counts"))
    with pytest.raises(CorruptFile, match="do not belong together"):
        read_imatrix(path)


def test_every_shorter_file_is_refused(write: Write, tmp_path: Path) -> None:
    whole = gguf_imatrix(tmp_path / "i.gguf")
    for size in range(4, len(whole) - 64, 23):
        with pytest.raises(TruncatedFile):
            read_imatrix(write("cut.gguf", whole[:size]))
    older = dat_imatrix(tail=b"")
    for size in range(4, len(older), 7):
        with pytest.raises(TruncatedFile):
            read_imatrix(write("cut.dat", older[:size]))


@given(data=st.data())
def test_a_changed_file_is_read_or_refused_in_a_sentence(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("mutated") / "i"
    whole = bytearray(data.draw(st.sampled_from([dat_imatrix(), gguf_imatrix(path)])))
    places = st.integers(4, min(len(whole), 700) - 1)
    for place, byte in data.draw(st.dictionaries(places, st.integers(0, 255), min_size=1)).items():
        whole[place] = byte
    path.write_bytes(whole)
    try:
        entries = read_imatrix(path).entries
    except ModelFileError:
        return
    size = path.stat().st_size
    assert all(0 < each.offset <= each.offset + 4 * each.values <= size for each in entries)
    assert all(each.values % len(each.divisors) == 0 for each in entries)


def model_of(write: Write, *tensors: ggufs.TensorBytes) -> Path:
    return write("m.gguf", ggufs.gguf([ggufs.string("general.architecture", "llama")], tensors))


def test_the_matrix_of_this_model_fits(write: Write, tmp_path: Path) -> None:
    gguf_imatrix(tmp_path / "i.gguf")
    model = model_of(
        write,
        ggufs.f32("token_embd.weight", 32, 4),
        ggufs.f32("blk.0.exps.weight", 64, 3, 2),
        ggufs.f32("blk.0.up.weight", 64, 3),
    )
    refuse_misfit(read_imatrix(tmp_path / "i.gguf"), read_model(model))


@pytest.mark.parametrize(
    ("tensor", "sentence"),
    [
        (ggufs.f32("blk.0.down.weight", 64, 3), "knows none of its weights"),
        (ggufs.f32("blk.0.up.weight", 32, 3), r"64 numbers for blk\.0\.up\.weight, which takes 32"),
        (ggufs.f32("blk.0.exps.weight", 64, 3, 4), "128 numbers .* takes 256"),
    ],
)
def test_the_matrix_of_another_model_is_refused(
    write: Write, tmp_path: Path, tensor: ggufs.TensorBytes, sentence: str
) -> None:
    gguf_imatrix(tmp_path / "i.gguf")
    with pytest.raises(QuantizeError, match=rf"i\.gguf was made of another model .*{sentence}"):
        refuse_misfit(read_imatrix(tmp_path / "i.gguf"), read_model(model_of(write, tensor)))
