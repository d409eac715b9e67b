"""A plan run on the command line: shown while it runs, stopped by Ctrl+C, given back as a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec
from rich.console import Console
from rich.live import Live

from cli.board import Board
from cli.board_view import BoardView
from cli.interrupt import StopOnInterrupt
from cli.quiet_keys import quiet_keys
from cli.recording import Recording
from cli.replies_view import print_case
from cli.terminal import clean_line, complain, words
from cli.wording import figures_line, seconds
from engine.contract import (
    Event,
    Failed,
    Finished,
    Loaded,
    NotRecorded,
    Plan,
    Recorder,
    Replied,
    Reply,
    Session,
    SessionStatus,
)
from engine.energy.typical import with_pooled_energy
from engine.schedule import kept_replies

_FRAMES_PER_S = 10


class Bench(Protocol):
    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


MakeBench = Callable[[Recorder | None], Bench]


class Screens(msgspec.Struct, frozen=True, kw_only=True):
    """Where replies go, and where progress and notes go; one and the same on a terminal."""

    results: Console
    progress: Console


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """session None: it was stopped before it began. recorded: it is in the history."""

    session: Session | None
    recorded: bool
    stopped: bool


def complain_of_failed(session: Session) -> bool:
    """Name each contender that failed, with its last reason; whether any did."""
    failed = {r.contender: r.error for r in session.replies if r.finish_reason == "error"}
    for name, reason in failed.items():
        complain(clean_line(f"{name} failed: {reason}"))
    return bool(failed)


def run_plan(
    plan: Plan,
    *,
    make_bench: MakeBench,
    recorder: Recorder | None,
    screens: Screens,
    resume: Session | None = None,
) -> Outcome:
    """Run it and print each prompt's replies as soon as all contenders have answered it."""
    recording = Recording(recorder)
    board = Board(plan, earlier=kept_replies(resume))
    bench = make_bench(recording)
    printer = CasePrinter(plan, board, screens.results)
    recorded, status = recorder is not None, "stopped"

    def stop() -> None:
        board.stopping = True
        bench.stop()

    try:
        with StopOnInterrupt(stop) as interrupt, _shown(screens, board, plan):
            for event in bench.run(plan, resume):
                note = board.apply(event)
                _tell(screens.progress, event, note, repeated=plan.repeats > 1)
                recorded = recorded and not isinstance(event, NotRecorded)
                if isinstance(event, Replied | Failed):
                    printer.reply_came(event.reply)
                elif isinstance(event, Finished):
                    status = event.status
    finally:
        bench.close()
    printer.rest()
    ended: SessionStatus = "finished" if status == "finished" else "stopped"
    return Outcome(
        session=recording.session(resume, board.replies(), ended),
        recorded=recorded,
        stopped=interrupt.pressed,
    )


class CasePrinter:
    """Prints each prompt once, with the first reply of each contender, as soon as there are all of them."""

    def __init__(self, plan: Plan, board: Board, console: Console) -> None:
        self._plan = plan
        self._board = board
        self._console = console
        self._printed: set[str] = set()

    def reply_came(self, reply: Reply) -> None:
        if reply.case not in self._printed:
            self._print(reply.case, only_whole=True)

    def rest(self) -> None:
        """Those that not every contender came to answer."""
        for case in self._plan.cases:
            if case.id not in self._printed:
                self._print(case.id, only_whole=False)

    def _print(self, case_id: str, *, only_whole: bool) -> None:
        found = [self._board.reply(each.name, case_id) for each in self._plan.contenders]
        known = self._board.replies()
        replies = [with_pooled_energy(reply, known) for reply in found if reply is not None]
        if not replies or (only_whole and len(replies) < len(found)):
            return
        self._printed.add(case_id)
        place = next(i for i, case in enumerate(self._plan.cases) if case.id == case_id)
        print_case(
            self._console, self._plan.cases[place], place + 1, len(self._plan.cases), replies
        )


@contextmanager
def _shown(screens: Screens, board: Board, plan: Plan) -> Iterator[None]:
    """The board in motion on a terminal; elsewhere lines say what happens."""
    if not screens.progress.is_terminal:
        yield
        return
    with (
        quiet_keys(),
        Live(
            BoardView(board, plan),
            console=screens.progress,
            refresh_per_second=_FRAMES_PER_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ),
    ):
        yield


def _tell(console: Console, event: Event, note: str | None, *, repeated: bool) -> None:
    if note:
        console.print(words(f"Note: {clean_line(note)}", "yellow"))
    if console.is_terminal:
        return
    if isinstance(event, Loaded):
        _line(console, event.contender, f"loaded in {seconds(event.load_s)}")
    elif isinstance(event, Replied | Failed):
        reply = event.reply
        what = f"failed: {reply.error}" if reply.error else figures_line(reply)
        place = (
            f"prompt {reply.case}, repeat {reply.repeat + 1}"
            if repeated
            else f"prompt {reply.case}"
        )
        _line(console, reply.contender, f"{place}: {what}")


def _line(console: Console, name: str, what: str) -> None:
    print(clean_line(f"{name}: {what}"), file=console.file, flush=True)
