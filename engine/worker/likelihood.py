"""The log-likelihood of given continuations: nothing is written, each text is asked how likely it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import llama_cpp.llama_cpp as lib

from engine.contract import Likelihood
from engine.worker.decoding import DecodeStopped, Logits, all_logits, decode, last_logits
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused
from engine.worker.sampler import log_probability
from engine.worker.sequences import can_cut_back
from engine.worker.shared_batch import SharedBatch


class Place(NamedTuple):
    """A sequence that holds the first `held` tokens of a prompt; a spare one is free to be written over."""

    number: int = 0
    held: int = 0
    spare: int | None = None


def likelihoods(
    loaded: LoadedModel,
    prompt: Sequence[int],
    texts: Sequence[str],
    interrupt: Interrupt,
    place: Place | None = None,
) -> tuple[Likelihood, ...]:
    """Summed natural log-probabilities of each text's tokens after the prompt; then its place holds that.

    Without a place the context is emptied for it. The prompt is evaluated once, unless its sequence can
    neither be cut back nor copied. Raises DecodeStopped, or RequestRefused when a text does not fit or has
    no tokens.
    """
    choices = [_tokens(loaded, prompt, text) for text in texts]
    if place is None:
        lib.llama_memory_clear(loaded.memory, False)
        place = Place()
    judge = _Judge(loaded, prompt, place)
    found = []
    for tokens in choices:
        if interrupt.is_set():
            raise DecodeStopped
        found.append(Likelihood(log_likelihood=judge.total(tokens), tokens=len(tokens)))
    return tuple(found)


class _Judge:
    """Goes back to the end of the prompt for each text."""

    def __init__(self, loaded: LoadedModel, prompt: Sequence[int], place: Place) -> None:
        self._loaded = loaded
        self._prompt = prompt
        self._place = place
        self._batch = SharedBatch(loaded.resolved.n_batch)
        self._cuts = can_cut_back(loaded)
        self._copies = not self._cuts and place.spare is not None
        self._first = self._evaluate_prompt(place.held)
        self._at_end = True

    def total(self, tokens: Sequence[int]) -> float:
        number = self._go_to_end()
        total, start = log_probability(self._first, tokens[0]), len(self._prompt)
        step = min(self._batch.capacity, self._loaded.most_outputs)
        for begin in range(0, len(tokens) - 1, step):
            given = tokens[begin : begin + step][: len(tokens) - 1 - begin]
            self._batch.clear()
            self._batch.add(number, given, start + begin, logits=True)
            self._batch.want_all_logits()
            decode(self._loaded.context, self._batch.raw)
            rows = all_logits(self._loaded.context, len(given), self._loaded.vocabulary.size)
            following = tokens[begin + 1 :]
            total += sum(map(log_probability, rows, following))
        if self._cuts:
            lib.llama_memory_seq_rm(self._loaded.memory, number, start, -1)
        self._at_end = self._cuts or len(tokens) == 1
        return total

    def _go_to_end(self) -> int:
        """The sequence to write in, which holds the prompt and no more."""
        memory, number, spare = self._loaded.memory, self._place.number, self._place.spare
        if self._copies and spare is not None:
            lib.llama_memory_seq_rm(memory, spare, -1, -1)
            lib.llama_memory_seq_cp(memory, number, spare, -1, -1)
            return spare
        if not self._at_end:
            lib.llama_memory_seq_rm(memory, number, -1, -1)
            self._evaluate_prompt(0)
        return number

    def _evaluate_prompt(self, held: int) -> Logits:
        """Its last logits, copied: later decodes write over them."""
        tokens = self._prompt
        for begin in range(held, len(tokens), self._batch.capacity):
            part = tokens[begin : begin + self._batch.capacity]
            self._batch.clear()
            self._batch.add(
                self._place.number, part, begin, logits=begin + len(part) == len(tokens)
            )
            decode(self._loaded.context, self._batch.raw)
        return last_logits(self._loaded.context, self._loaded.vocabulary.size).copy()


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
