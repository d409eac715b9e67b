"""Quantizations: their names, their foretold size, and making them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import engine.quantize
from engine.client import Stopped
from engine.errors import MissingFile, QuantizeError, UnsupportedModel
from engine.worker.imatrix_file import write_imatrix
from engine.worker.imatrix_sums import Sums
from models import demo, ggml
from models.fingerprint import Fingerprints
from models.gguf import read_model
from models.imatrix import read_imatrix
from models.imatrix_making import ImatrixOrder, imatrix_path, make_imatrix
from models.origins import MadeHere, MatrixUsed, Origins
from models.quantization import (
    QUANTIZATIONS,
    foretold_bytes,
    is_quantized,
    quantization_named,
)
from models.quantize import Quantizer, target_path
from tests.engine.experts_model import write_experts_model
from tests.llama_tools import run_tool
from tests.models import ggufs
from tests.models.architectures import write_metadata
from tests.models.conftest import Write


@pytest.fixture
def quantizer(tmp_path: Path) -> Quantizer:
    return Quantizer(Fingerprints(tmp_path / "fingerprints"), Origins(tmp_path / "origins"))


def test_every_quantization_has_the_number_that_files_carry() -> None:
    for each in QUANTIZATIONS:
        assert ggml.FILE_TYPES[each.file_type] == each.name
        assert each.base in ggml.TYPES_BY_NAME


def test_an_unknown_quantization_is_answered_with_the_known_ones() -> None:
    with pytest.raises(QuantizeError, match=r"'Q9_K'.*Q4_K_M"):
        quantization_named("Q9_K")


def test_names_are_known_in_any_case() -> None:
    assert quantization_named("q4_k_m").file_type == 15


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Model.Q4_1.gguf", "Model.Q2_K.gguf"),
        ("Model-F16.gguf", "Model.Q2_K.gguf"),
        ("Model-1.5B.gguf", "Model-1.5B.Q2_K.gguf"),
        ("model.gguf", "model.Q2_K.gguf"),
        ("Q4_0.gguf", "Q4_0.Q2_K.gguf"),
        ("Model.i1-Q4_K_M.gguf", "Model.Q2_K.gguf"),
    ],
)
def test_the_new_name_has_its_own_quantization_only(
    tmp_path: Path, source: str, target: str
) -> None:
    path = target_path(Path(source), tmp_path, quantization_named("Q2_K"))
    assert path == tmp_path / target


def test_the_size_is_foretold(small_model: Path, quantized: dict[str, Path]) -> None:
    model = read_model(small_model)
    for name, path in quantized.items():
        foretold = foretold_bytes(model, quantization_named(name))
        assert foretold == pytest.approx(path.stat().st_size, rel=0.01)


def test_the_name_tells_that_an_importance_matrix_was_used(tmp_path: Path) -> None:
    path = target_path(
        Path("Model-F16.gguf"), tmp_path, quantization_named("IQ2_M"), with_imatrix=True
    )
    assert path == tmp_path / "Model.i1-IQ2_M.gguf"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> list[Path]:
    """The small model, and unquantized ones whose rows divide into every block, made by llama.cpp."""
    folder = tmp_path_factory.mktemp("float")
    jobs: list[dict[str, Any]] = []
    for name in ("llama", "gemma3", "phi3", "qwen3moe", "gpt-oss", "deepseek2"):
        metadata = folder / f"{name}.metadata"
        write_metadata(name, metadata)
        jobs.append(
            {"path": str(folder / f"{name}.gguf"), "metadata": str(metadata), "settings": []}
        )
    command = [sys.executable, "-m", "tests.models.llama_sizes", json.dumps(jobs)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return [small_model, *(Path(job["path"]) for job in jobs if Path(job["path"]).exists())]


@pytest.mark.parametrize("with_imatrix", [False, True])
def test_every_size_is_what_llama_cpp_s_dry_run_says(
    models: list[Path], with_imatrix: bool
) -> None:
    job = {
        "paths": [str(path) for path in models],
        "types": [each.file_type for each in QUANTIZATIONS],
        "with_imatrix": with_imatrix,
    }
    command = [sys.executable, "-m", "tests.models.dry_runs", json.dumps(job)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=100)
    for path, sizes in zip(models, json.loads(done.stdout), strict=True):
        model = read_model(path)
        header = model.size_bytes - sum(tensor.size_bytes for tensor in model.tensors)
        for each, mib in zip(QUANTIZATIONS, sizes, strict=True):
            foretold = foretold_bytes(model, each, with_imatrix=with_imatrix) - header
            # It is logged with two decimals.
            assert foretold / 1024**2 == pytest.approx(mib, abs=0.0051), (path.name, each.name)


def test_a_file_is_as_large_as_foretold(small_model: Path, tmp_path: Path) -> None:
    quantization = quantization_named("Q5_0")
    engine.quantize.quantize(small_model, tmp_path / "made.gguf", quantization.file_type)
    made = (tmp_path / "made.gguf").stat().st_size
    assert foretold_bytes(read_model(small_model), quantization) == pytest.approx(made, abs=256)


def test_every_size_can_be_foretold_and_smaller_types_are_smaller(small_model: Path) -> None:
    model = read_model(small_model)
    sizes = {each.name: foretold_bytes(model, each) for each in QUANTIZATIONS}
    for smaller, larger in [("Q2_K", "Q4_K_M"), ("Q4_K_M", "Q8_0"), ("Q8_0", "F16")]:
        assert sizes[smaller] < sizes[larger]


def test_the_demo_makes_what_llama_quantize_makes(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    models = demo.demo_quantizations(
        tmp_path, on_progress=lambda name, fraction: seen.append((name, fraction))
    )
    assert [model.quantization for model in models] == ["Q2_K", "Q4_K_M", "Q8_0"]
    for model in models:
        digest = hashlib.sha256(Path(model.path).read_bytes()).hexdigest()
        assert digest == model.sha256 == demo.DEMO_QUANTIZATIONS[str(model.quantization)]
    assert {name for name, _ in seen} == {"Q2_K", "Q4_K_M", "Q8_0"}
    assert max(fraction for _, fraction in seen) == 1.0

    seen.clear()
    assert demo.demo_quantizations(tmp_path) == models
    assert seen == []

    Path(models[0].path).write_bytes(b"GGUF half a file")
    assert demo.demo_quantizations(tmp_path, ["Q2_K"]) == models[:1]


def test_how_a_file_was_made_is_remembered(
    quantizer: Quantizer, small_model: Path, tmp_path: Path
) -> None:
    made = quantizer.make(small_model, tmp_path, ["Q2_K"])
    sha256 = Fingerprints(tmp_path / "fingerprints").of(Path(made[0].path))
    origin = Origins(tmp_path / "origins").of(sha256)
    assert isinstance(origin, MadeHere)
    assert origin.source == small_model.name
    assert origin.source_sha256 == demo.DEMO_SHA256
    assert origin.quantization == "Q2_K"
    assert origin.requantized
    assert re.fullmatch(r"llama-cpp-python \d.*", origin.llama_cpp)


def test_a_cancelled_ladder_leaves_nothing_half(
    quantizer: Quantizer, small_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    seen: list[float] = []
    with pytest.raises(Stopped):
        quantizer.make(
            small_model,
            folder,
            ["Q8_0", "Q2_K"],
            on_progress=lambda name, fraction: seen.append(fraction),
            cancelled=lambda: bool(seen) and seen[-1] > 0.3,
        )
    assert seen[-1] < 1.0
    assert list(folder.iterdir()) == []


def test_an_importance_matrix_allows_the_smallest_types_and_is_remembered(
    quantizer: Quantizer, tmp_path: Path
) -> None:
    source, text = tmp_path / "m.F32.gguf", tmp_path / "bottles.txt"
    write_experts_model(source)
    text.write_text("Ninety-nine green bottles, hanging on the wall. " * 60)
    order = ImatrixOrder(model=source, text=text, dataset="bottles.txt", max_chunks=2, threads=1)
    matrix = make_imatrix(order, imatrix_path(source, text, tmp_path))
    made = quantizer.make(source, tmp_path / "made", ["IQ2_XXS", "Q4_0"], importance=matrix)
    assert [model.file for model in made] == ["m.i1-IQ2_XXS.gguf", "m.i1-Q4_0.gguf"]
    for model in made:
        header = read_model(Path(model.path))
        assert header.metadata["quantize.imatrix.file"] == "m.F32.bottles.imatrix.gguf"
        assert header.metadata["quantize.imatrix.dataset"] == "bottles.txt"
        assert header.metadata["quantize.imatrix.entries_count"] == len(matrix.entries) == 16
        assert header.metadata["quantize.imatrix.chunks_count"] == 2
        quantization = quantization_named(str(model.quantization))
        foretold = foretold_bytes(read_model(source), quantization, with_imatrix=True)
        assert foretold == pytest.approx(model.size_bytes, abs=512)
    sha256 = hashlib.sha256(Path(made[0].path).read_bytes()).hexdigest()
    origin = Origins(tmp_path / "origins").of(sha256)
    assert isinstance(origin, MadeHere)
    assert origin.imatrix == MatrixUsed(
        file="m.F32.bottles.imatrix.gguf",
        sha256=hashlib.sha256(Path(matrix.path).read_bytes()).hexdigest(),
        text="bottles.txt",
    )


@pytest.mark.parametrize("form", ["gguf", "dat"])
def test_with_a_matrix_too_the_file_is_llama_quantize_s(tmp_path: Path, form: str) -> None:
    """To the last byte, if the matrix is called alike."""
    write_experts_model(tmp_path / "m.gguf")
    (tmp_path / "bottles.txt").write_text("Ninety-nine green bottles, hanging on the wall. " * 60)
    name = f"i.{form}"
    run_tool(
        *("llama-imatrix", "-m", "m.gguf", "-f", "bottles.txt", "-o", name),
        *("--output-format", form),
        folder=tmp_path,
    )
    matrix = read_imatrix(tmp_path / name)
    for quantization in map(quantization_named, ["IQ2_M", "IQ3_XXS", "Q4_K_M", "Q4_0"]):
        arguments = ("--imatrix", name, "m.gguf", "theirs.gguf", quantization.name, "2")
        run_tool("llama-quantize", *arguments, folder=tmp_path)
        ours = tmp_path / "ours.gguf"
        engine.quantize.quantize(
            tmp_path / "m.gguf", ours, quantization.file_type, importance=matrix
        )
        assert ours.read_bytes() == (tmp_path / "theirs.gguf").read_bytes()


def test_the_matrix_of_another_model_is_refused(
    quantizer: Quantizer, small_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "i.gguf"
    write_imatrix(path, {"blk.0.attn_q.weight": Sums(1, 64, 1)}, dataset="", chunks=1, n_ctx=512)
    with pytest.raises(QuantizeError, match="made of another model"):
        quantizer.make(small_model, tmp_path / "made", ["Q2_K"], importance=read_imatrix(path))
    assert not (tmp_path / "made").exists()


def test_a_matrix_that_lacks_a_weight_is_refused_for_the_smallest_types(
    quantizer: Quantizer, small_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "i.gguf"
    write_imatrix(path, {"blk.0.attn_q.weight": Sums(1, 576, 1)}, dataset="", chunks=1, n_ctx=512)
    matrix = read_imatrix(path)
    with pytest.raises(QuantizeError, match="Missing importance matrix for tensor"):
        quantizer.make(small_model, tmp_path / "made", ["IQ2_XXS"], importance=matrix)
    assert not list((tmp_path / "made").iterdir())


def test_infinite_numbers_are_refused(small_model: Path, tmp_path: Path) -> None:
    sums = Sums(1, 576, 1)
    sums.squares[0, 3], sums.counts[0] = float("inf"), 1
    write_imatrix(
        tmp_path / "i.gguf", {"blk.0.attn_q.weight": sums}, dataset="", chunks=1, n_ctx=512
    )
    matrix = read_imatrix(tmp_path / "i.gguf")
    with pytest.raises(QuantizeError, match=r"infinite numbers for blk\.0\.attn_q\.weight"):
        engine.quantize.quantize(small_model, tmp_path / "m.gguf", 2, importance=matrix)


@pytest.mark.parametrize("name", ["IQ2_XXS", "IQ1_S", "Q2_K_S"])
def test_a_type_that_needs_an_importance_matrix_is_refused(
    quantizer: Quantizer, small_model: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(QuantizeError, match="importance matrix"):
        quantizer.make(small_model, tmp_path, ["Q2_K", name])
    assert not list(tmp_path.glob("*.gguf"))


def test_a_file_never_replaces_itself(
    quantizer: Quantizer, small_model: Path, tmp_path: Path
) -> None:
    source = tmp_path / "m.Q4_1.gguf"
    source.symlink_to(small_model)
    with pytest.raises(QuantizeError, match="replace itself"):
        quantizer.make(source, tmp_path, ["Q4_1"])


def test_a_full_disk_is_said_before_anything_is_made(
    quantizer: Quantizer, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1_000_000

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Full)
    with pytest.raises(QuantizeError, match=r"need 0\.1 GB.*0\.0 GB are free"):
        quantizer.make(small_model, tmp_path / "new", ["Q2_K"])


def test_what_is_no_model_is_not_quantized(quantizer: Quantizer, write: Write) -> None:
    path = write("v.gguf", ggufs.gguf([ggufs.string("general.architecture", "llama")]))
    with pytest.raises(UnsupportedModel, match="no weights"):
        quantizer.make(path, path.parent, ["Q2_K"])
    with pytest.raises(MissingFile):
        quantizer.make(path.with_name("nowhere.gguf"), path.parent, ["Q2_K"])


def test_a_model_of_floats_is_not_yet_quantized(write: Write, small_model: Path) -> None:
    assert not is_quantized(read_model(write("m.gguf", ggufs.small_model())))
    assert is_quantized(read_model(small_model))


def test_origins_survive_a_round_trip_and_damage(tmp_path: Path) -> None:
    origins = Origins(tmp_path / "origins")
    origin = MadeHere(
        source="a.gguf", source_sha256="00", quantization="Q2_K", llama_cpp="1", requantized=False
    )
    origins.remember("11", origin)
    assert origins.of("11") == origin
    assert origins.of("22") is None
    (tmp_path / "origins" / "11.json").write_bytes(msgspec.json.encode({"kind": "unknown"}))
    assert origins.of("11") is None
