"""The one exception of the worker's request handlers: the request failed, the worker goes on."""

from __future__ import annotations

from engine.protocol import RefusalKind


class RequestRefused(Exception):
    def __init__(self, kind: RefusalKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
