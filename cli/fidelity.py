"""fidelity: how far cheaper models are from a reference, on a text or on one's own prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cli.contenders import read_contenders
from cli.failures import EXIT_INTERRUPTED
from cli.fidelity_options import FidelityOptions
from cli.fidelity_source import make_plan
from cli.fidelity_view import print_bundled, print_fidelity
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean_line, complain, message_console, result_console, write_result
from cli.usage import WrongUsage
from engine.client import Stopped
from engine.contract import FidelityDocument, ModelFile, Runtime, Session
from engine.fidelity import (
    ChunkDone,
    FidelityBench,
    FidelityDone,
    FidelityEvent,
    FidelityPlan,
    RepliesPlan,
    ReplyGiven,
)
from models import fit
from models.describe import describe
from storage.folders import database_path
from storage.history import History


class Bench(Protocol):
    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]: ...

    def stop(self) -> None: ...


def machine_bench() -> Bench:
    """Runs on this machine."""
    return FidelityBench(fit=fit)


def recorded_session(session_id: str) -> Session:
    with History.open(database_path()) as history:
        return history.session(session_id)


def fidelity(
    reference: Path | None,
    candidates: Sequence[Path],
    options: FidelityOptions,
    *,
    make_bench: Callable[[], Bench] = machine_bench,
    describe_model: Callable[[Path], ModelFile] = describe,
    read_session: Callable[[str], Session] = recorded_session,
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
    document, stopped = _run(make_bench(), make_plan(contenders, options, read_session))
    if document is None:
        complain("Stopped before anything was scored.")
        return EXIT_INTERRUPTED
    if options.as_json:
        write_result(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    else:
        print_fidelity(result_console(), document)
    return EXIT_INTERRUPTED if stopped else 0


def _run(bench: Bench, plan: FidelityPlan | RepliesPlan) -> tuple[FidelityDocument | None, bool]:
    document = None
    with StopOnInterrupt(bench.stop) as interrupt, _progress() as progress:
        task = progress.add_task("Loading the models", total=None)
        try:
            for event in bench.run(plan):
                if isinstance(event, ReplyGiven):
                    progress.update(
                        task,
                        total=event.cases,
                        completed=event.done,
                        description=f"{clean_line(plan.reference.name)} answers",
                    )
                elif isinstance(event, ChunkDone):
                    same = event.running.same_top_percent.value
                    progress.update(
                        task,
                        total=event.chunks,
                        completed=event.chunk,
                        description=f"{clean_line(event.candidate)}: same top {same:.1f} %",
                    )
                elif isinstance(event, FidelityDone):
                    document = event.document
        except Stopped:
            return None, True
    return document, interrupt.pressed


def _progress() -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    console = message_console()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
