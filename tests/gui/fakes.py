"""Collaborators that speak the contract without a model: what the window is tested against."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.contract import (
    Began,
    Contender,
    DeviceUse,
    Environment,
    Event,
    Failed,
    Findings,
    Finished,
    Loaded,
    Loading,
    Memory,
    ModelFile,
    Piece,
    Plan,
    Recorder,
    Replied,
    Reply,
    Session,
    SessionKind,
    SessionStatus,
    Started,
    Timing,
    WarmingUp,
)
from engine.errors import NotGguf, StorageError
from gui.collaborators import (
    Collaborators,
    DivergenceBench,
    FidelityBench,
    Progress,
    SpeedBench,
)
from storage.exports.paper import Paper
from storage.exports.redaction import Omit
from storage.query import EVERYTHING, Query
from storage.summary import Choices, SessionSummary
from tests.gui.fake_shelf import hub_at, shelf_in
from tests.resolved import RESOLVED

if TYPE_CHECKING:
    from storage.importing import Imported
    from storage.uses import Use

ENVIRONMENT = Environment(
    app="0.1.0", llama_cpp="b1", os="Test 1", cpu="A processor", ram_bytes=8_000_000_000
)
RUNTIME = msgspec.structs.replace(
    RESOLVED,
    n_ctx=2048,
    n_batch=2048,
    threads=2,
    threads_batch=2,
    layers=31,
    devices=(DeviceUse(name="CPU", model_bytes=98_000_000, kv_bytes=47_000_000),),
    llama_cpp="0.3.36",
)


def model(quantization: str = "Q4_1", size_bytes: int = 98_000_000) -> ModelFile:
    name = f"SmolLM2-135M-Instruct.{quantization}.gguf"
    return ModelFile(
        path=f"/models/{name}",
        file=name,
        size_bytes=size_bytes,
        architecture="llama",
        quantization=quantization,
        bits_per_weight=5.82,
        parameters=134_515_008,
        n_ctx_train=8192,
        has_chat_template=True,
    )


def contender(quantization: str = "Q4_1", size_bytes: int = 98_000_000) -> Contender:
    return Contender(
        name=f"SmolLM2-135M-Instruct {quantization}", model=model(quantization, size_bytes)
    )


def reply_to(
    name: str,
    *,
    case: str = "1",
    repeat: int = 0,
    text: str = "An answer.",
    reasoning: str = "",
    speed: float | None = 51.4,
    **fields: object,
) -> Reply:
    made = Reply(
        contender=name,
        case=case,
        repeat=repeat,
        text=text,
        reasoning=reasoning,
        finish_reason="stop",
        timing=Timing(
            queue_s=0.02,
            load_s=0.41,
            load="cached",
            ttft_s=0.113,
            prompt_tokens=24,
            prompt_s=0.11,
            prompt_tokens_per_s=210.4,
            generated_tokens=53,
            generation_tokens_per_s=speed,
            inter_token_p50_s=0.0191,
            inter_token_p95_s=0.0214,
            inter_token_max_s=0.031,
            total_s=1.14,
        ),
        memory=Memory(peak_bytes=163_000_000, absent={"device_bytes": "everything ran on the CPU"}),
        runtime=RUNTIME,
    )
    return msgspec.structs.replace(made, **fields)


def pieces(
    name: str, text: str, *, case: str = "1", repeat: int = 0, reasoning: bool = False
) -> list[Piece]:
    """The text word by word, as a model would send it."""
    words = text.split(" ")
    parts = [word if i == 0 else f" {word}" for i, word in enumerate(words)]
    return [
        Piece(
            contender=name,
            case=case,
            repeat=repeat,
            text=part,
            channel="reasoning" if reasoning else "text",
            generated_tokens=i + 1,
        )
        for i, part in enumerate(parts)
    ]


def whole_run(plan: Plan, text: str = "An answer.") -> Iterator[Event]:
    """A run in which everything goes well, one contender after the other."""
    yield Began(session="s1")
    for each in plan.contenders:
        yield Loading(contender=each.name, fraction=0.0)
        yield Loading(contender=each.name, fraction=1.0)
        yield WarmingUp(contender=each.name)
        yield Loaded(contender=each.name, load_s=0.4, runtime=RUNTIME)
    for case in plan.cases:
        for repeat in range(plan.repeats):
            for place, each in enumerate(plan.contenders):
                yield Started(contender=each.name, case=case.id, repeat=repeat)
                yield from pieces(each.name, text, case=case.id, repeat=repeat)
                yield Replied(
                    reply=reply_to(
                        each.name, case=case.id, repeat=repeat, text=text, speed=50.0 + 20 * place
                    )
                )
    yield Finished(status="finished", elapsed_s=3.0)


def failure(name: str, error: str, log: Sequence[str] = ()) -> Failed:
    return Failed(
        reply=Reply(
            contender=name,
            case="1",
            repeat=0,
            text="",
            finish_reason="error",
            error=error,
            log=tuple(log),
        )
    )


class FakeBench:
    """Plays a script. An Event of threading in it is waited for, so that a test can hold a run."""

    def __init__(
        self, script: Callable[[Plan], Iterator[Event | threading.Event]] = whole_run
    ) -> None:
        self.script = script
        self.plans: list[Plan] = []
        self.resumed: list[Session | None] = []
        self.stopped = threading.Event()
        self.closed = False

    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]:
        self.plans.append(plan)
        self.resumed.append(resume)
        self.stopped.clear()
        return self._play(plan)

    def _play(self, plan: Plan) -> Iterator[Event]:
        begun: Started | None = None
        for step in self.script(plan):
            if isinstance(step, threading.Event):
                while not step.wait(0.005) and not self.stopped.is_set():
                    pass
                continue
            if self.stopped.is_set():
                if begun is not None:
                    yield Replied(
                        reply=reply_to(
                            begun.contender, case=begun.case, text="Cut", finish_reason="stopped"
                        )
                    )
                yield Finished(status="stopped", elapsed_s=1.0)
                return
            if isinstance(step, Started):
                begun = step
            elif isinstance(step, (Replied, Failed)):
                begun = None
            yield step

    def stop(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        self.stop()
        self.closed = True


class FakeHistory:
    def __init__(self, sessions: Sequence[Session] = ()) -> None:
        self.kept = {session.id: session for session in sessions}
        self.bin: dict[str, Session] = {}
        self.asked_in: set[str] = set()
        self.found: dict[str, Findings] = {}
        self.used: tuple[Use, ...] = ()
        self.closed = False
        self.read_only: str | None = None

    def sessions(
        self, limit: int, offset: int, query: Query = EVERYTHING
    ) -> tuple[SessionSummary, ...]:
        """What the query asks for is not looked at: tests of that take the real history."""
        self.asked_in.add(threading.current_thread().name)
        newest = sorted(self.kept.values(), key=lambda session: session.created, reverse=True)
        return tuple(_summary(session) for session in newest[offset : offset + limit])

    def uses(self, machine: str) -> tuple[Use, ...]:
        return self.used

    def session(self, session_id: str) -> Session:
        self.asked_in.add(threading.current_thread().name)
        if session_id not in self.kept:
            raise StorageError(f"There is no session {session_id}.")
        return self.kept[session_id]

    def rename(self, session_id: str, title: str) -> None:
        self.kept[session_id] = msgspec.structs.replace(self.kept[session_id], title=title)

    def keep(self, session_id: str, findings: Findings) -> None:
        self.found[session_id] = findings
        if session_id in self.kept:
            self.kept[session_id] = findings.added_to(self.kept[session_id])

    def count(self, query: Query = EVERYTHING) -> int:
        return len(self.kept)

    def choices(self) -> Choices:
        return Choices(models=(), quantizations=(), tags=(), machines=())

    def set_notes(self, session_id: str, notes: str) -> None:
        self.kept[session_id] = msgspec.structs.replace(self.kept[session_id], notes=notes)

    def set_starred(self, ids: Sequence[str], *, starred: bool) -> None:
        for each in ids:
            self.kept[each] = msgspec.structs.replace(self.kept[each], starred=starred)

    def add_tag(self, ids: Sequence[str], tag: str) -> None:
        for each in ids:
            tags = (*self.kept[each].tags, tag)
            self.kept[each] = msgspec.structs.replace(self.kept[each], tags=tags)

    def remove_tag(self, ids: Sequence[str], tag: str) -> None:
        for each in ids:
            tags = tuple(other for other in self.kept[each].tags if other != tag)
            self.kept[each] = msgspec.structs.replace(self.kept[each], tags=tags)

    def discard(self, ids: Sequence[str]) -> None:
        self.bin |= {each: self.kept.pop(each) for each in ids}

    def restore(self, ids: Sequence[str]) -> None:
        self.kept |= {each: self.bin.pop(each) for each in ids}

    def empty_bin(
        self,
        ids: Collection[str] | None = None,
        until: datetime | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """What lay there before any moment is of other windows, which fakes do not have."""
        for each in ids or ():
            self.bin.pop(each, None)

    def import_file(self, path: Path) -> Imported:
        from storage.importing import Imported  # brings SQLAlchemy

        return Imported(added=(), known=tuple(self.kept))

    def watch(self) -> NoWatch:
        return NoWatch()

    def recorder(self, kind: SessionKind = "compare") -> Recorder:
        return NoRecorder()

    def close(self) -> None:
        self.closed = True


class NoWatch:
    def changed(self) -> bool:
        return False

    def close(self) -> None:
        return


class NoRecorder:
    def begin(self, plan: Plan, environment: Environment) -> str:
        return "s1"

    def resume(self, session: str) -> None:
        return

    def record(self, session: str, reply: Reply) -> None:
        return

    def keep(self, session: str, findings: Findings) -> None:
        return

    def end(self, session: str, status: SessionStatus) -> None:
        return


class Fakes:
    """All collaborators of a window, and what was asked of them."""

    def __init__(
        self, folder: Path, bench: FakeBench | None = None, history: FakeHistory | None = None
    ) -> None:
        self.bench = bench or FakeBench()
        self.history = history or FakeHistory()
        self.fidelity: FidelityBench | None = None
        self.divergence: DivergenceBench | None = None
        self.speed: SpeedBench | None = None
        self.exported: list[tuple[Session, Path]] = []
        self.given = Collaborators(
            make_bench=lambda recorder: self.bench,
            open_history=lambda: self.history,
            describe=describe,
            demo=demo,
            export_sessions=self._export_sessions,
            render_sessions=lambda sessions, ending, omit: f"{len(sessions)} as {ending}".encode(),
            first_page=lambda sessions, omit, paper: b"",
            make_fidelity_bench=self._fidelity_bench,
            make_divergence_bench=self._divergence_bench,
            make_speed_bench=self._speed_bench,
            environment=lambda: ENVIRONMENT,
            make_shelf=lambda: shelf_in(folder),
            hub=hub_at("http://127.0.0.1:9", folder),
            salvage=lambda: "Nothing was damaged.",
            network_warning=lambda: None,
            settings_file=folder / "window.json",
            version="0.1.0",
        )

    def _export_sessions(
        self, sessions: Sequence[Session], path: Path, omit: Omit, paper: Paper = "a4"
    ) -> None:
        self.exported += [(session, path) for session in sessions]

    def _divergence_bench(self) -> DivergenceBench:
        if self.divergence is None:
            from tests.gui.fake_divergence import FakeDivergenceBench  # brings the engine's worker

            self.divergence = FakeDivergenceBench()
        return self.divergence

    def _speed_bench(self) -> SpeedBench:
        if self.speed is None:
            from tests.gui.fake_speed import FakeSpeedBench  # brings the engine's worker

            self.speed = FakeSpeedBench()
        return self.speed

    def _fidelity_bench(self) -> FidelityBench:
        if self.fidelity is None:
            from tests.gui.fake_fidelity import FakeFidelityBench  # brings numpy

            self.fidelity = FakeFidelityBench()
        return self.fidelity


def describe(path: Path) -> ModelFile:
    if path.suffix != ".gguf":
        raise NotGguf(f"{path} is not a GGUF file. Choose a file that ends in .gguf.")
    quantization = path.stem.rpartition(".")[2]
    return msgspec.structs.replace(model(quantization), path=str(path), file=path.name)


def demo(progress: Progress) -> tuple[Contender, ...]:
    progress("Making Q8_0 from Q4_1…", 0.4)
    progress("Making Q2_K from Q4_1…", 0.8)
    return (contender("Q8_0", 145_000_000), contender("Q4_1"), contender("Q2_K", 88_000_000))


def session_of(
    plan: Plan,
    replies: Sequence[Reply],
    *,
    session_id: str = "s1",
    title: str = "An earlier session",
    status: SessionStatus = "finished",
    age: timedelta = timedelta(hours=1),
) -> Session:
    return Session(
        id=session_id,
        title=title,
        created=datetime.now(UTC) - age,
        status=status,
        environment=ENVIRONMENT,
        sampling=plan.sampling,
        repeats=plan.repeats,
        together=plan.together,
        warm_up=plan.warm_up,
        contenders=plan.contenders,
        cases=plan.cases,
        replies=tuple(replies),
    )


def _summary(session: Session) -> SessionSummary:
    return SessionSummary(
        id=session.id,
        title=session.title,
        created=session.created,
        kind=session.kind,
        status=session.status,
        contenders=tuple(each.name for each in session.contenders),
        n_replies=len(session.replies),
        n_jobs=len(session.contenders) * len(session.cases) * session.repeats,
    )
