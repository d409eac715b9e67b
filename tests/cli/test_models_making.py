"""models imatrix and models quantize."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.failures import guarded
from cli.models_imatrix import make_model_imatrix
from cli.models_making_options import ImatrixOptions, QuantizeOptions
from cli.models_quantize import quantize_model
from cli.usage import WrongUsage
from engine.errors import QuantizeError
from models.gguf import read_model
from models.imatrix_making import make_imatrix
from storage.folders import models_folder
from tests.engine.experts_model import write_experts_model

Capture = pytest.CaptureFixture[str]
TEXT = "Ninety-nine green bottles, hanging on the wall. " * 37


@pytest.fixture
def here(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and a text, from which the commands are called."""
    monkeypatch.chdir(tmp_path)
    write_experts_model(Path("m.gguf"))
    Path("words.txt").write_text(TEXT)
    return tmp_path


def made_imatrix(capsys: Capture, **options: Any) -> dict[str, Any]:
    given = ImatrixOptions(text=Path("words.txt"), threads=1, as_json=True, **options)
    assert make_model_imatrix(Path("m.gguf"), given) == 0
    made = json.loads(capsys.readouterr().out)
    assert isinstance(made, dict)
    return made


def test_an_imatrix_goes_to_the_models_folder(here: Path, capsys: Capture) -> None:
    made = made_imatrix(capsys)
    assert Path(made["path"]) == models_folder() / "m.words.imatrix.gguf"
    assert Path(made["path"]).is_file()
    assert (made["chunks"], made["weights"], made["text"]) == (4, 16, "words.txt")


def test_an_imatrix_of_some_chunks_goes_where_it_should(here: Path, capsys: Capture) -> None:
    made = made_imatrix(capsys, chunks=2, out=Path("new/i.gguf"))
    assert Path(made["path"]) == here / "new" / "i.gguf"
    assert made["chunks"] == 2


def test_what_was_made_is_told_in_words(here: Path, capsys: Capture) -> None:
    options = ImatrixOptions(text=Path("words.txt"), threads=1, out=Path("i.gguf"))
    assert make_model_imatrix(Path("m.gguf"), options) == 0
    shown = capsys.readouterr()
    assert shown.out.endswith("i.gguf (4 chunks, 16 weights)\n")
    assert "Reading words.txt with m.gguf …" in shown.err


def test_ctrl_c_leaves_no_half_imatrix(
    here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any, cancelled: Callable[[], bool], **more: Any) -> Any:
        """Ctrl+C, seen before the work begins."""
        signal.raise_signal(signal.SIGINT)
        limit = time.monotonic() + 10
        while not cancelled():
            assert time.monotonic() < limit
        return make_imatrix(*arguments, cancelled=cancelled, **more)

    monkeypatch.setattr("cli.models_imatrix.make_imatrix", interrupted)
    options = ImatrixOptions(text=Path("words.txt"), threads=1, out=Path("new/i.gguf"))
    assert make_model_imatrix(Path("m.gguf"), options) == 130
    assert not list((here / "new").iterdir())
    assert "Nothing half was left behind." in capsys.readouterr().err


@pytest.mark.parametrize(("model", "text"), [("no.gguf", "words.txt"), ("m.gguf", "no.txt")])
def test_a_missing_file_is_wrong_usage(here: Path, model: str, text: str) -> None:
    with pytest.raises(WrongUsage, match=r"There is no .*no\."):
        make_model_imatrix(Path(model), ImatrixOptions(text=Path(text)))


def test_quantize_makes_each_type_and_says_where(
    small_model: Path, home: Path, tmp_path: Path, capsys: Capture
) -> None:
    options = QuantizeOptions(to=tmp_path / "made", as_json=True)
    assert quantize_model(small_model, ["Q4_0"], options) == 0
    shown = capsys.readouterr()
    (made,) = json.loads(shown.out)
    assert made["quantization"] == "Q4_0"
    assert Path(made["path"]).parent == tmp_path / "made"
    assert Path(made["path"]).stat().st_size == made["size_bytes"]
    assert "is itself quantized" in shown.err


def test_quantize_takes_an_imatrix_and_records_it_as_typed(here: Path, capsys: Capture) -> None:
    made_imatrix(capsys, out=Path("sub/i.gguf"))
    options = QuantizeOptions(to=here / "made", imatrix=Path("sub/i.gguf"), as_json=True)
    assert quantize_model(Path("m.gguf"), ["IQ2_XXS"], options) == 0
    shown = capsys.readouterr()
    (made,) = json.loads(shown.out)
    assert Path(made["path"]) == here / "made" / "m.i1-IQ2_XXS.gguf"
    assert read_model(Path(made["path"])).metadata["quantize.imatrix.file"] == "sub/i.gguf"
    assert "itself quantized" not in shown.err


def test_without_an_imatrix_the_smallest_types_are_refused(here: Path) -> None:
    with pytest.raises(QuantizeError, match="IQ2_XXS needs an importance matrix"):
        quantize_model(Path("m.gguf"), ["IQ2_XXS"], QuantizeOptions(to=here / "made"))
    assert not (here / "made").exists()


def test_a_dry_run_tells_sizes_and_makes_nothing(here: Path, capsys: Capture) -> None:
    options = QuantizeOptions(to=here / "made", dry_run=True)
    assert quantize_model(Path("m.gguf"), ["Q8_0", "IQ2_M"], options) == 0
    eight, two = capsys.readouterr().out.splitlines()
    assert eight.endswith("m.Q8_0.gguf (2 MB)")
    assert "m.IQ2_M.gguf" in two
    assert two.endswith("needs an importance matrix)")
    as_json = QuantizeOptions(to=here / "made", dry_run=True, as_json=True)
    quantize_model(Path("m.gguf"), ["Q8_0"], as_json)
    (foretold,) = json.loads(capsys.readouterr().out)
    assert not (here / "made").exists()
    quantize_model(Path("m.gguf"), ["Q8_0"], QuantizeOptions(to=here / "made"))
    size = (here / "made" / "m.Q8_0.gguf").stat().st_size
    assert foretold["size_bytes"] == pytest.approx(size, abs=256)


def test_a_file_that_is_no_imatrix_is_refused(here: Path, capsys: Capture) -> None:
    options = QuantizeOptions(to=here / "made", imatrix=Path("words.txt"))
    assert guarded(lambda: quantize_model(Path("m.gguf"), ["Q8_0"], options)) == 1
    assert "words.txt is no importance matrix" in capsys.readouterr().err


@pytest.mark.parametrize(("file", "type_"), [("nowhere.gguf", "Q8_0"), (".", "Q8_0")])
def test_a_missing_model_is_wrong_usage(file: str, type_: str, home: Path) -> None:
    with pytest.raises(WrongUsage):
        quantize_model(Path(file), [type_], QuantizeOptions())


def test_an_unknown_type_is_wrong_usage(small_model: Path, home: Path) -> None:
    with pytest.raises(WrongUsage, match="Q9"):
        quantize_model(small_model, ["Q9"], QuantizeOptions())
