"""bench: prompt and generation speed as llama-bench defines them, for every combination of settings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from rich.console import Console
from rich.status import Status

from cli.bench_lists import runtimes_of, speed_tests
from cli.bench_options import BenchFormat, BenchOptions
from cli.bench_report import (
    GPU_KINDS,
    MarkdownTable,
    csv_header,
    csv_row,
    json_text,
    jsonl_text,
    record,
)
from cli.contenders import read_contenders
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.history import open_history
from cli.interrupt import StopOnInterrupt
from cli.measurement_history import measurement_recorder, tell_where_recorded
from cli.program import program_name
from cli.terminal import clean_line, complain, message_console
from cli.usage import WrongUsage
from cli.wording import percent
from engine.bench import Bench
from engine.contract import (
    Began,
    Contender,
    Environment,
    Loading,
    Measured,
    ModelFile,
    NotRecorded,
    Runtime,
    Session,
    SpeedTest,
)
from engine.speed import Measuring, NotMeasured, SpeedBench, SpeedEvent, SpeedPlan
from engine.speed_recording import recorded_speeds, rest_of
from models import fit
from models.describe import describe

_NUMBERED: Final = " ("


class Speeds(Protocol):
    def run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Benches(msgspec.Struct, frozen=True, kw_only=True):
    """What measures, and what tells the machine."""

    speed: Speeds
    environment: Environment


def machine_benches(rpc_servers: tuple[str, ...]) -> Benches:
    listing = Bench(fit=fit)
    try:
        environment = listing.environment(rpc_servers)
    finally:
        listing.close()
    return Benches(speed=SpeedBench(fit=fit), environment=environment)


MakeBenches = Callable[[tuple[str, ...]], Benches]


def bench(
    files: Sequence[Path],
    options: BenchOptions,
    *,
    make_benches: MakeBenches = machine_benches,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """The exit code: 1 where a test could not be measured, 130 where Ctrl+C stopped it."""
    form: BenchFormat = "json" if options.as_json else options.output
    if options.resume is not None:
        session = _session_to_finish(files, options)
        plan = rest_of(session)
        return measure(plan, form, wanted=True, resume=session, make_benches=make_benches)
    if not files:
        raise WrongUsage("Name the models to measure, or a session with --resume.")
    runtimes = runtimes_of(options)
    tests = tuple(speed_tests(options))
    models = [each.model for each in read_contenders(files, Runtime(), describe_model)]
    plan = SpeedPlan(
        contenders=_contenders(models, runtimes),
        tests=tests,
        repetitions=options.repetitions,
        warm_up=not options.no_warmup,
    )
    return measure(plan, form, wanted=not options.no_history, make_benches=make_benches)


def measure(
    plan: SpeedPlan,
    form: BenchFormat,
    *,
    wanted: bool = True,
    resume: Session | None = None,
    make_benches: MakeBenches = machine_benches,
) -> int:
    """The exit code, as that of `bench`. wanted: in the history."""
    benches = make_benches(plan.contenders[0].runtime.rpc_servers)
    report = _Report(form, plan.contenders, benches.environment)
    shown = _Shown(report, _Progress(message_console()), plan)
    try:
        with (
            measurement_recorder("bench", wanted=wanted) as recorder,
            StopOnInterrupt(benches.speed.stop) as interrupt,
            shown.progress,
        ):
            report.begin(() if resume is None else resume.speeds)
            events, machine = benches.speed.run(plan), lambda: benches.environment
            for event in recorded_speeds(events, plan, machine, recorder, resume):
                shown.take(event)
    finally:
        benches.speed.close()
    report.end()
    # A history keeps no run of which nothing could be measured.
    tell_where_recorded(shown.session if shown.measured else None)
    if interrupt.pressed:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if shown.failed else 0


def _session_to_finish(files: Sequence[Path], options: BenchOptions) -> Session:
    """Raises WrongUsage where there is nothing to finish, or something is asked for that it says itself."""
    given = BenchOptions(resume=options.resume, output=options.output, as_json=options.as_json)
    if files or options != given:
        raise WrongUsage(
            "--resume takes models, tests and settings from the session: name none here."
        )
    with open_history() as history:
        session = history.session(str(options.resume))
    if session.kind != "bench":
        raise WrongUsage(f"Session {session.id} is no speed run and cannot be resumed here.")
    plan = rest_of(session)
    if not (session.tests and any(plan.tests_of(each.name) for each in plan.contenders)):
        raise WrongUsage(
            f"Nothing of session {session.id} is missing. To run all of it again:"
            f" {program_name()} sessions rerun {session.id}"
            if session.tests
            else f"Session {session.id} does not tell what was to be measured. Run bench anew."
        )
    return session


class _Shown:
    """What a run tells, on the screen; session: where it is recorded."""

    def __init__(self, report: _Report, progress: _Progress, plan: SpeedPlan) -> None:
        self.progress = progress
        self.failed = self.measured = False
        self.session: str | None = None
        self._report = report
        self._repetitions = plan.repetitions

    def take(self, event: SpeedEvent) -> None:
        match event:
            case Began(session=session):
                self.session = session
            case Measured():
                self.measured = True
                self.progress.clear()
                self._report.add(event)
            case NotMeasured(contender=name, test=test, reason=reason):
                self.failed = True
                self._complain(_not_measured(name, test, reason))
            case NotRecorded(reason=reason):
                self.session = None
                self._complain(reason)
            case Measuring() | Loading():
                self.progress.show(event, self._repetitions)

    def _complain(self, sentence: str) -> None:
        self.progress.clear()
        complain(clean_line(sentence))


def _not_measured(name: str, test: SpeedTest | None, reason: str) -> str:
    """Which one it was, and why; the file is named once, also where the reason begins with it."""
    for file in (name, name.rpartition(_NUMBERED)[0]):
        if test is None and file and reason.startswith(f"{file} "):
            return f"{name}{reason.removeprefix(file)}"
    return f"{name}{f', {test.name}' if test else ''}: {reason}"


def _contenders(models: Sequence[ModelFile], runtimes: Sequence[Runtime]) -> tuple[Contender, ...]:
    """Every model in every combination of settings; the number keeps their names apart."""
    pairs = [(model, runtime) for model in models for runtime in runtimes]
    return tuple(
        Contender(
            name=model.file
            if len(pairs) == 1
            else f"{model.file}{_NUMBERED}{number} of {len(pairs)})",
            model=model,
            runtime=runtime,
        )
        for number, (model, runtime) in enumerate(pairs, 1)
    )


class _Report:
    """Rows as they come; JSON, whose list must be whole, at the end."""

    def __init__(
        self,
        form: BenchFormat,
        contenders: Sequence[Contender],
        environment: Environment,
    ) -> None:
        self._form = form
        self._contenders = {each.name: each for each in contenders}
        self._environment = environment
        has_gpu = any(device.kind in GPU_KINDS for device in environment.devices)
        runtimes = [each.runtime for each in contenders]
        self._table = MarkdownTable(runtimes, has_gpu=has_gpu)
        self._records: list[dict[str, Any]] = []

    def begin(self, known: Sequence[Measured]) -> None:
        """known: what was measured before, in an earlier part of the run."""
        if self._form == "md":
            _print(self._table.header())
        elif self._form == "csv":
            _print(csv_header())
        for each in known:
            self.add(each)

    def add(self, measured: Measured) -> None:
        row = record(measured, self._contenders[measured.contender], self._environment)
        self._records.append(row)
        if self._form == "md":
            _print(self._table.row(row))
        elif self._form == "csv":
            _print(csv_row(row))
        elif self._form == "jsonl":
            _print(jsonl_text(row))

    def end(self) -> None:
        if self._form == "json":
            _print(json_text(self._records))
        elif self._form == "md" and self._records:
            _print(f"\nbuild: {self._records[0]['llama_cpp']}")


class _Progress:
    """One line on the terminal that says what is being measured; elsewhere nothing."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, event: Measuring | Loading, repetitions: int) -> None:
        if isinstance(event, Loading):
            text = f"{event.contender}: loading {percent(event.fraction)}"
        else:
            text = f"{event.contender}: {event.test.name}, {event.done} of {repetitions}"
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status(clean_line(text))
            self._status.start()
        else:
            self._status.update(clean_line(text))

    def clear(self) -> None:
        """Take the line away, so that a row can be written where it stood."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def _print(text: str) -> None:
    print(text, flush=True, file=sys.stdout)
