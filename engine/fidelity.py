"""Fidelity of candidates to a reference: `for event in bench.run(…)` gives estimates, then the end.

On a text, or on the user's own prompts with the reference's replies (engine/fidelity_plan.py). All models
of a run are loaded side by side in one worker, which compares their logits where they lie; this process sees
a few kilobytes a chunk or reply. The noise floor is the reference against itself with another micro-batch
size: what rounding alone does. No candidate is called different within it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from engine.bench import Bench
from engine.client import Stopped, WorkerClient
from engine.contract import (
    Contender,
    Failed,
    LeftOut,
    Loading,
    NoiseFloor,
    Plan,
    Replied,
    Sampling,
)
from engine.errors import PlanError, RequestError
from engine.fidelity_plan import (
    ChunkDone,
    FidelityDone,
    FidelityEvent,
    FidelityPlan,
    GivenReply,
    RepliesPlan,
    ReplyGiven,
)
from engine.fidelity_rounds import ReplyRound, Round, TextRound, noise_plan
from engine.limits import MOST_TOKENS, check_contenders, check_number
from engine.pool import Fit
from engine.protocol import Progress
from engine.shared_memory import SharedMemory
from engine.side_by_side import check_room
from engine.wording import thousands

__all__ = [
    "BY_USER",
    "ChunkDone",
    "FidelityBench",
    "FidelityDone",
    "FidelityEvent",
    "FidelityPlan",
    "GivenReply",
    "RepliesPlan",
    "ReplyGiven",
]
BY_USER: Final = "stopped by the user"
_LeftOut = tuple[LeftOut, ...]


class FidelityBench:
    """Owns its workers during a run. `stop` may be called from any thread; the partial result is given."""

    def __init__(
        self,
        *,
        fit: Fit,
        start_worker: Callable[[str], WorkerClient] = WorkerClient,
        memory: SharedMemory | None = None,
    ) -> None:
        """memory: shared with the other benches of this process."""
        self._fit = fit
        self._memory = memory or SharedMemory()
        self._start_worker = start_worker
        self._stopping = threading.Event()
        self._client: WorkerClient | None = None
        self._answering: Bench | None = None

    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]:
        """Raises SteelyardError when a model cannot be loaded, Stopped when nothing was scored yet."""
        self._stopping.clear()
        everyone = (plan.reference, *plan.candidates)
        n_ctx = plan.n_ctx if isinstance(plan, FidelityPlan) else None
        check_contenders(everyone)
        if n_ctx is not None:
            check_number("n_ctx", n_ctx, 1, MOST_TOKENS)
            _check_trained(everyone, n_ctx)
        check_room(self._fit, everyone, self._memory, n_ctx)
        left_out: _LeftOut = ()
        if isinstance(plan, RepliesPlan):
            plan, left_out = yield from self._answered(plan)
        self._client = self._start_worker("The worker that compares the models")
        try:
            self._client.start()
            noise = None
            if plan.noise_floor:
                noise = yield from self._noise_floor(plan)
            yield from self._score(plan, noise, left_out)
        finally:
            self._client.close()
            self._client = None

    def stop(self) -> None:
        self._stopping.set()
        for part in (self._answering, self._client):
            if part is not None:
                part.stop()

    def _answered(
        self, plan: RepliesPlan
    ) -> Generator[FidelityEvent, None, tuple[RepliesPlan, _LeftOut]]:
        """Let the reference answer what has no reply yet; gives the plan with its replies."""
        unanswered = tuple(case for case in plan.cases if case.id not in plan.replies)
        if not unanswered:
            return plan, ()
        asked = Plan(
            contenders=(replace(plan.reference, sampling=None),),
            cases=tuple(replace(case, continuations=()) for case in unanswered),
            sampling=Sampling(max_tokens=plan.max_tokens),
            batched=True,
            warm_up=False,
        )
        replies, left_out = dict(plan.replies), []
        bench = self._answering = Bench(
            fit=self._fit, start_worker=self._start_worker, memory=self._memory
        )
        try:
            for event in bench.run(asked):
                match event:
                    case Loading():
                        yield event
                    case Replied(reply=reply):
                        replies[reply.case] = GivenReply(
                            text=reply.text, reasoned=bool(reply.reasoning)
                        )
                        yield ReplyGiven(done=len(replies), cases=len(plan.cases))
                    case Failed(reply=reply):
                        reason = reply.error or "The reference gave no reply."
                        left_out.append(LeftOut(case=reply.case, reason=reason))
                if self._stopping.is_set():
                    bench.stop()
        finally:
            bench.close()
            self._answering = None
        if self._stopping.is_set():
            raise Stopped
        if not replies:
            raise RequestError(left_out[0].reason if left_out else "There is no prompt to answer.")
        return replace(plan, replies=replies), tuple(left_out)

    def _noise_floor(
        self, plan: FidelityPlan | RepliesPlan
    ) -> Generator[FidelityEvent, None, NoiseFloor]:
        """Compare the reference with itself on the first chunks; gives the floor."""
        few, ubatch = noise_plan(plan)
        made = _round_of(few)
        yield from self._ask(made, few)
        running = made.scores.running(0)
        if running is None:
            raise Stopped
        return NoiseFloor(
            n_batch=ubatch,
            scored_tokens=running.scored_tokens,
            mean_kld=running.mean_kld.value,
            same_top_percent=running.same_top_percent.value,
        )

    def _score(
        self, plan: FidelityPlan | RepliesPlan, noise: NoiseFloor | None, left_out: _LeftOut
    ) -> Iterator[FidelityEvent]:
        made = _round_of(plan, left_out)
        reached = yield from self._ask(made, plan)
        if not made.scores.has_something_of_each:
            raise Stopped
        stopped = None
        if reached:
            stopped = f"every mean KLD is known to ± {plan.until}"
        elif self._stopping.is_set():
            stopped = BY_USER
        yield FidelityDone(document=made.document(noise, stopped))

    def _ask(
        self, made: Round, plan: FidelityPlan | RepliesPlan
    ) -> Generator[Loading | ChunkDone, None, bool]:
        """Let the worker score; gives whether it ended early because all is known well enough."""
        client = self._client
        assert client is not None
        reached = False
        for response in client.ask(made.request(client.next_id()), self._stopping):
            if isinstance(response, Progress):
                yield Loading(contender=plan.reference.name, fraction=response.fraction)
            elif event := made.take(response):
                yield event
                to_come = event.chunk < event.chunks
                if to_come and plan.until is not None and made.scores.is_known_to(plan.until):
                    reached = True
                    client.stop()
        return reached


def _check_trained(contenders: Iterable[Contender], n_ctx: int) -> None:
    """Beyond the context that a model was trained on its figures mean nothing. Raises PlanError."""
    for each in contenders:
        trained = each.model.n_ctx_train
        if trained is not None and n_ctx > trained:
            raise PlanError(
                f"{each.name} was trained on at most {thousands(trained)} tokens at once, and chunks of "
                f"{thousands(n_ctx)} were asked for. Choose a smaller context."
            )


def _round_of(plan: FidelityPlan | RepliesPlan, left_out: _LeftOut = ()) -> Round:
    if isinstance(plan, FidelityPlan):
        return TextRound(plan)
    return ReplyRound(plan, left_out)
