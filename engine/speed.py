"""Prompt and generation speed (pp, tg) as llama-bench defines them, one model loaded at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from engine.client import Stopped, WorkerClient
from engine.contract import Contender, Event, Measured, SpeedTest
from engine.errors import SteelyardError, WorkerError
from engine.limits import MOST_REPEATS, check_contenders, check_number, check_tests
from engine.pool import Fit, ModelPool, Slot
from engine.protocol import ContextMade, Measure, Sample
from engine.shared_memory import SharedMemory


class SpeedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Contenders × tests, each measured so many times after an untimed run.

    known: names of contenders and tests that were measured before and are left out.
    title: of its session, None: made up.
    """

    contenders: tuple[Contender, ...]
    tests: tuple[SpeedTest, ...]
    repetitions: int = 5
    warm_up: bool = True
    known: frozenset[tuple[str, str]] = frozenset()
    title: str | None = None

    def tests_of(self, contender: str) -> tuple[SpeedTest, ...]:
        """What is to be measured of it."""
        return tuple(test for test in self.tests if (contender, test.name) not in self.known)


class Measuring(msgspec.Struct, frozen=True, kw_only=True):
    """A test is under way; `done` repetitions of it are measured."""

    contender: str
    test: SpeedTest
    done: int


class NotMeasured(msgspec.Struct, frozen=True, kw_only=True):
    """test None: the contender could not be loaded."""

    contender: str
    test: SpeedTest | None
    reason: str


SpeedEvent = Event | Measuring | Measured | NotMeasured


class SpeedBench:
    """Owns its workers until `close`. `stop` may be called from any thread and ends the run."""

    def __init__(
        self,
        *,
        fit: Fit,
        start_worker: Callable[[str], WorkerClient] = WorkerClient,
        memory: SharedMemory | None = None,
    ) -> None:
        """memory: shared with the other benches of this process."""
        self._stopping = threading.Event()
        self._pool = ModelPool(fit, self._stopping, start_worker, memory)

    def run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        """Load each contender in turn and give one Measured or NotMeasured a test.

        Raises PlanError at its first step.
        """
        self._stopping.clear()
        return self._run(plan)

    def stop(self) -> None:
        self._stopping.set()
        self._pool.stop()

    def close(self) -> None:
        self.stop()
        self._pool.close()

    def _run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        check_contenders(plan.contenders)
        check_tests(plan.tests)
        check_number("repetitions", plan.repetitions, 1, MOST_REPEATS)
        n_ctx = max(test.n_ctx for test in plan.tests)
        for contender in plan.contenders:
            if not plan.tests_of(contender.name):
                continue
            # So that the memory is checked for the largest test; each then gets its own context.
            runtime = msgspec.structs.replace(contender.runtime, n_ctx=n_ctx)
            try:
                yield from self._contender(
                    msgspec.structs.replace(contender, runtime=runtime), plan
                )
            except Stopped:
                return
            except SteelyardError as error:
                yield NotMeasured(contender=contender.name, test=None, reason=str(error))
            finally:
                self._pool.close()

    def _contender(self, contender: Contender, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        slot = None
        for step in self._pool.acquire(contender, warm_up=False):
            if isinstance(step, Slot):
                slot = step
            else:
                yield step
        assert slot is not None
        for test in plan.tests_of(contender.name):
            try:
                yield from self._test(slot, contender.name, test, plan)
            except WorkerError:
                raise
            except SteelyardError as error:
                yield NotMeasured(contender=contender.name, test=test, reason=str(error))

    def _test(
        self, slot: Slot, name: str, test: SpeedTest, plan: SpeedPlan
    ) -> Iterator[Measuring | Measured]:
        samples: list[int] = []
        runtime = slot.loaded.runtime
        request = Measure(
            id=slot.client.next_id(),
            test=test,
            repetitions=plan.repetitions,
            warm_up=plan.warm_up,
        )
        yield Measuring(contender=name, test=test, done=0)
        for response in slot.client.ask(request, self._stopping):
            if isinstance(response, ContextMade):
                runtime = response.runtime
            elif isinstance(response, Sample):
                samples.append(response.elapsed_ns)
                yield Measuring(contender=name, test=test, done=len(samples))
        yield Measured(
            contender=name,
            runtime=runtime,
            test=test,
            measured_at=datetime.now(UTC),
            samples_ns=tuple(samples),
        )
