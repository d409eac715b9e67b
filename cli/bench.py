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
    MarkdownTable,
    csv_header,
    csv_row,
    json_text,
    jsonl_text,
    record,
)
from cli.contenders import read_contenders
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean_line, complain, message_console
from cli.wording import percent
from engine.bench import Bench
from engine.contract import (
    Contender,
    Environment,
    Event,
    Loading,
    Measured,
    ModelFile,
    Runtime,
    SpeedTest,
)
from engine.speed import Measuring, NotMeasured, SpeedBench
from models import fit
from models.describe import describe

_GPU_KINDS: Final = {"gpu", "igpu"}


class Speeds(Protocol):
    def run(
        self,
        contenders: Sequence[Contender],
        tests: Sequence[SpeedTest],
        *,
        repetitions: int = 5,
        warm_up: bool = True,
    ) -> Iterator[Event | Measuring | Measured | NotMeasured]: ...

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


def bench(
    files: Sequence[Path],
    options: BenchOptions,
    *,
    make_benches: Callable[[tuple[str, ...]], Benches] = machine_benches,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """The exit code: 1 where a test could not be measured, 130 where Ctrl+C stopped it."""
    tests, runtimes = speed_tests(options), runtimes_of(options)
    models = [each.model for each in read_contenders(files, Runtime(), describe_model)]
    benches = make_benches(runtimes[0].rpc_servers)
    form: BenchFormat = "json" if options.as_json else options.output
    contenders = _contenders(models, runtimes)
    report = _Report(form, contenders, benches.environment)
    progress = _Progress(message_console())
    failed = False
    try:
        with StopOnInterrupt(benches.speed.stop) as interrupt, progress:
            report.begin()
            for event in benches.speed.run(
                contenders,
                tests,
                repetitions=options.repetitions,
                warm_up=not options.no_warmup,
            ):
                if isinstance(event, Measured):
                    progress.clear()
                    report.add(event)
                elif isinstance(event, NotMeasured):
                    failed = True
                    progress.clear()
                    what = f", {event.test.name}" if event.test else ""
                    complain(clean_line(f"{event.contender}{what}: {event.reason}"))
                elif isinstance(event, Measuring | Loading):
                    progress.show(event, options.repetitions)
    finally:
        benches.speed.close()
    report.end()
    if interrupt.pressed:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failed else 0


def _contenders(models: Sequence[ModelFile], runtimes: Sequence[Runtime]) -> list[Contender]:
    """Every model in every combination of settings; the number keeps their names apart."""
    pairs = [(model, runtime) for model in models for runtime in runtimes]
    return [
        Contender(
            name=model.file if len(pairs) == 1 else f"{model.file} ({number} of {len(pairs)})",
            model=model,
            runtime=runtime,
        )
        for number, (model, runtime) in enumerate(pairs, 1)
    ]


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
        has_gpu = any(device.kind in _GPU_KINDS for device in environment.devices)
        runtimes = [each.runtime for each in contenders]
        self._table = MarkdownTable(runtimes, has_gpu=has_gpu)
        self._records: list[dict[str, Any]] = []

    def begin(self) -> None:
        if self._form == "md":
            _print(self._table.header())
        elif self._form == "csv":
            _print(csv_header())

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
