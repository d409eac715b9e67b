"""What a run looks like at this moment: one column a contender, for the prompt that is being answered.

Events go in from the run, snapshots come out for the screen; the two may live on different threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from cli.wording import count, done_line, percent, rate
from engine.contract import (
    Event,
    Failed,
    Loaded,
    Loading,
    Notice,
    NotRecorded,
    Piece,
    Plan,
    Replied,
    Reply,
    Started,
    Unloaded,
    WarmingUp,
)

Mood = Literal["waiting", "busy", "done", "failed"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One contender as the screen shows it."""

    name: str
    state: str
    mood: Mood
    text: str = ""
    reasoning: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """case: position of the prompt on show, from 0. done: replies that came so far, of `jobs`."""

    case: int
    repeat: int
    done: int
    jobs: int
    stopping: bool
    columns: tuple[Column, ...]


class _Lane(msgspec.Struct):
    """Where a contender is: what it does, and the reply it is working on."""

    name: str
    loaded: bool = False
    doing: str | None = None
    job: tuple[str, int] | None = None
    text: list[str] = msgspec.field(default_factory=list)
    reasoning: list[str] = msgspec.field(default_factory=list)
    tokens: int = 0
    first_s: float = 0.0
    first_tokens: int = 0


class Board:
    def __init__(
        self,
        plan: Plan,
        earlier: Iterable[Reply] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._clock = clock
        self._lanes = {each.name: _Lane(each.name) for each in plan.contenders}
        self._places = {case.id: place for place, case in enumerate(plan.cases)}
        self._case = plan.cases[0].id
        self._repeat = 0
        self._replies = {(each.contender, each.case, each.repeat): each for each in earlier}
        self._lock = threading.Lock()
        self.stopping = False

    def apply(self, event: Event) -> str | None:
        """Take in what happened; gives a note for the reader where the event is one."""
        with self._lock:
            return self._apply(event)

    def reply(self, contender: str, case: str, repeat: int = 0) -> Reply | None:
        with self._lock:
            return self._replies.get((contender, case, repeat))

    def replies(self) -> tuple[Reply, ...]:
        """All that came, those of an earlier run that is resumed among them."""
        with self._lock:
            return tuple(self._replies.values())

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot(
                case=self._places[self._case],
                repeat=self._repeat,
                done=len(self._replies),
                jobs=len(self._lanes) * len(self._places) * self._plan.repeats,
                stopping=self.stopping,
                columns=tuple(self._column(lane) for lane in self._lanes.values()),
            )

    def _apply(self, event: Event) -> str | None:
        match event:
            case Loading(contender=name, fraction=fraction):
                self._lanes[name].doing = f"loading {percent(fraction)}"
            case WarmingUp(contender=name):
                self._lanes[name].doing = "warming up"
            case Loaded(contender=name):
                self._lanes[name].loaded = True
                self._lanes[name].doing = None
            case Unloaded(contender=name, reason=reason):
                self._lanes[name].loaded = False
                return f"{name} was unloaded: {reason}."
            case Started():
                self._start(event)
            case Piece():
                self._piece(event)
            case Replied(reply=reply) | Failed(reply=reply):
                self._end(reply)
            case NotRecorded(reason=reason):
                return f"This run is no longer recorded: {reason}"
            case Notice(text=text):
                return text
        return None

    def _start(self, event: Started) -> None:
        self._case, self._repeat = event.case, event.repeat
        lane = self._lanes[event.contender]
        lane.job = (event.case, event.repeat)
        lane.doing = "reading the prompt"
        lane.text, lane.reasoning, lane.tokens = [], [], 0

    def _piece(self, event: Piece) -> None:
        lane = self._lanes[event.contender]
        (lane.text if event.channel == "text" else lane.reasoning).append(event.text)
        if not lane.tokens:
            lane.first_s, lane.first_tokens = self._clock(), event.generated_tokens
        lane.tokens = event.generated_tokens
        elapsed_s = self._clock() - lane.first_s
        since_first = lane.tokens - lane.first_tokens
        speed = f" · {rate(since_first / elapsed_s)}" if since_first and elapsed_s > 0 else ""
        lane.doing = f"running · {count(lane.tokens, 'token')}{speed}"

    def _end(self, reply: Reply) -> None:
        lane = self._lanes[reply.contender]
        lane.doing, lane.job = None, None
        self._replies[(reply.contender, reply.case, reply.repeat)] = reply

    def _column(self, lane: _Lane) -> Column:
        reply = self._replies.get((lane.name, self._case, self._repeat))
        if lane.job == (self._case, self._repeat):
            return Column(
                name=lane.name,
                state=lane.doing or "running",
                mood="busy",
                text="".join(lane.text),
                reasoning="".join(lane.reasoning),
            )
        if reply is not None:
            failed = reply.finish_reason == "error"
            return Column(
                name=lane.name,
                state=f"failed: {reply.error}" if failed else done_line(reply),
                mood="failed" if failed else "done",
                text=reply.text,
                reasoning=reply.reasoning,
            )
        if lane.doing:
            return Column(name=lane.name, state=lane.doing, mood="busy")
        return Column(
            name=lane.name, state="waiting its turn" if lane.loaded else "queued", mood="waiting"
        )
