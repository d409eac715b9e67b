"""Prompt and generation speed (pp, tg) as llama-bench defines them, one model loaded at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from engine.client import Stopped, WorkerClient
from engine.contract import Contender, Event, Measured, Runtime, SpeedTest
from engine.errors import SteelyardError, WorkerError
from engine.pool import Fit, ModelPool, Slot
from engine.protocol import Measure, Sample


class Measuring(msgspec.Struct, frozen=True, kw_only=True):
    """A test is under way; `done` repetitions of it are measured."""

    contender: str
    test: SpeedTest
    done: int


class NotMeasured(msgspec.Struct, frozen=True, kw_only=True):
    contender: str
    test: SpeedTest | None
    reason: str


class SpeedBench:
    """Owns its workers until `close`. `stop` may be called from any thread and ends the run."""

    def __init__(
        self, *, fit: Fit, start_worker: Callable[[str], WorkerClient] = WorkerClient
    ) -> None:
        self._stopping = threading.Event()
        self._pool = ModelPool(fit, self._stopping, start_worker)

    def run(
        self,
        contenders: Sequence[Contender],
        tests: Sequence[SpeedTest],
        *,
        repetitions: int = 5,
        warm_up: bool = True,
    ) -> Iterator[Event | Measuring | Measured | NotMeasured]:
        """Load each contender in turn and give one Measured or NotMeasured a test."""
        self._stopping.clear()
        n_ctx = max(test.n_prompt + test.n_gen for test in tests)
        for contender in contenders:
            sized = msgspec.structs.replace(contender, runtime=_with_context(contender, n_ctx))
            try:
                yield from self._contender(sized, tests, repetitions, warm_up)
            except Stopped:
                return
            except SteelyardError as error:
                yield NotMeasured(contender=contender.name, test=None, reason=str(error))
            finally:
                self._pool.close()

    def stop(self) -> None:
        self._stopping.set()
        self._pool.stop()

    def close(self) -> None:
        self.stop()
        self._pool.close()

    def _contender(
        self, contender: Contender, tests: Sequence[SpeedTest], repetitions: int, warm_up: bool
    ) -> Iterator[Event | Measuring | Measured | NotMeasured]:
        slot = None
        for step in self._pool.acquire(contender, warm_up=False):
            if isinstance(step, Slot):
                slot = step
            else:
                yield step
        assert slot is not None
        for test in tests:
            try:
                yield from self._test(slot, contender, test, repetitions, warm_up)
            except WorkerError:
                raise
            except SteelyardError as error:
                yield NotMeasured(contender=contender.name, test=test, reason=str(error))

    def _test(
        self, slot: Slot, contender: Contender, test: SpeedTest, repetitions: int, warm_up: bool
    ) -> Iterator[Measuring | Measured]:
        samples: list[int] = []
        request = Measure(
            id=slot.client.next_id(),
            n_prompt=test.n_prompt,
            n_gen=test.n_gen,
            repetitions=repetitions,
            warm_up=warm_up,
        )
        yield Measuring(contender=contender.name, test=test, done=0)
        for response in slot.client.ask(request, self._stopping):
            if isinstance(response, Sample):
                samples.append(response.elapsed_ns)
                yield Measuring(contender=contender.name, test=test, done=len(samples))
        yield Measured(
            contender=contender.name,
            runtime=slot.loaded.runtime,
            test=test,
            measured_at=datetime.now(UTC),
            samples_ns=tuple(samples),
        )


def _with_context(contender: Contender, n_ctx: int) -> Runtime:
    return msgspec.structs.replace(contender.runtime, n_ctx=n_ctx)
