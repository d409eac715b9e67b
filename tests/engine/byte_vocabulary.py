"""A vocabulary of bytes for models that tests write themselves."""

from __future__ import annotations

from typing import Final

import gguf

TOKENS: Final = 288


def add_bytes_as_tokens(writer: gguf.GGUFWriter) -> None:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [
        gguf.TokenType.UNKNOWN,
        gguf.TokenType.CONTROL,
        gguf.TokenType.CONTROL,
        *[gguf.TokenType.BYTE] * 256,
    ]
    unused = TOKENS - len(tokens)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*tokens, *(f"<unused{n}>" for n in range(unused))])
    writer.add_token_scores([0.0] * TOKENS)
    writer.add_token_types([*kinds, *[gguf.TokenType.UNUSED] * unused])
    writer.add_add_space_prefix(False)
