"""Collaborators of the bench that tests own: workers without a model, a recorder in memory, plans."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.client import WorkerClient
from engine.contract import (
    Case,
    Contender,
    Environment,
    Findings,
    Message,
    ModelFile,
    Plan,
    Reply,
    Runtime,
    SessionStatus,
)
from engine.errors import StorageError

ROOT = Path(__file__).resolve().parents[2]


def start_fake_worker(what: str) -> WorkerClient:
    # Without site-packages' start-up files Python starts in a third of the time; the fake needs
    # only msgspec from there.
    folders = [str(ROOT), os.fspath(Path(msgspec.__file__).parents[1])]
    script = str(Path(__file__).with_name("fake_worker.py"))
    code = f"import sys, runpy; sys.path[:0] = {folders}; runpy.run_path({script!r}, run_name='__main__')"
    return WorkerClient(what, (sys.executable, "-S", "-c", code))


class SmallFit:
    """Every model needs the same."""

    def __init__(self, need_bytes: int = 1) -> None:
        self.need_bytes = need_bytes

    def memory_need(self, model: ModelFile, runtime: Runtime) -> Mapping[str, int]:
        return {"host": self.need_bytes, "device": 0}

    def estimate_offload(self, model: ModelFile, runtime: Runtime, free_device_bytes: int) -> int:
        return 0


class MemoryRecorder:
    """Keeps what it is told, in order; `fails_at` names the call that finds the disk full."""

    def __init__(self, fails_at: str | None = None) -> None:
        self.calls: list[tuple[str, object]] = []
        self._fails_at = fails_at

    @property
    def replies(self) -> list[Reply]:
        return [what for name, what in self.calls if name == "record" and isinstance(what, Reply)]

    def begin(self, plan: Plan, environment: Environment) -> str:
        self._note("begin", plan)
        return "session-1"

    def resume(self, session: str) -> None:
        self._note("resume", session)

    def record(self, session: str, reply: Reply) -> None:
        self._note("record", reply)

    def keep(self, session: str, findings: Findings) -> None:
        self._note("keep", findings)

    def end(self, session: str, status: SessionStatus) -> None:
        self._note("end", status)

    def _note(self, name: str, what: object) -> None:
        if name == self._fails_at:
            raise StorageError("The disk is full.")
        self.calls.append((name, what))


def contender(act: str, name: str | None = None, **runtime: int) -> Contender:
    path = f"/models/{act}.gguf"
    return Contender(
        name=name or act,
        model=ModelFile(path=path, file=Path(path).name, size_bytes=1),
        runtime=Runtime(**runtime),  # type: ignore[arg-type]  # tests pass whole numbers only
    )


def case(number: str = "1", text: str = "Say something.") -> Case:
    return Case(id=number, messages=(Message(role="user", content=text),))


def plan(*contenders: Contender, cases: int = 1, **settings: object) -> Plan:
    return Plan(
        contenders=contenders,
        cases=tuple(case(str(number + 1)) for number in range(cases)),
        **settings,  # type: ignore[arg-type]  # keyword arguments of Plan
    )
