"""suite: is a cheaper model good enough on these cases?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cli.compare import machine_bench
from cli.contenders import read_contenders
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.program import program_name
from cli.recording import Recording
from cli.running import MakeBench, Outcome, kept_replies
from cli.suite_options import SuiteOptions
from cli.suite_view import print_assessment
from cli.terminal import (
    clean_line,
    complain,
    message_console,
    result_console,
    words,
    write_result,
)
from cli.usage import WrongUsage
from engine.contract import (
    CaseScore,
    Event,
    Failed,
    Findings,
    Loading,
    ModelFile,
    Notice,
    NotRecorded,
    Plan,
    Replied,
    Runtime,
    Sampling,
    Session,
    SessionStatus,
)
from engine.errors import PlanError, StorageError
from engine.quality.cases import read_suite
from engine.quality.generators.ready import ready_suite, ready_suites
from engine.quality.suite import Suite
from engine.suite import (
    DEFAULT_MARGIN,
    Assessment,
    assess,
    findings,
    judge,
    suite_of,
    suite_plan,
)
from models.describe import describe
from storage.document import dump
from storage.folders import database_path
from storage.history import History


def suite(
    reference: Path | None,
    candidates: Sequence[Path],
    options: SuiteOptions,
    *,
    make_bench: MakeBench = machine_bench,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """The exit code: 1 where a contender failed, 130 where Ctrl+C stopped it."""
    if options.ready == "list":
        return _list_ready(result_console())
    with History.open(database_path()) as history:
        if options.resume is not None:
            earlier = _session_to_finish(history, options, reference)
            asked, plan = suite_of(earlier), earlier.plan()
        else:
            earlier, asked = None, _read(options)
            plan = _plan(asked, reference, candidates, options, describe_model)
        for remark in asked.not_supported:
            complain(clean_line(f"Not supported: {remark.sentence()}"))
        margin = _margin(asked, plan, options, earlier)
        outcome = _run(plan, history, make_bench, earlier)
        found = None
        if outcome.session is not None:
            found = assess(
                asked,
                plan.contenders,
                outcome.session.replies,
                margin=margin,
                known=_scores_that_stand(earlier),
            )
            outcome = _keep(history, outcome, findings(asked, found, margin=margin))
    return _report(asked, outcome, found, options)


def _read(options: SuiteOptions) -> Suite:
    if (options.cases is None) == (options.ready is None):
        raise WrongUsage("Give either --cases FILE or --ready NAME (--ready list names them).")
    if options.cases is None:
        try:
            return ready_suite(str(options.ready), options.number, options.seed)
        except PlanError as error:
            raise WrongUsage(str(error)) from error
    if not options.cases.is_file():
        raise WrongUsage(f"There is no file {options.cases}, given to --cases.")
    return read_suite(options.cases)


def _list_ready(console: Console) -> int:
    for each in ready_suites():
        console.print(words(f"{each.name:16}{each.title}: {each.about}"))
    return 0


def _plan(
    asked: Suite,
    reference: Path | None,
    candidates: Sequence[Path],
    options: SuiteOptions,
    describe_model: Callable[[Path], ModelFile],
) -> Plan:
    if reference is None or not candidates:
        raise WrongUsage("Name a reference and at least one candidate to judge against it.")
    runtime = Runtime(n_ctx=options.ctx, threads=options.threads)
    contenders = read_contenders([reference, *candidates], runtime, describe_model)
    return suite_plan(
        asked,
        contenders,
        sampling=Sampling(max_tokens=options.max_tokens),
        repeats=options.repeat,
        deterministic=options.deterministic,
    )


def _session_to_finish(history: History, options: SuiteOptions, reference: Path | None) -> Session:
    if reference is not None or options.cases is not None or options.ready is not None:
        raise WrongUsage("--resume takes models and cases from the session: name none here.")
    session = history.session(str(options.resume))
    if session.kind != "suite":
        raise WrongUsage(f"Session {session.id} is no suite and cannot be resumed here.")
    return session


def _margin(asked: Suite, plan: Plan, options: SuiteOptions, earlier: Session | None) -> float:
    """As a fraction: the one asked for, else the session's own. A wrong one is told before the run."""
    margin = DEFAULT_MARGIN if options.margin is None else options.margin / 100
    if options.margin is None and earlier is not None and earlier.suite is not None:
        margin = earlier.suite.margin
    try:
        judge(asked, plan.contenders, (), margin=margin)
    except PlanError as error:
        raise WrongUsage(str(error)) from error
    return margin


def _scores_that_stand(earlier: Session | None) -> list[CaseScore]:
    """Of replies that are not made again: their checks may have been overruled."""
    kept = {(reply.contender, reply.case, reply.repeat) for reply in kept_replies(earlier)}
    scores = earlier.scores if earlier is not None else ()
    return [each for each in scores if (each.contender, each.case, each.repeat) in kept]


def _keep(history: History, outcome: Outcome, found: Findings) -> Outcome:
    session = outcome.session
    assert session is not None
    if outcome.recorded:
        try:
            history.keep(session.id, found)
        except StorageError as error:
            complain(clean_line(str(error)))
    return msgspec.structs.replace(outcome, session=found.added_to(session))


def _run(plan: Plan, history: History, make_bench: MakeBench, earlier: Session | None) -> Outcome:
    recording = Recording(history.recorder(kind="suite"), kind="suite")
    bench = make_bench(recording)
    replies = list(kept_replies(earlier))
    recorded = True
    try:
        with StopOnInterrupt(bench.stop) as interrupt, _progress() as progress:
            jobs = len(plan.contenders) * len(plan.cases) * plan.repeats
            task = progress.add_task("Starting", total=jobs, completed=len(replies))
            for event in bench.run(plan, earlier):
                if isinstance(event, Replied | Failed):
                    replies.append(event.reply)
                recorded = recorded and not isinstance(event, NotRecorded)
                _show(progress, task, event)
                progress.update(task, completed=len(replies))
    finally:
        bench.close()
    status: SessionStatus = "stopped" if interrupt.pressed else "finished"
    session = recording.session(earlier, tuple(replies), status)
    if session is not None and recorded:
        session = history.session(session.id)
    return Outcome(session=session, recorded=recorded, stopped=interrupt.pressed)


def _show(progress: Progress, task: TaskID, event: Event) -> None:
    if isinstance(event, Loading):
        progress.update(task, description=f"Loading {clean_line(event.contender)}")
    elif isinstance(event, Replied | Failed):
        progress.update(task, description=clean_line(event.reply.contender))
    elif isinstance(event, Notice):
        progress.console.print(words(clean_line(event.text), "dim"))
    elif isinstance(event, NotRecorded):
        progress.console.print(words(clean_line(event.reason), "yellow"))


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeRemainingColumn(),
    )
    console = message_console()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _report(asked: Suite, outcome: Outcome, found: Assessment | None, options: SuiteOptions) -> int:
    session = outcome.session
    if session is None or found is None:
        return EXIT_INTERRUPTED
    if options.as_json:
        write_result(_document(session, found))
    else:
        print_assessment(result_console(), asked, found)
    if outcome.recorded:
        complain(f"Recorded. To read the replies: {program_name()} sessions show {session.id}")
    failed = {r.contender: r.error for r in session.replies if r.finish_reason == "error"}
    for name, reason in failed.items():
        complain(clean_line(f"{name} failed: {reason}"))
    if outcome.stopped:
        complain("Stopped: this is what was found until then.")
        if outcome.recorded:
            command = f"{program_name()} suite --resume {session.id}"
            complain(f"To finish it: {command}")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failed else 0


def _document(session: Session, found: Assessment) -> bytes:
    """The session's document with what the suite says of it."""
    document = msgspec.json.decode(dump(session))
    document["standings"] = msgspec.to_builtins(found.standings)
    document["sentences"] = list(found.sentences)
    document["checks_not_run"] = found.checks_not_run
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
