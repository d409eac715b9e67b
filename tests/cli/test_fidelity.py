"""fidelity: what is shown, written and given as exit code, and one run with the real small model."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.fidelity import fidelity
from cli.fidelity_options import FidelityOptions
from cli.usage import WrongUsage
from engine.client import Stopped
from engine.contract import (
    Estimate,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    NoiseFloor,
    OtherTokenizer,
)
from engine.fidelity import ChunkDone, FidelityDone, FidelityEvent, FidelityPlan
from engine.quality.fidelity_kernel import TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics
from tests.cli.conftest import RunMain, describe_nothing

Capture = pytest.CaptureFixture[str]
ModelFiles = Callable[..., list[str]]
CHUNKS = 4
LIMIT_S = 10
DATA = Path(__file__).parents[1] / "data" / "fidelity"


def scores(chunk: int, n: int = 32) -> TokenScores:
    """Tokens of which three in four go on alike."""
    random = np.random.default_rng(chunk)
    nll = random.gamma(2.0, 1.0, n)
    return TokenScores(
        nll=nll + random.normal(0.1, 0.05, n),
        nll_base=nll,
        kld=random.gamma(2.0, 0.05, n),
        delta_p=random.normal(0.0, 0.05, n),
        same_top=np.arange(n) % 4 != 0,
    )


class Chunks:
    """A bench that scores four chunks a candidate; `presses`: Ctrl+C comes after so many."""

    def __init__(self, presses: int | None = None, other_tokenizer: bool = False) -> None:
        self._presses = presses
        self._other_tokenizer = other_tokenizer
        self._stopped = threading.Event()
        self.plan: FidelityPlan | None = None

    def run(self, plan: FidelityPlan) -> Iterator[FidelityEvent]:
        self.plan = plan
        statistics = [FidelityStatistics() for _ in plan.candidates]
        for chunk in range(CHUNKS):
            if chunk == self._presses:
                signal.raise_signal(signal.SIGINT)
                assert self._stopped.wait(LIMIT_S)
                break
            for candidate, found in zip(plan.candidates, statistics, strict=True):
                found.add(scores(chunk))
                yield ChunkDone(
                    candidate=candidate.name,
                    chunk=chunk + 1,
                    chunks=CHUNKS,
                    running=found.running(),
                )
        if not statistics[0].chunks:
            raise Stopped
        yield FidelityDone(document=self._document(plan, statistics))

    def stop(self) -> None:
        self._stopped.set()

    def _document(
        self, plan: FidelityPlan, statistics: list[FidelityStatistics]
    ) -> FidelityDocument:
        noise = NoiseFloor(n_batch=256, scored_tokens=32, mean_kld=1e-6, same_top_percent=100.0)
        candidates: list[Any] = [
            found.result(candidate.name, noise)
            for candidate, found in zip(plan.candidates, statistics, strict=True)
        ]
        one = Estimate(value=1.5, plus_minus=0.1, clustered_plus_minus=None)
        if self._other_tokenizer:
            candidates[0] = OtherTokenizer(
                name=plan.candidates[0].name,
                reason="Its tokens are others.",
                ppl=one,
                bits_per_byte=one,
                bits_per_byte_base=one,
            )
        return FidelityDocument(
            n_ctx=plan.n_ctx,
            chunks=statistics[0].chunks,
            scored_tokens=32 * statistics[0].chunks,
            text=FidelityText(name=plan.text_name, sha256="0" * 64, size_bytes=len(plan.text)),
            reference=FidelityReference(name=plan.reference.name, ppl=one),
            candidates=tuple(candidates),
            noise_floor=noise,
            stopped="stopped by the user" if self._stopped.is_set() else None,
        )


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("A text of many words.", encoding="utf-8")
    return path


def compare(files: list[str], bench: Chunks, text: Path, **options: Any) -> int:
    reference, *candidates = [Path(each) for each in files]
    return fidelity(
        reference,
        candidates,
        FidelityOptions(text=text, **options),
        make_bench=lambda: bench,
        describe_model=describe_nothing,
    )


def test_a_table_and_a_plain_sentence_for_each_candidate(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small", "tiny"), Chunks(), text) == 0
    shown = capsys.readouterr().out
    assert "text.txt: 128 tokens scored in 4 chunks of 512." in shown
    assert "75.0 ± 0.0" in shown
    for name in ("small", "tiny"):
        assert f"{name}: at 75.0 % of the tokens it would go on as big does" in shown
    assert "Rounding alone" in shown


def test_a_candidate_with_another_tokenizer_is_told_in_bits_a_byte(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(other_tokenizer=True), text) == 0
    assert "Its tokens are others. It needs 1.500 bits a byte" in capsys.readouterr().out


def test_json_has_the_keys_of_llama_perplexity_with_clustered_errors(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(), text, as_json=True) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["n_ctx"], found["chunks"], found["scored_tokens"]) == (512, 4, 128)
    (small,) = found["candidates"]
    oracle = json.loads((DATA / "fidelity.json").read_text(encoding="utf-8"))
    assert set(oracle["candidates"]["Q8_0"]) - {"file_sha256"} <= set(small)
    assert small["same_top_percent"]["value"] == 75
    assert "clustered_plus_minus" in small["mean_kld"]


def test_options_go_into_the_plan(model_files: ModelFiles, text: Path) -> None:
    bench = Chunks()
    options = {"ctx": 128, "chunks": 1, "until": 0.01, "no_noise_floor": True, "threads": 1}
    compare(model_files("big", "small"), bench, text, **options)
    plan = bench.plan
    assert plan is not None
    assert (plan.n_ctx, plan.max_chunks, plan.until, plan.noise_floor) == (128, 1, 0.01, False)
    assert {each.runtime.threads for each in (plan.reference, *plan.candidates)} == {1}


def test_ctrl_c_gives_what_was_scored_until_then(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(presses=2), text, as_json=True) == 130
    found = json.loads(capsys.readouterr().out)
    assert (found["chunks"], found["stopped"]) == (2, "stopped by the user")


def test_ctrl_c_before_the_first_chunk_says_so(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(presses=0), text) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "before anything was scored" in captured.err


@pytest.mark.parametrize(
    ("names", "text_name", "reason"),
    [
        (["big"], "text.txt", "at least one candidate"),
        (["big", "small"], "nowhere.txt", "nowhere.txt, given to --text"),
        (["big", "small"], "binary", "not UTF-8"),
    ],
)
def test_wrong_usage_is_a_sentence(
    names: list[str], text_name: str, reason: str, model_files: ModelFiles, text: Path
) -> None:
    (text.parent / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongUsage, match=reason):
        compare(model_files(*names), Chunks(), text.with_name(text_name))


def test_a_missing_model_is_wrong_usage(
    model_files: ModelFiles, text: Path, tmp_path: Path
) -> None:
    with pytest.raises(WrongUsage, match="nowhere"):
        compare([*model_files("big"), str(tmp_path / "nowhere.gguf")], Chunks(), text)


def test_two_real_models_are_compared(
    small_model: Path, quantized: dict[str, Path], run_main: RunMain
) -> None:
    ran = run_main(
        *("fidelity", str(small_model), str(quantized["Q2_K"]), "--text", str(DATA / "gpl-3.txt")),
        *("--chunks", "1", "-c", "128", "-t", "1", "--no-noise-floor", "--json"),
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["chunks"] == 1
    (candidate,) = found["candidates"]
    assert candidate["name"].endswith("Q2_K")
    assert 0 < candidate["mean_kld"]["value"] < 5
    assert 20 < candidate["same_top_percent"]["value"] < 100
