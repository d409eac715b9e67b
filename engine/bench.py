"""Running a plan: `for event in bench.run(plan)` is all that a window, a command line or a test does.

In fair mode the caller's thread drives one job after another; with `together` each contender has a
thread of its own. Either way a reply is recorded before its event is given and before the next job of
that contender starts. `stop` may be called from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from engine.client import WorkerClient
from engine.contract import (
    Environment,
    Event,
    Finished,
    Notice,
    Plan,
    Recorder,
    Session,
    SessionStatus,
)
from engine.energy.seam import EnergyMeter, NoMeter
from engine.errors import SteelyardError
from engine.machine import describe_environment
from engine.pool import Fit, ModelPool
from engine.protocol import DeviceList
from engine.recording import Record
from engine.run import Run
from engine.schedule import Job, check_plan, jobs_in_order, missing_jobs
from engine.schema_notice import schema_notice
from engine.shared_memory import SharedMemory
from engine.summary import summarise, wide_spreads


def _drive(run: Run, plan: Plan, jobs: list[Job]) -> Iterator[Event]:
    if plan.batched:
        return run.batched(jobs)
    return run.together(jobs) if plan.together else run.in_turn(jobs)


class Bench:
    """Owns its workers until `close`; one run at a time."""

    def __init__(
        self,
        *,
        fit: Fit,
        recorder: Recorder | None = None,
        meter: EnergyMeter | None = None,
        start_worker: Callable[[str], WorkerClient] = WorkerClient,
        memory: SharedMemory | None = None,
    ) -> None:
        """memory: shared with the other benches of this process."""
        self._stopping = threading.Event()
        self._pool = ModelPool(fit, self._stopping, start_worker, memory)
        self._recorder = recorder
        self._listed: dict[tuple[str, ...], DeviceList] = {}
        self._meter = meter or NoMeter("This run was asked not to measure energy.")

    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]:
        """Events until Finished; raises PlanError before the first. Closing the iterator stops the run."""
        check_plan(plan)
        self._stopping.clear()
        return self._run(plan, resume)

    def stop(self) -> None:
        """End the run within 100 ms of generation; what was produced is kept and marked as stopped."""
        self._stopping.set()
        self._pool.stop()

    def environment(self, rpc_servers: tuple[str, ...] = ()) -> Environment:
        """This machine with llama.cpp's devices; raises SteelyardError when no worker starts.

        Devices are listed once: asking takes a worker of its own. The power source is read anew.
        """
        if rpc_servers not in self._listed:
            self._listed[rpc_servers] = self._pool.devices(rpc_servers)
        listed = self._listed[rpc_servers]
        return describe_environment(listed.devices, listed.llama_cpp)

    def close(self) -> None:
        self.stop()
        self._pool.close()
        self._meter.close()

    def _run(self, plan: Plan, resume: Session | None) -> Iterator[Event]:
        record = Record(self._recorder)
        begun = time.perf_counter()
        self._meter.start()
        status: SessionStatus = "stopped"
        try:
            environment = self._environment_or_less(plan)
            yield from record.begin(plan, environment, resume)
            if notice := schema_notice(plan):
                yield Notice(text=notice)
            fits = self._pool.all_fit(plan.contenders, environment.devices)
            jobs = jobs_in_order(plan, all_loaded=fits or plan.together)
            if resume is not None:
                jobs = missing_jobs(jobs, resume)
            run = Run(plan, self._pool, record, self._meter, self._stopping, begun)
            yield from _drive(run, plan, jobs)
            if not self._stopping.is_set():
                status = "finished"
                for warning in wide_spreads(summarise(run.replies)):
                    yield Notice(text=warning)
        finally:
            if status != "finished":
                self._pool.stop()
            trouble = record.end(status)
        yield from trouble
        yield Finished(
            status="finished" if status == "finished" else "stopped",
            elapsed_s=time.perf_counter() - begun,
        )

    def _environment_or_less(self, plan: Plan) -> Environment:
        """The environment; where devices cannot be listed, each job will say why by itself."""
        servers = {s for contender in plan.contenders for s in contender.runtime.rpc_servers}
        try:
            return self.environment(tuple(sorted(servers)))
        except SteelyardError:
            return describe_environment((), None)
