"""Scores replies by llama.cpp's bare calls and numpy in double precision, with nothing of ours.

Reads {"models": [reference, candidate], "conversations": [[prompt, reply], …]} and prints for each
conversation the reply's tokens and, for each of them, both nll, the KL divergence, Δp and whether the
likeliest token is the same. Batches are those of the worker, since kernels round by their size: the prompt
but for its last token, then 64 tokens at a time.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np

N_CTX = 512
N_ROWS = 64


def main() -> None:
    asked = json.load(sys.stdin)
    lib.llama_backend_init()
    silent = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(silent, ctypes.c_void_p(0))
    found: list[list[Any]] = []
    for path in asked["models"]:
        model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
        parameters = lib.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_outputs_max = N_CTX, N_CTX, N_ROWS
        parameters.n_threads = parameters.n_threads_batch = 1
        context = lib.llama_init_from_model(model, parameters)
        found.append([log_probabilities(model, context, *each) for each in asked["conversations"]])
    print(json.dumps([scores(*both) for both in zip(*found, strict=True)]))


def log_probabilities(model: Any, context: Any, prompt: str, reply: str) -> tuple[list[int], Any]:
    """The reply's tokens, and the log-probabilities of all tokens before each of them."""
    vocabulary = lib.llama_model_get_vocab(model)
    before, after = tokens_of(vocabulary, prompt), tokens_of(vocabulary, reply)
    read = [before[-1], *after[:-1]]
    lib.llama_memory_clear(lib.llama_get_memory(context), True)
    decode(context, before[:-1], 0, 0)
    parts = []
    for start in range(0, len(read), N_ROWS):
        part = read[start : start + N_ROWS]
        decode(context, part, len(before) - 1 + start, 1)
        shape = (len(part), lib.llama_vocab_n_tokens(vocabulary))
        logits = np.ctypeslib.as_array(lib.llama_get_logits(context), shape)
        parts.append(logits.astype(np.float64))
    rows = np.concatenate(parts)
    return after, rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def decode(context: Any, tokens: list[int], start: int, logits: int) -> None:
    batch = lib.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for place, token in enumerate(tokens):
        batch.token[place], batch.pos[place] = token, start + place
        batch.logits[place] = logits
        batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
    assert lib.llama_decode(context, batch) == 0
    lib.llama_batch_free(batch)


def tokens_of(vocabulary: Any, text: str) -> list[int]:
    raw = text.encode()
    room = (lib.llama_token * (len(raw) + 8))()
    count = lib.llama_tokenize(vocabulary, raw, len(raw), room, len(room), False, True)
    return list(room[:count])


def scores(reference: tuple[list[int], Any], candidate: tuple[list[int], Any]) -> dict[str, Any]:
    (tokens, base), (_, other) = reference, candidate
    each = np.arange(len(tokens))
    kept = base > -16.0
    return {
        "tokens": tokens,
        "nll_base": (-base[each, tokens]).tolist(),
        "nll": (-other[each, tokens]).tolist(),
        "kld": np.where(kept, np.exp(base) * (base - other), 0.0).sum(axis=1).tolist(),
        "delta_p": (np.exp(other[each, tokens]) - np.exp(base[each, tokens])).tolist(),
        "same_top": (base.argmax(axis=1) == other.argmax(axis=1)).tolist(),
    }


if __name__ == "__main__":
    main()
