"""Fidelity on one's own prompts, with the real small model and figures computed without any code of ours."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from engine.client import Stopped
from engine.contract import (
    Case,
    Contender,
    Fidelity,
    FidelityDocument,
    Message,
    ModelFile,
    OtherTokenizer,
    Runtime,
)
from engine.errors import NotEnoughMemory, RequestError
from engine.fidelity import (
    ChunkDone,
    FidelityBench,
    FidelityDone,
    FidelityEvent,
    GivenReply,
    RepliesPlan,
    ReplyGiven,
)
from tests.engine.fakes import SmallFit

PROBE = Path(__file__).parent / "worker" / "reply_probe.py"
SYSTEM = "Be brief."
TEMPLATE = (
    f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{{prompt}}<|im_end|>\n"
    "<|im_start|>assistant\n"
)
ASKED = {
    "colours": (
        "Name three colours.",
        'Red (or "ruby"), green and blue are colours, and 🦙 is none.',
    ),
    "capital": ("What is the capital of France?", "The capital of France is Paris."),
    "sky": (
        "Why is the sky blue?",
        "Air scatters short waves of light more than long ones, so blue reaches us from all sides. "
        * 6,
    ),
}


def case(name: str) -> Case:
    asked = Message(role="user", content=ASKED[name][0])
    return Case(id=name, messages=(Message(role="system", content=SYSTEM), asked))


def model(path: Path, name: str, **runtime: Any) -> Contender:
    file = ModelFile(path=str(path), file=path.name, size_bytes=1)
    return Contender(name=name, model=file, runtime=Runtime(**{"threads": 1, **runtime}))


def plan(reference: Path, candidate: Path, **settings: Any) -> RepliesPlan:
    """Over given replies, without a noise floor."""
    made = RepliesPlan(
        reference=model(reference, "reference"),
        candidates=(model(candidate, "candidate"),),
        cases=tuple(case(name) for name in ASKED),
        name="prompts.txt",
        replies={name: GivenReply(text=reply) for name, (_, reply) in ASKED.items()},
        noise_floor=False,
    )
    return replace(made, **settings)


def run(asked: RepliesPlan, bench: FidelityBench | None = None) -> FidelityDocument:
    events = list((bench or FidelityBench(fit=SmallFit())).run(asked))
    assert isinstance(events[-1], FidelityDone)
    return events[-1].document


def compared(document: FidelityDocument) -> Fidelity:
    (entry,) = document.candidates
    assert isinstance(entry, Fidelity)
    return entry


@pytest.fixture(scope="module")
def document(small_model: Path, quantized: dict[str, Path]) -> FidelityDocument:
    return run(plan(small_model, quantized["Q8_0"]))


@pytest.fixture(scope="module")
def probed(small_model: Path, quantized: dict[str, Path]) -> list[dict[str, Any]]:
    """The same replies by bare llama.cpp and numpy; the prompt is what the model's template makes of it."""
    conversations = [(TEMPLATE.format(prompt=prompt), reply) for prompt, reply in ASKED.values()]
    models = [str(small_model), str(quantized["Q8_0"])]
    ran = subprocess.run(
        [sys.executable, str(PROBE)],
        input=json.dumps({"models": models, "conversations": conversations}),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def joined(probed: list[dict[str, Any]], figure: str) -> np.ndarray:
    return np.concatenate([each[figure] for each in probed]).astype(np.float64)


def test_only_the_replies_tokens_are_scored(
    document: FidelityDocument, probed: list[dict[str, Any]]
) -> None:
    assert document.scored == "replies"
    assert [each.tokens for each in document.replies] == [len(each["tokens"]) for each in probed]
    assert document.scored_tokens == sum(len(each["tokens"]) for each in probed)
    assert document.chunks == len(ASKED)
    assert [(each.prompt, each.reply) for each in document.replies] == list(ASKED.values())


def test_every_figure_is_that_of_an_independent_computation(
    document: FidelityDocument, probed: list[dict[str, Any]]
) -> None:
    entry = compared(document)
    kld, nll, base = joined(probed, "kld"), joined(probed, "nll"), joined(probed, "nll_base")
    delta = 100 * joined(probed, "delta_p")
    wanted = {
        "mean_kld": kld.mean(),
        "same_top_percent": 100 * joined(probed, "same_top").mean(),
        "mean_delta_p_percent": delta.mean(),
        "rms_delta_p_percent": math.sqrt((delta**2).mean()),
        "ppl": math.exp(nll.mean()),
        "ppl_base": math.exp(base.mean()),
        "ppl_ratio": math.exp((nll - base).mean()),
    }
    for name, value in wanted.items():
        assert getattr(entry, name).value == pytest.approx(value, rel=1e-3, abs=1e-5), name
    assert entry.max_kld == pytest.approx(kld.max(), rel=1e-3)
    assert document.reference.ppl.value == pytest.approx(math.exp(base.mean()), rel=1e-5)


def test_each_reply_is_a_cluster_of_its_own_size(
    document: FidelityDocument, probed: list[dict[str, Any]]
) -> None:
    kld = joined(probed, "kld")
    residuals = [np.sum(np.array(each["kld"]) - kld.mean()) for each in probed]
    clusters = len(probed)
    wanted = math.sqrt(np.square(residuals).sum() * clusters / (clusters - 1)) / len(kld)
    assert compared(document).mean_kld.clustered_plus_minus == pytest.approx(wanted, rel=1e-3)


def test_each_reply_tells_its_worst_token(
    document: FidelityDocument, probed: list[dict[str, Any]]
) -> None:
    for found, wanted in zip(compared(document).replies, probed, strict=True):
        place = int(np.argmax(wanted["kld"]))
        assert found.worst.token == place
        assert found.worst.kld == pytest.approx(wanted["kld"][place], rel=1e-3)
        assert found.worst.probability == pytest.approx(math.exp(-wanted["nll_base"][place]), 1e-3)
        assert found.mean_kld == pytest.approx(np.mean(wanted["kld"]), rel=1e-3)


def test_the_reference_answers_what_has_no_reply_yet(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    asked = plan(
        small_model,
        quantized["Q2_K"],
        replies={"capital": GivenReply(text="The capital of France is Paris.")},
        max_tokens=8,
    )
    events = list(FidelityBench(fit=SmallFit()).run(asked))
    given = [event for event in events if isinstance(event, ReplyGiven)]
    assert [(event.done, event.cases) for event in given] == [(2, 3), (3, 3)]
    done = events[-1]
    assert isinstance(done, FidelityDone)
    replies = {each.case: each for each in done.document.replies}
    assert set(replies) == set(ASKED)
    assert replies["capital"].reply == "The capital of France is Paris."
    # Greedy replies are what the reference finds likeliest, token by token.
    assert replies["sky"].tokens <= 9
    assert compared(done.document).ppl_base.value < 4


def test_replies_that_cannot_be_scored_are_left_out_with_the_reason(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    asked = replace(
        plan(small_model, quantized["Q8_0"]),
        candidates=(model(quantized["Q8_0"], "candidate", n_ctx=256),),
        replies={
            "colours": GivenReply(text=""),
            "capital": GivenReply(text="Paris."),
            "sky": GivenReply(text=2 * ASKED["sky"][1]),
        },
    )
    found = run(asked)
    assert [each.case for each in found.replies] == ["capital"]
    assert found.chunks == 1
    reasons = {each.case: each.reason for each in found.left_out}
    assert set(reasons) == {"colours", "sky"}
    assert "no tokens" in reasons["colours"]
    assert "the context holds 256" in reasons["sky"]


def test_nothing_that_could_be_scored_is_an_error_with_the_reason(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    empty = {name: GivenReply(text="") for name in ASKED}
    with pytest.raises(RequestError, match="no tokens"):
        run(plan(small_model, quantized["Q8_0"], replies=empty))


def test_a_model_against_itself_is_within_the_noise(quantized: dict[str, Path]) -> None:
    short = (case("colours"), case("capital"))
    found = run(plan(quantized["Q8_0"], quantized["Q8_0"], noise_floor=True, cases=short))
    assert found.noise_floor is not None
    assert found.noise_floor.scored_tokens == found.scored_tokens
    entry = compared(found)
    assert entry.within_noise is True
    assert entry.same_top_percent.value == 100


def many(small_model: Path, candidate: Path, **settings: Any) -> RepliesPlan:
    cases = tuple(replace(case("capital"), id=f"{number}") for number in range(12))
    given = {each.id: GivenReply(text=f"Paris, and {each.id} more.") for each in cases}
    return plan(small_model, candidate, cases=cases, replies=given, **settings)


def test_a_run_ends_early_once_the_interval_is_narrow_enough(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    found = run(many(small_model, quantized["Q8_0"], until=0.05))
    assert 3 <= found.chunks < 12
    assert len(found.replies) == len(compared(found).replies) == found.chunks
    assert found.stopped == "every mean KLD is known to ± 0.05"


def stopped_at(asked: RepliesPlan, when: Callable[[FidelityEvent], bool]) -> FidelityDocument:
    bench = FidelityBench(fit=SmallFit())
    last = None
    for event in bench.run(asked):
        if when(event):
            bench.stop()
        last = event
    assert isinstance(last, FidelityDone)
    return last.document


def test_a_stop_gives_the_replies_scored_until_then(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    asked = many(small_model, quantized["Q8_0"])
    found = stopped_at(asked, lambda event: isinstance(event, ChunkDone) and event.chunk == 2)
    assert 2 <= found.chunks < 12
    assert found.stopped == "stopped by the user"


def test_a_stop_while_the_reference_answers_gives_nothing(small_model: Path) -> None:
    asked = plan(small_model, small_model, replies={}, max_tokens=64)
    with pytest.raises(Stopped):
        stopped_at(asked, lambda event: isinstance(event, ReplyGiven))


def test_other_tokens_are_compared_in_bits_per_byte(
    small_model: Path, other_tokenizer: Path, probed: list[dict[str, Any]]
) -> None:
    found = run(plan(small_model, other_tokenizer))
    (entry,) = found.candidates
    assert isinstance(entry, OtherTokenizer)
    n_bytes = sum(len(reply.encode()) for _, reply in ASKED.values())
    wanted = joined(probed, "nll_base").sum() / math.log(2) / n_bytes
    assert entry.bits_per_byte_base.value == pytest.approx(wanted, rel=1e-4)
    # Brackets and quotes are cut otherwise, all else is read by the same weights.
    assert entry.bits_per_byte.value == pytest.approx(wanted, rel=0.2)
    assert entry.bits_per_byte.value != pytest.approx(wanted, rel=1e-6)


def test_models_that_do_not_fit_together_are_refused_before_anything_is_asked(
    small_model: Path,
) -> None:
    bench = FidelityBench(fit=SmallFit(need_bytes=1 << 50))
    with pytest.raises(NotEnoughMemory, match="2 models"):
        next(iter(bench.run(plan(small_model, small_model, replies={}))))
