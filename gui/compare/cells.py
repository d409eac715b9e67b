"""What is known of one reply while it comes and after: a cell of the board."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass, field

from engine.contract import Contender, Piece, Reply
from engine.summary import Figure


class Phase(enum.Enum):
    READY = "ready"
    QUEUED = "queued"
    LOADING = "loading"
    WARMING_UP = "warming up"
    STARTED = "starting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass
class Cell:
    """A reply in progress, or the whole one."""

    contender: str
    case: str
    repeat: int
    started: bool = False
    reply: Reply | None = None
    generated_tokens: int = 0
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _first_at: float | None = None
    _first_tokens: int = 0
    _last_at: float | None = None

    @property
    def text(self) -> str:
        return self.reply.text if self.reply else "".join(self._text)

    @property
    def reasoning(self) -> str:
        return self.reply.reasoning if self.reply else "".join(self._reasoning)

    def add(self, piece: Piece) -> None:
        now = time.perf_counter()
        if self._first_at is None:
            self._first_at = now
            self._first_tokens = piece.generated_tokens
        self._last_at = now
        self.generated_tokens = max(self.generated_tokens, piece.generated_tokens)
        (self._text if piece.channel == "text" else self._reasoning).append(piece.text)

    def finish(self, reply: Reply) -> None:
        self.reply = reply
        self._text.clear()
        self._reasoning.clear()

    @property
    def live_tokens_per_s(self) -> float | None:
        """A rate to look at while the reply comes; the reply's own timing is measured in the worker."""
        if self._first_at is None or self._last_at is None:
            return None
        elapsed_s = self._last_at - self._first_at
        tokens = self.generated_tokens - self._first_tokens
        return tokens / elapsed_s if elapsed_s > 0.25 and tokens > 0 else None


@dataclass(frozen=True)
class ColumnView:
    """All that a column shows of its contender, apart from the text.

    speed: over the repeats of the shown case. standing: words on how it compares with the others' speed,
    empty where that cannot be said, and whether they praise.
    """

    contender: Contender
    phase: Phase
    load_fraction: float | None = None
    generated_tokens: int = 0
    live_tokens_per_s: float | None = None
    shown_repeat: int = 0
    repeats: int = 1
    reply: Reply | None = None
    speed: Figure | None = None
    standing: tuple[str, bool] = ("", False)
    changed_since: bool = False
