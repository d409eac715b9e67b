"""Importance matrices on the real worker, against what llama-imatrix makes of the same text."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import gguf
import numpy as np
import pytest

from engine.client import Stopped
from engine.contract import Runtime
from engine.errors import MissingFile, QuantizeError
from engine.imatrix import CollectionOrder, collect_importance
from engine.protocol import CollectImportance, Done, Load
from engine.worker.imatrix_sums import Sums, weight_name
from tests.engine.experts_model import write_experts_model
from tests.engine.rpc_server import rpc_servers
from tests.engine.running import free_threads, running_worker
from tests.llama_tools import run_tool

TEXT = "".join(f"{n} green bottles hanging on the wall, and {n * n} more.\n" for n in range(1, 140))
# llama-imatrix of llama.cpp 0c1e570 on two chunks of TEXT: the sum of all sums of a weight or of each of
# its experts, and the tokens that each expert saw. Other processors round otherwise, and a token that
# lies between two experts may then take the other one.
SMALL_MODEL = {
    "blk.0.attn_q": 1330.7,
    "blk.0.ffn_down": 45922.7,
    "blk.15.attn_output": 59020.6,
    "blk.29.ffn_up": 94853.9,
    "blk.29.ffn_down": 17488500.0,
}
EXPERTS = {
    "blk.0.ffn_down_exps": ([3.82886, 491.364, 397.617, 138.083], [9, 969, 777, 293]),
    "blk.0.ffn_up_exps": ([2292.87, 245609.0, 196917.0, 74262.1], [9, 969, 777, 293]),
    "blk.1.ffn_down_exps": ([15.3601, 488.911, 11.6996, 592.1], [31, 996, 24, 997]),
}


@pytest.fixture(scope="module")
def experts_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experts") / "experts.gguf"
    write_experts_model(path)
    return path


def order(
    model: Path, text: str = TEXT, chunks: int | None = 2, threads: int = 1
) -> CollectionOrder:
    return CollectionOrder(
        model=model, text=text, dataset="bottles.txt", max_chunks=chunks, threads=threads
    )


def totals(path: Path) -> dict[str, tuple[list[float], list[float]]]:
    """By weight: the sum of the sums of each expert, and the counts."""
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    return {
        name.removesuffix(".weight.in_sum2"): (
            np.atleast_2d(data).astype(np.float64).sum(axis=1).tolist(),
            tensors[name.removesuffix("in_sum2") + "counts"].ravel().tolist(),
        )
        for name, data in tensors.items()
        if name.endswith(".in_sum2")
    }


def test_the_sums_of_the_small_model_are_llama_imatrix_s(small_model: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    target = tmp_path / "m.imatrix.gguf"
    wanted = order(small_model, threads=free_threads())
    collect_importance(wanted, target, on_progress=seen.append)
    found = totals(target)
    assert len(found) == 210
    for name, total in SMALL_MODEL.items():
        assert found[name][0] == pytest.approx([total], rel=0.01)
        assert found[name][1] == [1024]
    assert seen == sorted(seen)
    assert len(seen) > 50
    assert 0.9 < seen[-1] <= 1
    assert [path.name for path in tmp_path.iterdir()] == ["m.imatrix.gguf"]


def test_each_expert_has_sums_of_its_own(experts_model: Path, tmp_path: Path) -> None:
    collect_importance(order(experts_model), tmp_path / "e.gguf")
    found = totals(tmp_path / "e.gguf")
    for name, (sums, counts) in EXPERTS.items():
        assert found[name][0] == pytest.approx(sums, rel=0.02, abs=2)
        assert found[name][1] == pytest.approx(counts, abs=4)


def test_the_file_says_what_it_was_made_of(experts_model: Path, tmp_path: Path) -> None:
    collect_importance(order(experts_model, chunks=5), tmp_path / "e.gguf")
    fields = gguf.GGUFReader(tmp_path / "e.gguf").fields
    assert fields["general.type"].contents() == "imatrix"
    assert fields["imatrix.datasets"].contents() == ["bottles.txt"]
    assert fields["imatrix.chunk_count"].contents() == 5
    assert fields["imatrix.chunk_size"].contents() == 512


@pytest.mark.parametrize("chunks", [2, 7])
def test_the_file_is_llama_imatrix_s_to_the_last_byte(
    experts_model: Path, tmp_path: Path, chunks: int
) -> None:
    (tmp_path / "bottles.txt").write_text(TEXT, newline="")
    options = ("-f", "bottles.txt", "-o", "theirs.gguf", "--chunks", str(chunks))
    run_tool("llama-imatrix", "-m", experts_model, *options, folder=tmp_path)
    collect_importance(order(experts_model, chunks=chunks), tmp_path / "ours.gguf")
    assert (tmp_path / "ours.gguf").read_bytes() == (tmp_path / "theirs.gguf").read_bytes()


def test_what_a_device_holds_is_copied_from_it(experts_model: Path, tmp_path: Path) -> None:
    """An RPC server's memory is no host's, like a GPU's; it computes on the same processor."""
    collect_importance(order(experts_model, chunks=5), tmp_path / "here.gguf")
    with rpc_servers(1) as ((endpoint, _),), running_worker() as running:
        request = CollectImportance(
            id=running.client.next_id(),
            model=Load(
                id=0,
                path=str(experts_model),
                runtime=Runtime(threads=1, rpc_servers=(endpoint,)),
                n_gpu_layers=-1,
            ),
            text=TEXT,
            dataset="bottles.txt",
            target=str(tmp_path / "there.gguf"),
            max_chunks=5,
        )
        *_, last = running.client.ask(request)
        assert isinstance(last, Done)
    here, there = totals(tmp_path / "here.gguf"), totals(tmp_path / "there.gguf")
    assert here.keys() == there.keys()
    for name, (sums, counts) in here.items():
        assert there[name][0] == pytest.approx(sums, rel=1e-3)
        assert there[name][1] == counts


def test_a_short_text_is_refused(experts_model: Path, tmp_path: Path) -> None:
    with pytest.raises(QuantizeError, match=r"bottles\.txt has 6 tokens .* 1,024 or more"):
        collect_importance(order(experts_model, text="Hello"), tmp_path / "e.gguf")
    assert not list(tmp_path.iterdir())


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        collect_importance(order(tmp_path / "nowhere.gguf"), tmp_path / "e.gguf")


def test_calling_it_off_leaves_nothing_and_takes_a_moment(
    small_model: Path, tmp_path: Path
) -> None:
    """Between two reports of progress, too: the moment is not theirs to choose."""
    begun, called_off = threading.Event(), threading.Event()
    moments: list[float] = []

    def start_over(fraction: float) -> None:
        if fraction > 0.06 and not begun.is_set():
            begun.set()
            moments.append(time.perf_counter())

    def cancelled() -> bool:
        if begun.is_set():
            called_off.set()
        return called_off.is_set()

    with pytest.raises(Stopped):
        collect_importance(
            order(small_model, chunks=None),
            tmp_path / "e.gguf",
            on_progress=start_over,
            cancelled=cancelled,
        )
    assert time.perf_counter() - moments[0] < 3
    assert not list(tmp_path.iterdir())


def test_squares_are_added_one_after_the_other_in_single_precision() -> None:
    """In another order, or in double precision, the file would not be llama-imatrix's."""
    inputs = np.random.default_rng(1).standard_normal((300, 40), np.float32) * 30
    sums = Sums(2, 40, 1)
    sums.add(1, inputs[:100])
    sums.add(1, inputs[100:])
    expected = np.zeros(40, np.float32)
    for row in inputs:
        expected += row * row
    assert (sums.squares[1] == expected).all()
    assert (sums.squares[0] == 0).all()
    assert (sums.squares[1] != (inputs.astype(np.float64) ** 2).sum(axis=0)).any()


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"blk.0.attn_k.weight", "blk.0.attn_k.weight"),
        (b"CUDA0#blk.0.attn_k.weight#0", "blk.0.attn_k.weight"),
        (b"CUDA0#blk.0.attn_k.weight", "blk.0.attn_k.weight"),
    ],
)
def test_a_weight_is_known_by_its_own_name(raw: bytes, name: str) -> None:
    assert weight_name(raw) == name
