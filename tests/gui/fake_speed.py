"""A speed run without models: the smaller the file, the faster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from engine.contract import Loading, Measured
from engine.speed import Measuring, NotMeasured, SpeedEvent, SpeedPlan
from tests.gui.fakes import RUNTIME

_NS_A_BYTE = 40 / 98_000_000 * 1e6


class FakeSpeedBench:
    """A contender called F16 cannot be loaded. `hold`, once given, is waited for before the second test."""

    def __init__(self, hold: threading.Event | None = None) -> None:
        self.plans: list[SpeedPlan] = []
        self.closed = 0
        self._hold = hold
        self._stopped = threading.Event()

    def run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        self.plans.append(plan)
        self._stopped.clear()
        return self._run(plan)

    def stop(self) -> None:
        self._stopped.set()
        if self._hold is not None:
            self._hold.set()

    def close(self) -> None:
        self.closed += 1

    def _run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        for contender in plan.contenders:
            name = contender.name
            yield Loading(contender=name, fraction=0.5)
            if "F16" in name:
                yield NotMeasured(contender=name, test=None, reason="There is not enough memory.")
                continue
            for place, test in enumerate(plan.tests_of(name)):
                yield Measuring(contender=name, test=test, done=0)
                if place == 1 and self._hold is not None:
                    self._hold.wait(10)
                if self._stopped.is_set():
                    return
                token_ns = round(
                    contender.model.size_bytes * _NS_A_BYTE / (8 if test.n_prompt else 1)
                )
                tokens = test.n_prompt + test.n_gen
                spreads = [0.01 * (number % 3 - 1) for number in range(plan.repetitions)]
                yield Measured(
                    contender=name,
                    runtime=RUNTIME,
                    test=test,
                    measured_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
                    samples_ns=tuple(round(tokens * token_ns * (1 + each)) for each in spreads),
                )
