"""Text to tokens and tokens to bytes."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp.llama_cpp as lib

from engine.worker.reasoning import REASONING_MARKS


class Vocabulary:
    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.size: int = lib.llama_vocab_n_tokens(handle)
        self.adds_bos: bool = lib.llama_vocab_get_add_bos(handle)
        self.bos: int = lib.llama_vocab_bos(handle)
        self.eos: int = lib.llama_vocab_eos(handle)
        self._kept_marks = {mark.encode() for mark in REASONING_MARKS}
        self._pieces: dict[tuple[int, bool], bytes] = {}

    def is_end(self, token: int) -> bool:
        return bool(lib.llama_vocab_is_eog(self.handle, token))

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        raw = text.encode("utf-8", "surrogatepass")
        room = len(raw) + 8
        buffer = (lib.llama_token * room)()
        n = lib.llama_tokenize(self.handle, raw, len(raw), buffer, room, add_special, parse_special)
        if n < 0:
            room = -n
            buffer = (lib.llama_token * room)()
            n = lib.llama_tokenize(
                self.handle, raw, len(raw), buffer, room, add_special, parse_special
            )
        return list(buffer[:n])

    def piece(self, token: int, special: bool = False) -> bytes:
        """The bytes of one token; control tokens are empty unless `special`."""
        key = (token, special)
        if key not in self._pieces:
            self._pieces[key] = self._convert(token, special)
        return self._pieces[key]

    def visible_piece(self, token: int) -> bytes:
        """The bytes a reader should get: control tokens are dropped, but for marks of reasoning."""
        plain = self.piece(token)
        if plain or not lib.llama_vocab_is_control(self.handle, token):
            return plain
        shown = self.piece(token, special=True)
        return shown if shown in self._kept_marks else b""

    def special_text(self, token: int) -> str:
        """A control token as a template writes it ("<s>"), empty for none."""
        return self.piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def _convert(self, token: int, special: bool) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        n = lib.llama_token_to_piece(self.handle, token, buffer, 256, 0, special)
        if n < 0:
            buffer = ctypes.create_string_buffer(-n)
            n = lib.llama_token_to_piece(self.handle, token, buffer, -n, 0, special)
        return buffer.raw[:n]
