"""One run of a plan: job after job, or every contender on a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Iterator

from msgspec.structs import replace

from engine.batched import answer_batch
from engine.client import Stopped
from engine.contract import (
    Contender,
    Event,
    Failed,
    Loaded,
    Notice,
    Piece,
    Plan,
    Replied,
    Reply,
    Started,
    Timing,
)
from engine.energy.seam import EnergyMeter
from engine.errors import RequestError, SteelyardError, WorkerDied, WorkerError
from engine.metering import Metering
from engine.pool import ModelPool, Slot
from engine.protocol import Generate, Generated, Text
from engine.recording import Record
from engine.schedule import Job
from engine.timing import reply_timing

_CRASHES_ALLOWED = 2
_REST_LIMIT_S = 15.0


class Run:
    """The state of one run: what came back so far, and who is not tried any more."""

    def __init__(
        self,
        plan: Plan,
        pool: ModelPool,
        record: Record,
        meter: EnergyMeter,
        stopping: threading.Event,
        begun: float,
    ) -> None:
        self._plan = plan
        self._pool = pool
        self._record = record
        self._meter = meter
        self._stopping = stopping
        self._begun = begun
        self._given_up: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._crashes: dict[str, int] = {}
        self._shared = plan.together and len(plan.contenders) > 1
        self.replies: list[Reply] = []

    def in_turn(self, jobs: list[Job]) -> Iterator[Event]:
        for job in jobs:
            if self._stopping.is_set():
                return
            yield from self._job(job)

    def batched(self, jobs: list[Job]) -> Iterator[Event]:
        """One contender after another, each with all its jobs side by side."""
        for lane in _by_contender(jobs):
            if self._stopping.is_set():
                return
            yield from self._batch(lane)

    def _batch(self, lane: list[Job]) -> Iterator[Event]:
        slot, answered = None, set()
        sampling = lane[0].contender.sampling or self._plan.sampling
        try:
            slot = yield from self._acquired(lane[0].contender)
            queue_s = time.perf_counter() - self._begun
            self._meter.rest(_REST_LIMIT_S, self._stopping)
            batch = answer_batch(
                slot, lane, sampling, self._stopping, queue_s=queue_s, meter=self._meter
            )
            for made in batch:
                if isinstance(made, Notice):
                    yield made
                    continue
                answered.add((made.case, made.repeat))
                yield from self._kept(made)
        except Stopped:
            return
        except SteelyardError as error:
            for job in lane:
                if (job.case.id, job.repeat) not in answered:
                    yield from self._fail(job, str(error), _log_of(error))
        finally:
            if slot is not None:
                # Its context was given another shape, which no other run should meet.
                self._pool.discard(slot)

    def together(self, jobs: list[Job]) -> Iterator[Event]:
        """All models are loaded first, then each contender's jobs run on a thread of its own."""
        if self._shared:
            yield Notice(text="All contenders run at once: their timings are of a shared machine.")
        lanes = _by_contender(jobs)
        held: list[Slot] = []
        try:
            for lane in lanes:
                yield from self._preload(lane[0], held)
            yield from self._all_lanes(lanes)
        finally:
            for slot in held:
                self._pool.release(slot)

    def _preload(self, job: Job, held: list[Slot]) -> Iterator[Event]:
        if self._stopping.is_set():
            return
        try:
            for step in self._pool.acquire(job.contender, warm_up=self._plan.warm_up):
                if isinstance(step, Slot):
                    held.append(step)
                else:
                    yield step
        except Stopped:
            return
        except SteelyardError as error:
            self._give_up(job, error)

    def _all_lanes(self, lanes: list[list[Job]]) -> Iterator[Event]:
        events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()

        def work(lane: list[Job]) -> None:
            try:
                for event in self.in_turn(lane):
                    events.put(event)
            except BaseException as fault:  # noqa: BLE001 - raised again by the reader below
                events.put(fault)
            finally:
                events.put(None)

        threads = [threading.Thread(target=work, args=(lane,), name="lane") for lane in lanes]
        for thread in threads:
            thread.start()
        try:
            running = len(threads)
            while running:
                event = events.get()
                if event is None:
                    running -= 1
                elif isinstance(event, BaseException):
                    raise event
                else:
                    yield event
        finally:
            if any(thread.is_alive() for thread in threads):
                self._stopping.set()
                self._pool.stop()
            for thread in threads:
                thread.join()

    def _job(self, job: Job) -> Iterator[Event]:
        name = job.contender.name
        if name in self._given_up:
            yield from self._fail(job, *self._given_up[name])
            return
        try:
            slot = yield from self._acquired(job.contender)
        except Stopped:
            return
        except SteelyardError as error:
            self._give_up(job, error)
            yield from self._fail(job, *self._given_up[name])
            return
        # Only where a sensor needs it, and once: what the machine draws with a model loaded and idle.
        self._meter.rest(_REST_LIMIT_S, self._stopping)
        try:
            yield from self._answer(job, slot)
        finally:
            self._pool.release(slot)

    def _acquired(self, contender: Contender) -> Generator[Event, None, Slot]:
        slot = None
        for step in self._pool.acquire(contender, warm_up=self._plan.warm_up):
            if isinstance(step, Slot):
                slot = step
                continue
            yield step
            if isinstance(step, Loaded):
                self._meter.resident(self._pool.loaded_models)
        assert slot is not None
        return slot

    def _answer(self, job: Job, slot: Slot) -> Iterator[Event]:
        name = job.contender.name
        yield Started(contender=name, case=job.case.id, repeat=job.repeat)
        client, partial = slot.client, _Partial()
        request = Generate(
            id=client.next_id(),
            case=job.case,
            sampling=job.contender.sampling or self._plan.sampling,
        )
        metering = Metering(self._meter, slot, shared=self._shared)
        queue_s = time.perf_counter() - self._begun
        try:
            for response in client.ask(request, self._stopping):
                if isinstance(response, Text):
                    partial.add(response)
                    yield _piece(job, response)
                elif isinstance(response, Generated):
                    self._crashes.pop(name, None)
                    reply = _reply(job, slot, response, partial)
                    yield from self._kept(
                        replace(
                            reply,
                            timing=reply_timing(
                                response, slot.loaded, queue_s=queue_s, shared=self._shared
                            ),
                            energy=metering.energy(response),
                        )
                    )
        except Stopped:
            return
        except RequestError as error:
            yield from self._fail(job, str(error), (), partial)
        except WorkerError as error:
            self._pool.discard(slot)
            self._count_crash(job, error)
            yield from self._fail(job, str(error), _log_of(error), partial)

    def _kept(self, reply: Reply) -> Iterator[Event]:
        trouble = self._record.keep(reply)
        self.replies.append(reply)
        yield from trouble
        yield Failed(reply=reply) if reply.finish_reason == "error" else Replied(reply=reply)

    def _fail(
        self, job: Job, reason: str, log: tuple[str, ...], partial: _Partial | None = None
    ) -> Iterator[Event]:
        reply = Reply(
            contender=job.contender.name,
            case=job.case.id,
            repeat=job.repeat,
            text=partial.text if partial else "",
            reasoning=partial.reasoning if partial else "",
            finish_reason="error",
            error=reason,
            log=log,
            timing=Timing(absent={"total_s": "the reply failed"}),
        )
        yield from self._kept(reply)

    def _count_crash(self, job: Job, error: WorkerError) -> None:
        """A crash may be one prompt's fault, so the model is loaded once more; twice running is enough."""
        name = job.contender.name
        self._crashes[name] = self._crashes.get(name, 0) + 1
        if self._crashes[name] >= _CRASHES_ALLOWED:
            self._give_up(job, error)

    def _give_up(self, job: Job, error: SteelyardError) -> None:
        self._given_up[job.contender.name] = (str(error), _log_of(error))


class _Partial:
    """What a reply has brought so far, kept also when its worker dies."""

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {"text": [], "reasoning": []}

    def add(self, piece: Text) -> None:
        self._parts[piece.channel].append(piece.text)

    @property
    def text(self) -> str:
        return "".join(self._parts["text"])

    @property
    def reasoning(self) -> str:
        return "".join(self._parts["reasoning"])


def _by_contender(jobs: list[Job]) -> list[list[Job]]:
    lanes: dict[str, list[Job]] = {}
    for job in jobs:
        lanes.setdefault(job.contender.name, []).append(job)
    return list(lanes.values())


def _piece(job: Job, response: Text) -> Piece:
    return Piece(
        contender=job.contender.name,
        case=job.case.id,
        repeat=job.repeat,
        text=response.text,
        channel=response.channel,
        generated_tokens=response.generated_tokens,
    )


def _reply(job: Job, slot: Slot, end: Generated, partial: _Partial) -> Reply:
    return Reply(
        contender=job.contender.name,
        case=job.case.id,
        repeat=job.repeat,
        text=partial.text,
        reasoning=partial.reasoning,
        finish_reason=end.finish_reason,
        memory=end.memory,
        runtime=slot.loaded.runtime,
        logprobs=end.logprobs,
        likelihoods=end.likelihoods,
    )


def _log_of(error: SteelyardError) -> tuple[str, ...]:
    return error.log if isinstance(error, WorkerDied) else ()
