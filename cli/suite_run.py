"""A suite's plan run on the command line, with its progress and the time that is left."""

from __future__ import annotations

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cli.interrupt import StopOnInterrupt
from cli.recording import Recording
from cli.running import MakeBench, Outcome
from cli.terminal import clean_line, message_console, words
from engine.contract import (
    Event,
    Failed,
    Loading,
    Notice,
    NotRecorded,
    Plan,
    Replied,
    Session,
    SessionStatus,
)
from engine.schedule import kept_replies
from storage.history import History


def run_suite(
    plan: Plan, history: History, make_bench: MakeBench, earlier: Session | None
) -> Outcome:
    """Run it, or what an earlier session of it lacks."""
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
        TextColumn("left"),
    )
    console = message_console()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
