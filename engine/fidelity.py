"""Fidelity of candidates to a reference on a text: `for event in bench.run(…)` gives estimates, then the end.

All models of a run are loaded side by side in one worker, which compares their logits where they lie; this
process sees a few kilobytes a chunk. The noise floor is the reference against itself with another
micro-batch size: what rounding alone does. No candidate is called different within it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Iterator

import msgspec
import numpy as np
from msgspec.structs import replace

from engine.client import Stopped, WorkerClient
from engine.contract import (
    Contender,
    Fidelity,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    Loading,
    NoiseFloor,
    OtherTokenizer,
)
from engine.errors import NotEnoughMemory
from engine.machine import available_memory
from engine.pool import MARGIN_BYTES, Fit, order_of
from engine.protocol import (
    ChunkCompared,
    ChunkScored,
    Progress,
    ScoreText,
    TextTokenized,
)
from engine.quality.fidelity_document import bits_per_byte
from engine.quality.fidelity_kernel import Doubles, TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics, RunningFidelity
from engine.quality.perplexity import perplexity

DEFAULT_N_CTX = 512
NOISE_CHUNKS = 4
_REFERENCE = -1


class FidelityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """until: stop early once the clustered ± of every candidate's mean KLD is at most this many nats."""

    reference: Contender
    candidates: tuple[Contender, ...]
    text: str
    text_name: str
    n_ctx: int = DEFAULT_N_CTX
    max_chunks: int | None = None
    until: float | None = None
    noise_floor: bool = True


class ChunkDone(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk of a candidate is scored; `running` is the estimate over all so far."""

    candidate: str
    chunk: int
    chunks: int
    running: RunningFidelity


class FidelityDone(msgspec.Struct, frozen=True, kw_only=True):
    document: FidelityDocument


FidelityEvent = Loading | ChunkDone | FidelityDone


class FidelityBench:
    """Owns its worker during a run. `stop` may be called from any thread; the partial result is given."""

    def __init__(
        self, *, fit: Fit, start_worker: Callable[[str], WorkerClient] = WorkerClient
    ) -> None:
        self._fit = fit
        self._start_worker = start_worker
        self._stopping = threading.Event()
        self._client: WorkerClient | None = None

    def run(self, plan: FidelityPlan) -> Iterator[FidelityEvent]:
        """Raises SteelyardError when a model cannot be loaded, Stopped when nothing was scored yet."""
        self._stopping.clear()
        self._check_memory(plan)
        self._client = self._start_worker("The worker that compares the models")
        try:
            self._client.start()
            noise = None
            if plan.noise_floor:
                noise = yield from self._noise_floor(plan)
            yield from self._score(plan, noise)
        finally:
            self._client.close()
            self._client = None

    def stop(self) -> None:
        self._stopping.set()
        if self._client is not None:
            self._client.stop()

    def _check_memory(self, plan: FidelityPlan) -> None:
        everyone = (plan.reference, *plan.candidates)
        need = 0
        for contender in everyone:
            runtime = replace(contender.runtime, n_ctx=plan.n_ctx)
            need += self._fit.memory_need(contender.model, runtime)["host"]
        have = available_memory() - MARGIN_BYTES
        if need > have and all(contender.runtime.check_memory for contender in everyone):
            raise NotEnoughMemory(
                f"The {len(everyone)} models would need {need / (1 << 30):.1f} GiB of memory side by side, "
                f"and this machine has {max(0, have) / (1 << 30):.1f} GiB to give. Compare fewer at once."
            )

    def _noise_floor(self, plan: FidelityPlan) -> Generator[FidelityEvent, None, NoiseFloor]:
        """Compare the reference with itself on the first chunks; gives the floor."""
        ubatch = max(32, min(plan.reference.runtime.n_ubatch, plan.n_ctx) // 2)
        twin = replace(
            plan.reference,
            name=f"{plan.reference.name} (other batch size)",
            runtime=replace(plan.reference.runtime, n_ubatch=ubatch),
        )
        chunks = min(NOISE_CHUNKS, plan.max_chunks or NOISE_CHUNKS)
        scores = _Scores(replace(plan, candidates=(twin,), max_chunks=chunks, until=None))
        yield from self._ask(scores)
        statistics = scores.statistics[0]
        if statistics.chunks == 0:
            raise Stopped
        running = statistics.running()
        return NoiseFloor(
            n_batch=ubatch,
            scored_tokens=running.scored_tokens,
            mean_kld=running.mean_kld.value,
            same_top_percent=running.same_top_percent.value,
        )

    def _score(self, plan: FidelityPlan, noise: NoiseFloor | None) -> Iterator[FidelityEvent]:
        scores = _Scores(plan)
        yield from self._ask(scores)
        if not scores.reference_nll:
            raise Stopped
        stopped = None
        if scores.reached:
            stopped = f"every mean KLD is known to ± {plan.until}"
        elif self._stopping.is_set():
            stopped = "stopped by the user"
        yield FidelityDone(document=scores.document(noise, stopped))

    def _ask(self, scores: _Scores) -> Iterator[FidelityEvent]:
        client = self._client
        assert client is not None
        for response in client.ask(scores.request(client.next_id()), self._stopping):
            match response:
                case Progress(fraction=fraction):
                    yield Loading(contender=scores.plan.reference.name, fraction=fraction)
                case TextTokenized():
                    scores.begin(response)
                case ChunkScored():
                    scores.add_alone(response)
                case ChunkCompared():
                    yield scores.add(response)
                    if scores.is_narrow_enough():
                        client.stop()


class _Scores:
    """What came back of one request, by candidate."""

    def __init__(self, plan: FidelityPlan) -> None:
        self.plan = plan
        self.statistics = [FidelityStatistics() for _ in plan.candidates]
        self.reference_nll: list[Doubles] = []
        self.reached = False
        self._reference_bytes: list[Doubles] = []
        self._alone: list[tuple[list[Doubles], list[Doubles]]] = [([], []) for _ in plan.candidates]
        self._same: tuple[bool, ...] = ()
        self._chunks: tuple[int, ...] = ()

    def request(self, number: int) -> ScoreText:
        plan = self.plan
        return ScoreText(
            id=number,
            reference=order_of(plan.reference),
            candidates=tuple(order_of(candidate) for candidate in plan.candidates),
            text=plan.text,
            n_ctx=plan.n_ctx,
            max_chunks=plan.max_chunks,
        )

    def begin(self, response: TextTokenized) -> None:
        self._same = response.same_tokens
        self._chunks = response.chunks

    def add(self, response: ChunkCompared) -> ChunkDone:
        statistics = self.statistics[response.candidate]
        statistics.add(
            TokenScores(
                nll=np.frombuffer(response.nll),
                nll_base=np.frombuffer(response.nll_base),
                kld=np.frombuffer(response.kld),
                delta_p=np.frombuffer(response.delta_p),
                same_top=np.frombuffer(response.same_top, np.bool_),
            )
        )
        return ChunkDone(
            candidate=self.plan.candidates[response.candidate].name,
            chunk=response.chunk + 1,
            chunks=self._chunks[0],
            running=statistics.running(),
        )

    def add_alone(self, response: ChunkScored) -> None:
        nll, n_bytes = np.frombuffer(response.nll), np.frombuffer(response.n_bytes)
        if response.candidate == _REFERENCE:
            self.reference_nll.append(nll)
            self._reference_bytes.append(n_bytes)
        else:
            self._alone[response.candidate][0].append(nll)
            self._alone[response.candidate][1].append(n_bytes)

    def is_narrow_enough(self) -> bool:
        """Whether every comparable candidate's ± is as small as asked for; needs three chunks."""
        until = self.plan.until
        if until is None:
            return False
        comparable = [s for s, same in zip(self.statistics, self._same, strict=True) if same]
        if not comparable or any(statistics.chunks < 3 for statistics in comparable):
            return False
        errors = [s.running().mean_kld.clustered_plus_minus for s in comparable]
        self.reached = all(error is not None and error <= until for error in errors)
        return self.reached

    def document(self, noise: NoiseFloor | None, stopped: str | None) -> FidelityDocument:
        plan = self.plan
        raw = plan.text.encode()
        return FidelityDocument(
            n_ctx=plan.n_ctx,
            chunks=len(self.reference_nll),
            scored_tokens=sum(len(chunk) for chunk in self.reference_nll),
            text=FidelityText(
                name=plan.text_name,
                sha256=hashlib.sha256(raw).hexdigest(),
                size_bytes=len(raw),
            ),
            reference=FidelityReference(
                name=plan.reference.name,
                ppl=perplexity(self.reference_nll),
                bits_per_byte=bits_per_byte(self.reference_nll, self._reference_bytes),
            ),
            candidates=tuple(self._candidate(i, noise) for i in range(len(plan.candidates))),
            noise_floor=noise,
            stopped=stopped,
        )

    def _candidate(self, index: int, noise: NoiseFloor | None) -> Fidelity | OtherTokenizer:
        name = self.plan.candidates[index].name
        if self._same[index]:
            return self.statistics[index].result(name, noise)
        nll, n_bytes = self._alone[index]
        return OtherTokenizer(
            name=name,
            reason=(
                "Its tokens are not the reference's, so probabilities cannot be compared token by token."
            ),
            ppl=perplexity(nll),
            bits_per_byte=bits_per_byte(nll, n_bytes),
            bits_per_byte_base=bits_per_byte(self.reference_nll, self._reference_bytes),
        )
