"""suite: is a cheaper model good enough on these cases?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.contenders import read_contenders
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.program import program_name
from cli.recording import Recording
from cli.suite_options import SuiteOptions
from cli.terminal import (
    clean_line,
    complain,
    message_console,
    result_console,
    words,
    write_result,
)
from cli.usage import WrongUsage
from cli.wording import NONE, count
from engine.bench import Bench
from engine.contract import (
    Failed,
    Loading,
    Notice,
    Plan,
    Replied,
    Reply,
    Runtime,
    Sampling,
    Session,
    SessionStatus,
)
from engine.quality.cases import read_suite
from engine.quality.generators.ready import ready_suite, ready_suites
from engine.quality.standings import Standing
from engine.quality.suite import Suite
from engine.suite import Assessment, assess, suite_plan
from models import fit
from models.describe import describe
from storage.document import dump
from storage.folders import database_path
from storage.history import History

_MOST_SHOWN = 8


def suite(reference: Path | None, candidates: Sequence[Path], options: SuiteOptions) -> int:
    """The exit code: 1 where a contender failed, 130 where Ctrl+C stopped it."""
    if options.ready == "list":
        return _list_ready(result_console())
    asked = _read(options)
    if reference is None or not candidates:
        raise WrongUsage("Name a reference and at least one candidate to judge against it.")
    runtime = Runtime(n_ctx=options.ctx, threads=options.threads)
    contenders = read_contenders([reference, *candidates], runtime, describe)
    plan = suite_plan(
        asked,
        contenders,
        sampling=Sampling(max_tokens=options.max_tokens),
        repeats=options.repeat,
        deterministic=options.deterministic,
    )
    # Told before the run rather than after it.
    assess(asked, contenders, (), margin=options.margin / 100)
    for remark in asked.not_supported:
        complain(clean_line(f"Not supported: {remark.sentence()}"))
    with History.open(database_path()) as history:
        session, stopped = _run(plan, history)
    if session is None:
        return EXIT_INTERRUPTED
    found = assess(asked, contenders, session.replies, margin=options.margin / 100)
    if options.as_json:
        write_result(_document(session, found))
    else:
        print_assessment(result_console(), asked, found, session.id)
    if stopped:
        return EXIT_INTERRUPTED
    failed = {r.contender: r.error for r in session.replies if r.finish_reason == "error"}
    for name, reason in failed.items():
        complain(clean_line(f"{name} failed: {reason}"))
    return EXIT_FAILED if failed else 0


def _read(options: SuiteOptions) -> Suite:
    if (options.cases is None) == (options.ready is None):
        raise WrongUsage("Give either --cases FILE or --ready NAME (--ready list names them).")
    if options.cases is not None:
        return read_suite(options.cases)
    return ready_suite(str(options.ready), options.number, options.seed)


def _list_ready(console: Console) -> int:
    for each in ready_suites():
        console.print(words(f"{each.name:16}{each.title}: {each.about}"))
    return 0


def _run(plan: Plan, history: History) -> tuple[Session | None, bool]:
    recording = Recording(history.recorder(kind="suite"), kind="suite")
    bench = Bench(fit=fit, recorder=recording)
    jobs = len(plan.contenders) * len(plan.cases) * plan.repeats
    replies: list[Reply] = []
    try:
        with StopOnInterrupt(bench.stop) as interrupt, _progress() as progress:
            task = progress.add_task("Starting", total=jobs)
            for event in bench.run(plan):
                if isinstance(event, Loading):
                    progress.update(task, description=f"Loading {clean_line(event.contender)}")
                elif isinstance(event, Replied | Failed):
                    replies.append(event.reply)
                    name = clean_line(event.reply.contender)
                    progress.update(task, completed=len(replies), description=name)
                elif isinstance(event, Notice):
                    progress.console.print(words(event.text, "dim"))
    finally:
        bench.close()
    status: SessionStatus = "stopped" if interrupt.pressed else "finished"
    return recording.session(None, tuple(replies), status), interrupt.pressed


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=message_console(), transient=True)


def _document(session: Session, found: Assessment) -> bytes:
    """The session's document with what the suite says of it."""
    document = msgspec.json.decode(dump(session))
    document["scores"] = msgspec.to_builtins(found.scores)
    document["standings"] = msgspec.to_builtins(found.standings)
    document["verdicts"] = msgspec.to_builtins(found.verdicts)
    document["sentences"] = list(found.sentences)
    document["checks_not_run"] = found.checks_not_run
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def print_assessment(console: Console, asked: Suite, found: Assessment, session_id: str) -> None:
    """Passed cases, the verdicts as sentences, and which cases came out differently."""
    console.print(words(f"{asked.name}: {count(len(asked.cases), 'case')}.", "bold"))
    console.print(_table(found.standings))
    for verdict, text, flips in zip(found.verdicts, found.sentences, found.flips, strict=True):
        console.print()
        console.print(words(f"{verdict.contender}: {verdict.outcome.upper()}", "bold"))
        console.print(words(text))
        for what, ids in (("lost", flips.lost), ("gained", flips.gained)):
            if ids:
                shown = ", ".join(ids[:_MOST_SHOWN]) + (" …" if len(ids) > _MOST_SHOWN else "")
                console.print(words(f"{what}: {shown}", "dim"))
    for reason, times in found.checks_not_run.items():
        console.print(words(f"Could not be told {times} times: {reason}", "dim"))
    console.print()
    console.print(
        words(f"Recorded. To read the replies: {program_name()} sessions show {session_id}", "dim")
    )


def _table(standings: Sequence[Standing]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    for head in ("passed", "95 % interval", "cases"):
        table.add_column(head, justify="right", no_wrap=True)
    for each in standings:
        known = each.pass_rate is not None and each.low is not None and each.high is not None
        table.add_row(
            words(each.contender),
            f"{100 * each.pass_rate:.1f} %" if each.pass_rate is not None else NONE,
            f"{100 * (each.low or 0):.1f} to {100 * (each.high or 0):.1f} %" if known else NONE,
            f"{each.scored} of {each.cases}",
        )
    return table
