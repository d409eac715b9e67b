"""Tokens in, text out: bytes to UTF-8, stop strings held back, reasoning split from the reply."""

from __future__ import annotations

import codecs

from engine.worker.reasoning import ReasoningSplitter
from engine.worker.stops import StopFinder
from engine.worker.vocabulary import Vocabulary


class Outflow:
    """`take` one token after another, `drain` what may be shown, `finish` at the end of the reply."""

    def __init__(self, prompt_text: str, stops: tuple[str, ...], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = StopFinder(stops)
        self._splitter = ReasoningSplitter(prompt_text)
        self._runs: list[tuple[str, str]] = []

    @property
    def in_reasoning(self) -> bool:
        return self._splitter.in_reasoning

    def take(self, token: int) -> bool:
        """True when a stop string is complete; the text before it is kept, itself and the rest not."""
        text = self._decoder.decode(self._vocabulary.visible_piece(token))
        if not text:
            return False
        emitted, stopped = self._stops.feed(text)
        if emitted:
            self._runs += self._splitter.feed(emitted)
        return stopped

    def drain(self) -> list[tuple[str, str]]:
        """(channel, text) runs since the last drain, neighbours of one channel joined."""
        joined: list[tuple[str, str]] = []
        for channel, text in self._runs:
            if joined and joined[-1][0] == channel:
                joined[-1] = (channel, joined[-1][1] + text)
            elif text:
                joined.append((channel, text))
        self._runs = []
        return joined

    def finish(self) -> list[tuple[str, str]]:
        """The rest. A character whose last bytes never came is left out rather than shown broken."""
        self._runs += self._splitter.feed(self._stops.finish())
        self._runs += self._splitter.finish()
        return self.drain()
