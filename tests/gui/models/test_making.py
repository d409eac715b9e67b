"""Making models smaller, without the window: what can be made, how it is told, what is passed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import QuantizeError
from gui.models.entry_rows import origin_words
from gui.models.making_workshop import MatrixFile, TextToRead, Wish, Workshop
from models.imatrix import read_imatrix
from models.origins import MadeHere, MatrixUsed
from tests.gui.fake_shelf import FakeQuantizer, imatrix_bytes, model_bytes


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "alpha.F16.gguf"
    path.write_bytes(model_bytes())
    return path


@pytest.fixture
def maker() -> FakeQuantizer:
    return FakeQuantizer()


@pytest.fixture
def workshop(tmp_path: Path, maker: FakeQuantizer) -> Workshop:
    return Workshop(tmp_path, lambda: maker, lambda: maker.collect)


def test_the_ladder_has_all_types_but_the_file_itself(source: Path, workshop: Workshop) -> None:
    (source.parent / "alpha.i1-Q8_0.gguf").write_bytes(model_bytes())
    ladder = workshop.ladder(source)
    plain = {rung.name: rung for rung in ladder.rungs}
    given = {rung.name: rung for rung in ladder.with_imatrix}
    assert "F16" not in plain
    assert "F16" in given
    assert (plain["Q8_0"].there, given["Q8_0"].there) == (False, True)
    assert plain["IQ2_M"].needs_imatrix
    assert not plain["Q2_K"].needs_imatrix
    assert not ladder.lossy


def test_a_text_is_read_before_anything_is_made(
    source: Path, workshop: Workshop, maker: FakeQuantizer, tmp_path: Path
) -> None:
    told: list[tuple[str, float]] = []
    wish = Wish(
        names=("q8_0", "IQ2_M"), matrix=TextToRead(path=tmp_path / "sub" / "w.txt", max_chunks=9)
    )
    workshop.make(source, wish, lambda *told_: told.append(told_), lambda: False)
    assert [sentence for sentence, _ in told] == [
        "Reading w.txt with alpha.F16.gguf",
        "Making Q8_0 from alpha.F16.gguf",
        "Making IQ2_M from alpha.F16.gguf",
    ]
    assert [part for _, part in told] == pytest.approx([0.5 / 3, 1.5 / 3, 2.5 / 3])
    # A file that may be passed on tells no folder.
    assert read_imatrix(tmp_path / "alpha.F16.w.imatrix.gguf").dataset == "w.txt"
    assert maker.used == ["alpha.F16.w.imatrix.gguf"]


def test_without_a_matrix_the_types_share_the_progress(source: Path, workshop: Workshop) -> None:
    told: list[float] = []
    wish = Wish(names=("Q8_0", "Q4_0"))
    made = workshop.make(source, wish, lambda _, part: told.append(part), lambda: False)
    assert told == [0.25, 0.75]
    assert [model.file for model in made] == ["alpha.Q8_0.gguf", "alpha.Q4_0.gguf"]


def test_a_matrix_is_looked_at_before_it_is_used(
    source: Path, workshop: Workshop, maker: FakeQuantizer, tmp_path: Path
) -> None:
    path = tmp_path / "sub.gguf"
    path.write_bytes(imatrix_bytes(text="wiki.txt"))
    matrix = workshop.look_at_matrix(source, path)
    assert matrix == MatrixFile(path=path, text="wiki.txt", chunks=7)
    made = workshop.make(
        source, Wish(names=("IQ1_S",), matrix=matrix), lambda *_: None, lambda: False
    )
    assert [model.file for model in made] == ["alpha.i1-IQ1_S.gguf"]
    assert maker.used == ["sub.gguf"]
    path.write_bytes(imatrix_bytes(width=64))
    with pytest.raises(QuantizeError, match=r"sub\.gguf was made of another model"):
        workshop.look_at_matrix(source, path)


def test_the_origin_of_a_file_tells_which_matrix_was_used() -> None:
    used = MatrixUsed(file="i.gguf", sha256="ab" * 32, text="w.txt")
    origin = MadeHere(
        source="a.gguf",
        source_sha256="00",
        quantization="IQ2_M",
        llama_cpp="llama.cpp 1",
        requantized=False,
        imatrix=used,
    )
    assert origin_words(origin) == (
        "Made here from a.gguf by llama.cpp 1, with the importance matrix i.gguf, made of w.txt, sha256 "
        "abababababababab abababababababab abababababababab abababababababab"
    )
