"""The log-likelihood of given continuations: nothing is written, each text is asked how likely it is."""

from __future__ import annotations

from collections.abc import Sequence

import llama_cpp.llama_cpp as lib

from engine.contract import Likelihood
from engine.worker.decoding import DecodeStopped, Logits, decode, last_logits
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused
from engine.worker.sampler import log_probability
from engine.worker.shared_batch import SharedBatch


def likelihoods(
    loaded: LoadedModel, prompt: Sequence[int], texts: Sequence[str], interrupt: Interrupt
) -> tuple[Likelihood, ...]:
    """Summed natural log-probabilities of each text's tokens after the prompt.

    The prompt is evaluated once where the context has a sequence to copy it to. Raises DecodeStopped, or
    RequestRefused when a text does not fit or has no tokens.
    """
    batch = SharedBatch(loaded.resolved.n_batch)
    can_copy = loaded.n_sequences > 1
    first: Logits | None = None
    found = []
    for text in texts:
        tokens = _tokens(loaded, prompt, text)
        if interrupt.is_set():
            raise DecodeStopped
        if first is None or not can_copy:
            lib.llama_memory_clear(loaded.memory, False)
            first = _evaluate(loaded, batch, 0, prompt, 0).copy()
        sequence = 1 if can_copy else 0
        if can_copy:
            lib.llama_memory_seq_rm(loaded.memory, sequence, -1, -1)
            lib.llama_memory_seq_cp(loaded.memory, 0, sequence, -1, -1)
        total, row = 0.0, first
        for index, token in enumerate(tokens):
            total += log_probability(row, token)
            if index + 1 < len(tokens):
                row = _evaluate(loaded, batch, sequence, [token], len(prompt) + index)
        found.append(Likelihood(log_likelihood=total, tokens=len(tokens)))
    return tuple(found)


def _tokens(loaded: LoadedModel, prompt: Sequence[int], text: str) -> list[int]:
    tokens = loaded.vocabulary.tokenize(text, add_special=False, parse_special=False)
    if not tokens:
        raise RequestRefused("request", "A choice is empty. Write a text that the model could say.")
    if len(prompt) + len(tokens) > loaded.resolved.n_ctx:
        raise RequestRefused(
            "context",
            f"The prompt has {len(prompt)} tokens and a choice {len(tokens)} more; the context holds "
            f"{loaded.resolved.n_ctx}.",
        )
    return tokens


def _evaluate(
    loaded: LoadedModel, batch: SharedBatch, sequence: int, tokens: Sequence[int], start: int
) -> Logits:
    for begin in range(0, len(tokens), batch.capacity):
        part = tokens[begin : begin + batch.capacity]
        batch.clear()
        batch.add(sequence, part, start + begin, logits=begin + len(part) == len(tokens))
        decode(loaded.context, batch.raw)
    return last_logits(loaded.context, loaded.vocabulary.size)
