"""Splitting a reply that arrives in pieces into the model's reasoning and the reply itself."""

from __future__ import annotations

import re
from typing import Final

from engine.worker.reasoning_marks import (
    HEADER_END,
    Channel,
    Stage,
    all_marks,
    first_stage,
    message_stage,
)
from engine.worker.stops import possible_start

# The tokens of which marks are made. Vocabularies call many of them control tokens, which have no text for
# a reader; these must be fed to a splitter as they are written.
REASONING_MARKS: Final = frozenset(
    part for mark in all_marks() for part in re.findall(r"<[^<>]*>|\[[^\[\]]*\]", mark)
)
_SPACE: Final = " \t\r\n"
_MAX_HEADER_CHARS: Final = 200

Run = tuple[Channel, str]


class ReasoningSplitter:
    """Splits one reply; how it was cut into pieces makes no difference.

    The prompt tells whether its template has opened the reasoning already. Marks count where they belong: a
    reply that begins with something else is text to its end, whatever stands in it. Nothing is lost but the
    marks, the headers between them, and the space that touches a mark.
    """

    def __init__(self, prompt: str) -> None:
        self._stage = first_stage(prompt)
        self._begins = True
        self._held = ""
        self._header = ""

    @property
    def in_reasoning(self) -> bool:
        """Whether what comes next is known not to be the reply, so that no grammar binds it."""
        return self._stage.channel != "text" or HEADER_END in self._stage.at_start

    def feed(self, text: str) -> list[Run]:
        """What is clear by now: (channel, text), in order."""
        if not self._begins and not self._stage.anywhere:
            return [("text", text)] if text else []
        self._held += text
        runs: list[Run] = []
        while self._begin(runs) if self._begins else self._flow(runs):
            pass
        return runs

    def finish(self) -> list[Run]:
        """What was held back, now that no more text comes."""
        runs: list[Run] = []
        if self._begins and not self._stage.keeps_space:
            self._held = self._held.lstrip(_SPACE)
        self._emit(self._held, runs)
        self._held = ""
        if self._header and not self._header.startswith("<"):
            runs.append(("text", self._header))
        return runs

    def _begin(self, runs: list[Run]) -> bool:
        """Look for a mark where a stage begins; False when only more text can tell."""
        stage, rest = self._stage, self._held.lstrip(_SPACE)
        marks = {**stage.anywhere, **stage.at_start}
        for mark, following in marks.items():
            if rest.startswith(mark):
                self._enter(following, mark, rest[len(mark) :], runs)
                return True
        if any(mark.startswith(rest) for mark in marks):
            return False
        self._begins = False
        if not stage.keeps_space:
            self._held = rest
        return True

    def _flow(self, runs: list[Run]) -> bool:
        """Pass text on up to the next mark; False when there is none yet."""
        marks = self._stage.anywhere
        found = [(at, mark) for mark in marks if (at := self._held.find(mark)) >= 0]
        if found:
            at, mark = min(found)
            if not self._emit(self._held[:at].rstrip(_SPACE), runs):
                self._held = self._held[at:]
                return True
            self._enter(marks[mark], mark, self._held[at + len(mark) :], runs)
            return True
        end = len(self._held)
        if marks:
            end = len(self._held[: possible_start(self._held, marks)].rstrip(_SPACE))
        self._emit(self._held[:end], runs)
        self._held = self._held[end:]
        return False

    def _enter(self, stage: Stage, mark: str, rest: str, runs: list[Run]) -> None:
        if mark == HEADER_END:
            stage = message_stage(self._header)
            self._header = ""
        elif stage.channel is None:
            self._header = mark
        self._stage, self._begins, self._held = stage, True, rest

    def _emit(self, text: str, runs: list[Run]) -> bool:
        """Pass text on; False when what was taken for a header has turned out to be text."""
        if self._stage.channel is not None:
            runs += [(self._stage.channel, text)] if text else []
            return True
        self._header += text
        if len(self._header) <= _MAX_HEADER_CHARS:
            return True
        runs.append(("text", self._header))
        self._stage, self._header = Stage("text"), ""
        return False
