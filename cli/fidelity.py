"""fidelity: how far cheaper models are from a reference, on a text or on one's own prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cli.contenders import read_contenders
from cli.failures import EXIT_INTERRUPTED
from cli.fidelity_options import FidelityOptions
from cli.fidelity_source import make_plan
from cli.fidelity_view import print_bundled, print_fidelity
from cli.history import open_history
from cli.interrupt import StopOnInterrupt
from cli.measurement_history import measurement_recorder, tell_where_recorded
from cli.terminal import (
    clean_line,
    complain,
    message_console,
    result_console,
    words,
    write_json,
)
from cli.usage import WrongUsage
from engine.bench import Bench as AnyBench
from engine.client import Stopped
from engine.contract import (
    Began,
    Environment,
    FidelityDocument,
    ModelFile,
    NotRecorded,
    Recorder,
    Runtime,
    Session,
)
from engine.fidelity import (
    ChunkDone,
    FidelityBench,
    FidelityDone,
    FidelityEvent,
    FidelityPlan,
    RepliesPlan,
    ReplyGiven,
)
from engine.fidelity_recording import recorded_fidelity
from engine.same_models import same_model_remarks
from models import fit
from models.describe import describe


class Bench(Protocol):
    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]: ...

    def stop(self) -> None: ...


def machine_bench() -> Bench:
    """Runs on this machine."""
    return FidelityBench(fit=fit)


def machine_environment() -> Environment:
    """This machine, with the devices that a worker lists."""
    listing = AnyBench(fit=fit)
    try:
        return listing.environment()
    finally:
        listing.close()


def recorded_session(session_id: str) -> Session:
    with open_history() as history:
        return history.session(session_id)


def fidelity(
    reference: Path | None,
    candidates: Sequence[Path],
    options: FidelityOptions,
    *,
    make_bench: Callable[[], Bench] = machine_bench,
    describe_model: Callable[[Path], ModelFile] = describe,
    read_session: Callable[[str], Session] = recorded_session,
    read_environment: Callable[[], Environment] = machine_environment,
) -> int:
    """The exit code: 130 where Ctrl+C stopped it, with what was scored until then."""
    if options.bundled == "list":
        print_bundled(result_console())
        return 0
    if reference is None or not candidates:
        raise WrongUsage(
            "There is nothing to compare: name a reference and at least one candidate."
        )
    runtime = Runtime(n_ctx=options.ctx, threads=options.threads)
    contenders = read_contenders([reference, *candidates], runtime, describe_model)
    plan = make_plan(contenders, options, read_session)
    return measure_fidelity(
        plan,
        as_json=options.as_json,
        wanted=not options.no_history,
        make_bench=make_bench,
        read_environment=read_environment,
    )


def measure_fidelity(
    plan: FidelityPlan | RepliesPlan,
    *,
    as_json: bool,
    wanted: bool = True,
    make_bench: Callable[[], Bench] = machine_bench,
    read_environment: Callable[[], Environment] = machine_environment,
) -> int:
    """The exit code, as that of `fidelity`. wanted: in the history."""
    for remark in same_model_remarks((plan.reference, *plan.candidates)):
        complain(clean_line(remark))
    with measurement_recorder("fidelity", wanted=wanted) as recorder:
        document, stopped = _run(make_bench(), plan, read_environment, recorder)
    if document is None:
        complain("Stopped before anything was scored.")
        return EXIT_INTERRUPTED
    if as_json:
        write_json(document)
    else:
        print_fidelity(result_console(), document)
    return EXIT_INTERRUPTED if stopped else 0


def _run(
    bench: Bench,
    plan: FidelityPlan | RepliesPlan,
    read_environment: Callable[[], Environment],
    recorder: Recorder | None,
) -> tuple[FidelityDocument | None, bool]:
    document, session = None, None
    with StopOnInterrupt(bench.stop) as interrupt, _progress() as progress:
        task = progress.add_task("Loading the models", total=None)
        try:
            events = recorded_fidelity(bench.run(plan), plan, read_environment, recorder)
            for event in events:
                match event:
                    case Began():
                        session = event.session
                    case NotRecorded(reason=reason):
                        session = None
                        progress.console.print(words(clean_line(reason), "yellow"))
                    case FidelityDone():
                        document = event.document
                    case ReplyGiven() | ChunkDone():
                        _show(progress, task, event, plan.reference.name)
        except Stopped:
            return None, True
    tell_where_recorded(session)
    return document, interrupt.pressed


def _show(progress: Progress, task: TaskID, event: ReplyGiven | ChunkDone, reference: str) -> None:
    if isinstance(event, ReplyGiven):
        total, completed = event.cases, event.done
        description = f"{clean_line(reference)} answers"
    else:
        same = event.running.same_top_percent.value
        total, completed = event.chunks, event.chunk
        description = f"{clean_line(event.candidate)}: same top {same:.1f} %"
    progress.update(task, total=total, completed=completed, description=description)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    console = message_console()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
