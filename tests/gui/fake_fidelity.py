"""A fidelity run without models: made-up tokens through the real statistics."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from engine.client import Stopped
from engine.contract import (
    Estimate,
    Fidelity,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    Loading,
    NoiseFloor,
    OtherTokenizer,
    ReplyFidelity,
    ScoredReply,
    WorstToken,
)
from engine.fidelity import (
    ChunkDone,
    FidelityDone,
    FidelityEvent,
    FidelityPlan,
    RepliesPlan,
    ReplyGiven,
)
from engine.quality.fidelity_kernel import TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics

TOKENS = 255
FLOOR = NoiseFloor(n_batch=256, scored_tokens=1020, mean_kld=0.0004, same_top_percent=99.6)


def tokens(seed: int, distance: float) -> TokenScores:
    """A chunk of a candidate: the larger the distance, the further from the reference."""
    draw = np.random.default_rng(seed)
    base = draw.gamma(2.0, 1.2, TOKENS)
    return TokenScores(
        nll=base + draw.normal(0.3 * distance, distance, TOKENS),
        nll_base=base,
        kld=draw.gamma(0.6, distance / 3 + 1e-6, TOKENS),
        delta_p=draw.normal(-0.02 * distance, distance / 8, TOKENS),
        same_top=draw.random(TOKENS) > distance / 2,
    )


def estimate(value: float, error: float) -> Estimate:
    return Estimate(value=value, plus_minus=error, clustered_plus_minus=error * 1.2)


class FakeFidelityBench:
    """Candidates lie the further from the reference the later they come; one called Other has its own
    tokenizer. `hold`, once given, is waited for after the first chunk."""

    def __init__(self, hold: threading.Event | None = None, fault: Exception | None = None) -> None:
        self.plans: list[FidelityPlan | RepliesPlan] = []
        self.stopped = threading.Event()
        self._hold = hold
        self._fault = fault

    def stop(self) -> None:
        self.stopped.set()

    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]:
        self.plans.append(plan)
        self.stopped.clear()
        yield Loading(contender=plan.reference.name, fraction=0.5)
        if isinstance(plan, RepliesPlan):
            yield from replies(plan)
            return
        if self._fault is not None:
            raise self._fault
        compared = [each.name for each in plan.candidates if "Other" not in each.name]
        statistics = {name: FidelityStatistics() for name in compared}
        chunks = plan.max_chunks or 8
        done = 0
        for chunk in range(chunks):
            for place, name in enumerate(compared):
                distance = 0.0003 if "Q8_0" in name else 0.05 + 0.15 * place
                statistics[name].add(tokens(chunk * 10 + place, distance))
                yield ChunkDone(
                    candidate=name,
                    chunk=chunk + 1,
                    chunks=chunks,
                    running=statistics[name].running(),
                )
            done += 1
            while self._hold is not None and not self._hold.wait(0.005):
                if self.stopped.is_set():
                    break
            if self.stopped.is_set():
                break
        if not done:
            raise Stopped
        stopped = "stopped by the user" if self.stopped.is_set() else None
        yield FidelityDone(document=document(plan, statistics, done, stopped))


def replies(plan: RepliesPlan) -> Iterator[FidelityEvent]:
    """Every candidate is the further from a reply the later its prompt comes."""
    statistics = {each.name: FidelityStatistics() for each in plan.candidates}
    found: dict[str, list[ReplyFidelity]] = {each.name: [] for each in plan.candidates}
    scored = [
        ScoredReply(
            case=case.id,
            prompt=case.messages[-1].content,
            reply=f"Reply {case.id} is a short one.",
            tokens=TOKENS,
        )
        for case in plan.cases
    ]
    for number in range(len(scored)):
        yield ReplyGiven(done=number + 1, cases=len(scored))
    for number, reply in enumerate(scored, 1):
        for place, name in enumerate(statistics):
            statistics[name].add(tokens(number * 10 + place, 0.1 + 0.1 * place))
            found[name].append(_on_reply(reply, number, place))
            yield ChunkDone(
                candidate=name,
                chunk=number,
                chunks=len(scored),
                running=statistics[name].running(),
            )
    yield FidelityDone(
        document=FidelityDocument(
            scored="replies",
            n_ctx=300,
            chunks=len(scored),
            scored_tokens=TOKENS * len(scored),
            text=FidelityText(name=plan.name, sha256="0" * 64, size_bytes=99),
            reference=FidelityReference(name=plan.reference.name, ppl=estimate(1.8, 0.1)),
            candidates=tuple(
                each.result(name, FLOOR, tuple(found[name])) for name, each in statistics.items()
            ),
            replies=tuple(scored),
            noise_floor=FLOOR,
        )
    )


def _on_reply(reply: ScoredReply, number: int, place: int) -> ReplyFidelity:
    worst = WorstToken(
        token=number,
        text=" is",
        instead=" was",
        probability=0.8,
        candidate_probability=0.3 / number,
        kld=0.5 * number + 0.1 * place,
    )
    return ReplyFidelity(
        case=reply.case, mean_kld=0.05 * number, same_top_percent=95.0 - number, worst=worst
    )


def document(
    plan: FidelityPlan, statistics: dict[str, FidelityStatistics], chunks: int, stopped: str | None
) -> FidelityDocument:
    floor = FLOOR if plan.noise_floor else None
    return FidelityDocument(
        n_ctx=plan.n_ctx,
        chunks=chunks,
        scored_tokens=chunks * TOKENS,
        text=FidelityText(name=plan.text_name, sha256="0" * 64, size_bytes=len(plan.text)),
        reference=FidelityReference(name=plan.reference.name, ppl=estimate(14.2, 0.4)),
        candidates=tuple(_candidate(each.name, statistics, floor) for each in plan.candidates),
        noise_floor=floor,
        stopped=stopped,
    )


def _candidate(
    name: str, statistics: dict[str, FidelityStatistics], floor: NoiseFloor | None
) -> Fidelity | OtherTokenizer:
    if name in statistics:
        return statistics[name].result(name, floor)
    return OtherTokenizer(
        name=name,
        reason="Its tokens are not the reference's, so probabilities cannot be compared token by token.",
        ppl=estimate(21.0, 0.9),
        bits_per_byte=estimate(0.94, 0.012),
        bits_per_byte_base=estimate(0.88, 0.011),
    )
