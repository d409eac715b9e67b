"""Making importance matrices of one's own text: what is refused, and what is left behind."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.client import Stopped
from engine.contract import DeviceInfo
from engine.errors import MissingFile, NotEnoughMemory, QuantizeError, UnsupportedModel
from engine.imatrix import SettleLayers
from models import imatrix_making
from models.imatrix_making import ImatrixOrder, imatrix_path, make_imatrix
from tests.engine.experts_model import write_experts_model
from tests.models import ggufs
from tests.models.conftest import Write

TEXT = b"Ninety-nine green bottles, hanging on the wall. " * 37  # four chunks of tokens


@pytest.fixture
def order(tmp_path: Path) -> ImatrixOrder:
    model, text = tmp_path / "m.gguf", tmp_path / "my words.txt"
    write_experts_model(model)
    text.write_bytes(TEXT)
    return ImatrixOrder(model=model, text=text, dataset="my words.txt", threads=1)


def test_its_name_tells_of_what_it_was_made() -> None:
    path = imatrix_path(Path("a/Model.F16.gguf"), Path("b/my words.txt"), Path("c"))
    assert path == Path("c/Model.F16.my words.imatrix.gguf")


def test_the_whole_text_is_read(order: ImatrixOrder, tmp_path: Path) -> None:
    matrix = make_imatrix(order, tmp_path / "new" / "i.gguf", recorded_as="new/i.gguf")
    assert matrix.chunks == 4
    assert (matrix.dataset, matrix.recorded_as) == ("my words.txt", "new/i.gguf")


def test_line_ends_and_marks_are_part_of_the_text(order: ImatrixOrder, tmp_path: Path) -> None:
    """The vocabulary has a token for each byte: 1,024 of them are just enough."""
    order.text.write_bytes(b"\xef\xbb\xbf" + b"abc\r\n" * 204 + b"d")
    assert make_imatrix(order, tmp_path / "i.gguf").chunks == 2
    order.text.write_bytes(b"\xef\xbb\xbf" + b"abc\r\n" * 204)
    with pytest.raises(QuantizeError, match="has 1,023 tokens"):
        make_imatrix(order, tmp_path / "i.gguf")


def test_a_text_that_is_none_is_refused(order: ImatrixOrder, tmp_path: Path) -> None:
    order.text.write_bytes(b"\xff\xfe")
    with pytest.raises(QuantizeError, match=r"my words\.txt is not a text in UTF-8"):
        make_imatrix(order, tmp_path / "i.gguf")
    order.text.unlink()
    with pytest.raises(MissingFile, match=r"my words\.txt"):
        make_imatrix(order, tmp_path / "i.gguf")


def test_a_huge_text_is_refused(
    order: ImatrixOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imatrix_making, "MAX_TEXT_BYTES", len(TEXT) - 1)
    with pytest.raises(QuantizeError, match=r"my words\.txt is longer"):
        make_imatrix(order, tmp_path / "i.gguf")


@pytest.mark.parametrize("name", ["m.gguf", "my words.txt"])
def test_what_it_is_made_of_is_never_replaced(
    order: ImatrixOrder, tmp_path: Path, name: str
) -> None:
    before = (tmp_path / name).read_bytes()
    with pytest.raises(QuantizeError, match="would replace"):
        make_imatrix(order, tmp_path / name)
    assert (tmp_path / name).read_bytes() == before


def test_what_is_no_model_is_refused(order: ImatrixOrder, write: Write, tmp_path: Path) -> None:
    order.model.write_bytes(ggufs.gguf([ggufs.string("general.architecture", "llama")]))
    with pytest.raises(UnsupportedModel, match="no weights"):
        make_imatrix(order, tmp_path / "i.gguf")


def test_too_little_memory_is_said_before_anything_is_loaded(
    order: ImatrixOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imatrix_making, "available_memory", lambda: 1 << 30)
    with pytest.raises(NotEnoughMemory, match=r"m\.gguf would need .* 0 B to give"):
        make_imatrix(order, tmp_path / "i.gguf")
    assert not psutil.Process().children()


@pytest.mark.parametrize(
    ("free_bytes", "layers"), [((), 0), ((1 << 30,), 0), ((9 << 30,), 3), ((9 << 30, 9 << 30), 3)]
)
def test_as_many_layers_go_to_gpus_as_they_take(
    order: ImatrixOrder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free_bytes: tuple[int, ...],
    layers: int,
) -> None:
    gpus = tuple(
        DeviceInfo(
            name=f"GPU{number}",
            description="a device",
            kind="gpu",
            backend="CUDA",
            total_bytes=9 << 30,
            free_bytes=free,
        )
        for number, free in enumerate(free_bytes)
    )
    cpu = DeviceInfo(
        name="CPU", description="", kind="cpu", backend="CPU", total_bytes=None, free_bytes=None
    )
    settled: list[int] = []

    def collect(*_: object, settle_layers: SettleLayers, **__: object) -> None:
        settled.append(settle_layers((cpu, *gpus)))
        raise Stopped

    monkeypatch.setattr(imatrix_making, "collect_importance", collect)
    with pytest.raises(Stopped):
        make_imatrix(order, tmp_path / "i.gguf")
    assert settled == [layers]


def test_cancelled_it_leaves_what_was_there(order: ImatrixOrder, tmp_path: Path) -> None:
    (tmp_path / "i.gguf").write_bytes(b"an older one")
    with pytest.raises(Stopped):
        make_imatrix(order, tmp_path / "i.gguf", cancelled=lambda: True)
    assert (tmp_path / "i.gguf").read_bytes() == b"an older one"
    assert {path.name for path in tmp_path.iterdir()} == {"m.gguf", "my words.txt", "i.gguf"}
