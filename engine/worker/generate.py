"""Answering one request: prompt to tokens, evaluation, then token by token with text flowing out.

Everything between two decodes costs the reader speed, so it is kept small: greedy is one numpy argmax on
llama.cpp's own memory, a token's bytes come from a table, and text leaves in frames at most every
TEXT_INTERVAL_S, since each frame wakes the reading process, which on a small machine takes a core from
the decode.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import llama_cpp.llama_cpp as lib
from msgspec.structs import replace

from engine.contract import FinishReason, TokenLogprob
from engine.protocol import Generate, Generated, Text
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, decode, last_logits
from engine.worker.interrupt import Interrupt
from engine.worker.likelihood import likelihoods
from engine.worker.loading import LoadedModel
from engine.worker.outflow import Outflow
from engine.worker.prompt import Prompt, make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.sampler import Sampler, token_logprob

TEXT_INTERVAL_S = 0.025
MEMORY_EVERY_TOKENS = 64


class Generation:
    """One request on a loaded model. `run` gives its end; text is sent on the way."""

    def __init__(
        self,
        loaded: LoadedModel,
        request: Generate,
        received: float,
        interrupt: Interrupt,
        send: Callable[[Text], None],
    ) -> None:
        self._loaded = loaded
        self._request = request
        self._received = received
        self._interrupt = interrupt
        self._send = send
        self._times: list[float] = []
        self._logprobs: list[TokenLogprob] = []
        self._prompt_s: float | None = None
        self._last_sent = 0.0

    def run(self) -> Generated:
        """Raises RequestRefused when the request cannot be answered at all."""
        prompt = make_prompt(self._loaded, self._request.case)
        self._check_room(prompt)
        if self._request.case.continuations:
            return self._judge(prompt)
        sampling = self._request.sampling
        sampler = Sampler(sampling, self._loaded.vocabulary, self._loaded.resolved.n_ctx)
        sampler.see_prompt(prompt.tokens)
        batch = Batch(self._loaded.resolved.n_batch)
        self._outflow = Outflow(prompt.text, sampling.stop, self._loaded.vocabulary)
        try:
            reason = self._generate(prompt, sampler, batch)
        except DecodeStopped:
            reason = "stopped"
        finally:
            sampler.close()
            batch.close()
        self._flush(self._outflow.finish())
        return self._end(prompt, reason)

    def _judge(self, prompt: Prompt) -> Generated:
        """How likely the case's continuations are; nothing is generated."""
        texts = self._request.case.continuations
        try:
            found = likelihoods(self._loaded, prompt.tokens, texts, self._interrupt)
        except DecodeStopped as stopped:
            raise RequestRefused("stopped", "The choices were stopped.") from stopped
        return replace(self._end(prompt, "stop"), likelihoods=found)

    def _check_room(self, prompt: Prompt) -> None:
        n_ctx = self._loaded.resolved.n_ctx
        if len(prompt.tokens) >= n_ctx:
            raise RequestRefused(
                "context",
                f"The prompt has {len(prompt.tokens)} tokens and the context holds {n_ctx}. Shorten the "
                "prompt, or load the model with a larger context.",
            )

    def _generate(self, prompt: Prompt, sampler: Sampler, batch: Batch) -> FinishReason:
        loaded, sampling = self._loaded, self._request.sampling
        context, n_vocab = loaded.context, loaded.vocabulary.size
        self._evaluate(prompt.tokens, batch)
        position = len(prompt.tokens)
        logits = last_logits(context, n_vocab)
        self._prompt_s = time.perf_counter() - self._prompt_begun
        while len(self._times) < sampling.max_tokens:
            if self._interrupt.is_set():
                return "stopped"
            token = sampler.choose(logits, reasoning=self._outflow.in_reasoning)
            if loaded.vocabulary.is_end(token):
                return "stop"
            if sampling.top_logprobs is not None:
                self._logprobs.append(
                    token_logprob(logits, token, sampling.top_logprobs, loaded.vocabulary)
                )
            if self._emit(token):
                return "stop"
            if position >= loaded.resolved.n_ctx:
                return "length"
            decode(context, batch.one(token, position))
            position += 1
            logits = last_logits(context, n_vocab)
        return "length"

    def _evaluate(self, tokens: list[int], batch: Batch) -> None:
        """Decode the prompt from an empty cache.

        The CPU looks at the interrupt at every node; other devices only between batches, so for them the
        batches are as small as the micro-batches that llama.cpp makes anyway.
        """
        loaded = self._loaded
        step = loaded.resolved.n_batch if loaded.on_cpu_only else loaded.resolved.n_ubatch
        lib.llama_memory_clear(loaded.memory, False)
        self._prompt_begun = time.perf_counter()
        for start in range(0, len(tokens), step):
            if self._interrupt.is_set():
                raise DecodeStopped
            part = tokens[start : start + step]
            is_last = start + step >= len(tokens)
            decode(loaded.context, batch.fill(part, start, logits=is_last))

    def _emit(self, token: int) -> bool:
        """Take a token's text; True when a stop string is complete."""
        now = time.perf_counter()
        self._times.append(now - self._received)
        stopped = self._outflow.take(token)
        if len(self._times) % MEMORY_EVERY_TOKENS == 1:
            self._loaded.watch.look()
        if now - self._last_sent >= TEXT_INTERVAL_S:
            self._last_sent = now
            self._flush(self._outflow.drain())
        return stopped

    def _flush(self, runs: list[tuple[str, str]]) -> None:
        for channel, text in runs:
            self._send(
                Text(
                    id=self._request.id,
                    text=text,
                    channel="reasoning" if channel == "reasoning" else "text",
                    generated_tokens=len(self._times),
                )
            )

    def _end(self, prompt: Prompt, reason: FinishReason) -> Generated:
        return Generated(
            id=self._request.id,
            finish_reason=reason,
            prompt_tokens=len(prompt.tokens),
            prompt_s=self._prompt_s,
            token_times_s=tuple(self._times),
            total_s=time.perf_counter() - self._received,
            memory=self._loaded.memory_figures(),
            logprobs=tuple(self._logprobs),
        )
