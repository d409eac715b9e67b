"""Many cases answered for throughput: continuous batching over sequences that share their beginning.

The longest common beginning of all prompts is decoded once into sequence 0 and copied to a sequence by
llama_memory_seq_cp, which a unified cache does without moving data and which every kind of memory allows.
A sequence whose reply has ended takes the next case; its prompt's rest goes into the same decode as the
next tokens of the others. Sampling and text are the same code as for a single reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import llama_cpp.llama_cpp as lib
import numpy as np

from engine.contract import FinishReason, TokenLogprob
from engine.errors import TemplateError
from engine.protocol import CaseGenerated, GenerateMany, SequencesChosen
from engine.worker.decoding import DecodeStopped, Logits, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.outflow import Outflow
from engine.worker.prompt import Prompt, make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.sampler import Sampler, token_logprob
from engine.worker.shared_batch import SharedBatch

Send = Callable[[CaseGenerated], None]
_STEPS_PER_TRIAL = 6
_WORTH_MORE = 1.03


class RunningCase:
    """One case being answered in one of the context's sequences."""

    def __init__(
        self, number: int, index: int, prompt: Prompt, request: GenerateMany, loaded: LoadedModel
    ) -> None:
        self.number = number
        self.index = index
        self.prompt = prompt
        self.position = 0
        self.generated = 0
        self.next_tokens: list[int] = []
        self.logprobs: list[TokenLogprob] = []
        self.outflow = Outflow(prompt.text, request.sampling.stop, loaded.vocabulary)
        self.sampler = Sampler(request.sampling, loaded.vocabulary, loaded.resolved.n_ctx)
        self.sampler.see_prompt(prompt.tokens)
        self.text: dict[str, list[str]] = {"text": [], "reasoning": []}

    def keep(self, runs: list[tuple[str, str]]) -> None:
        for channel, text in runs:
            self.text[channel].append(text)


class ManyReplies:
    """One GenerateMany. `run` sends each reply as it ends; a stop sends what the running ones have."""

    def __init__(
        self, loaded: LoadedModel, request: GenerateMany, interrupt: Interrupt, send: Send
    ) -> None:
        self._loaded = loaded
        self._request = request
        self._interrupt = interrupt
        self._send = send
        self._batch = SharedBatch(loaded.resolved.n_batch)
        self._running: list[RunningCase] = []
        self._free: list[int] = []
        self._shared = 0

    def run(self) -> None:
        try:
            waiting = self._prompts()
            prompts = [prompt for _, prompt in waiting]
            self._shared = common_beginning([prompt.tokens for prompt in prompts])
            self._free = list(range(self._sequences_that_fit(prompts), 0, -1))
            self._share(prompts[0].tokens[: self._shared] if prompts else [])
            waiting.reverse()
            while waiting or self._running:
                if self._interrupt.is_set():
                    raise DecodeStopped
                self._admit(waiting)
                self._step()
        except DecodeStopped:
            for sequence in list(self._running):
                self._end(sequence, "stopped")
        finally:
            for sequence in self._running:
                sequence.sampler.close()

    def _prompts(self) -> list[tuple[int, Prompt]]:
        """Each case's prompt; one that cannot be made or does not fit is answered with its error."""
        found = []
        for index, case in enumerate(self._request.cases):
            try:
                prompt = make_prompt(self._loaded, case)
                room = self._loaded.resolved.n_ctx
                if len(prompt.tokens) + self._request.sampling.max_tokens > room:
                    raise RequestRefused(
                        "context",
                        f"The prompt has {len(prompt.tokens)} tokens and may get "
                        f"{self._request.sampling.max_tokens} more; the context holds {room}.",
                    )
                found.append((index, prompt))
            except (RequestRefused, TemplateError) as error:
                self._send_error(index, str(error))
        return found

    def _sequences_that_fit(self, prompts: Sequence[Prompt]) -> int:
        """As many as asked for, or as the context can hold of the longest case."""
        longest = max((len(prompt.tokens) for prompt in prompts), default=0) - self._shared
        each = longest + self._request.sampling.max_tokens
        fit = (self._loaded.resolved.n_ctx - self._shared) // max(1, each)
        return max(1, min(self._request.n_sequences, fit))

    def _share(self, tokens: Sequence[int]) -> None:
        """Decode the common beginning into sequence 0."""
        lib.llama_memory_clear(self._loaded.memory, False)
        for start in range(0, len(tokens), self._batch.capacity):
            part = tokens[start : start + self._batch.capacity]
            self._batch.clear()
            self._batch.add(0, part, start, logits=False)
            decode(self._loaded.context, self._batch.raw)

    def _admit(self, waiting: list[tuple[int, Prompt]]) -> None:
        while self._free and waiting:
            index, prompt = waiting.pop()
            number = self._free.pop()
            sequence = RunningCase(number, index, prompt, self._request, self._loaded)
            if self._shared:
                lib.llama_memory_seq_cp(self._loaded.memory, 0, number, -1, -1)
            sequence.position = self._shared
            sequence.next_tokens = prompt.tokens[self._shared :]
            self._running.append(sequence)

    def _step(self) -> None:
        """One decode with something of every running sequence that fits, then their next tokens."""
        self._batch.clear()
        asked: list[RunningCase] = []
        # Those that generate first: one token each, and a reader of the figures expects them to go on.
        for sequence in sorted(self._running, key=lambda each: len(each.next_tokens)):
            n = min(len(sequence.next_tokens), self._batch.room)
            if n == 0:
                continue
            whole = n == len(sequence.next_tokens)
            self._batch.add(
                sequence.number, sequence.next_tokens[:n], sequence.position, logits=whole
            )
            sequence.position += n
            sequence.next_tokens = sequence.next_tokens[n:]
            if whole:
                asked.append(sequence)
        decode(self._loaded.context, self._batch.raw)
        if not asked:
            return
        rows = all_logits(self._loaded.context, len(asked), self._loaded.vocabulary.size)
        for sequence, row in zip(asked, rows, strict=True):
            self._advance(sequence, row)

    def _advance(self, sequence: RunningCase, row: Logits) -> None:
        sampling, vocabulary = self._request.sampling, self._loaded.vocabulary
        token = sequence.sampler.choose(row, reasoning=sequence.outflow.in_reasoning)
        if vocabulary.is_end(token):
            self._end(sequence, "stop")
            return
        if sampling.top_logprobs is not None:
            sequence.logprobs.append(token_logprob(row, token, sampling.top_logprobs, vocabulary))
        sequence.generated += 1
        if sequence.outflow.take(token):
            self._end(sequence, "stop")
        elif sequence.generated >= sampling.max_tokens:
            self._end(sequence, "length")
        else:
            sequence.next_tokens = [token]

    def _end(self, sequence: RunningCase, reason: FinishReason) -> None:
        sequence.keep(sequence.outflow.finish())
        sequence.sampler.close()
        self._running.remove(sequence)
        self._free.append(sequence.number)
        lib.llama_memory_seq_rm(self._loaded.memory, sequence.number, -1, -1)
        self._send(
            CaseGenerated(
                id=self._request.id,
                index=sequence.index,
                text="".join(sequence.text["text"]),
                reasoning="".join(sequence.text["reasoning"]),
                finish_reason=reason,
                prompt_tokens=len(sequence.prompt.tokens),
                shared_tokens=self._shared,
                generated_tokens=sequence.generated,
                logprobs=tuple(sequence.logprobs),
            )
        )

    def _send_error(self, index: int, sentence: str) -> None:
        self._send(
            CaseGenerated(
                id=self._request.id,
                index=index,
                text="",
                reasoning="",
                finish_reason="error",
                prompt_tokens=0,
                shared_tokens=0,
                generated_tokens=0,
                error=sentence,
            )
        )


def common_beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts share at their beginning; each keeps at least one of its own."""
    if not prompts:
        return 0
    shortest = min(len(tokens) for tokens in prompts) - 1
    first = np.asarray(prompts[0][:shortest])
    shared = shortest
    for tokens in prompts[1:]:
        same = first[:shared] == np.asarray(tokens[:shared])
        shared = shared if same.all() else int(same.argmin())
    return shared


def choose_sequences(
    loaded: LoadedModel, request_id: int, n_most: int, interrupt: Interrupt
) -> SequencesChosen:
    """Time single steps of 1, 2, 4 … sequences; a larger number must be worth at least 3 % more."""
    batch = SharedBatch(loaded.resolved.n_batch)
    rates: dict[int, float] = {}
    try:
        n = 1
        while n <= n_most:
            rates[n] = _rate(loaded, batch, n, interrupt)
            n *= 2
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The measurement was stopped.") from stopped
    finally:
        lib.llama_memory_clear(loaded.memory, False)
    best = 1
    for n, rate in rates.items():
        if rate > rates[best] * _WORTH_MORE:
            best = n
    return SequencesChosen(id=request_id, n_sequences=best, tokens_per_s=rates)


def _rate(loaded: LoadedModel, batch: SharedBatch, n: int, interrupt: Interrupt) -> float:
    """Tokens per second of n sequences, from the fastest step: a step can only be slowed down."""
    lib.llama_memory_clear(loaded.memory, False)
    fastest = float("inf")
    for position in range(_STEPS_PER_TRIAL):
        if interrupt.is_set():
            raise DecodeStopped
        batch.clear()
        for number in range(1, n + 1):
            batch.add(
                number, [loaded.vocabulary.bos if position == 0 else number], position, logits=True
            )
        begun = time.perf_counter()
        decode(loaded.context, batch.raw)
        lib.llama_synchronize(loaded.context)
        fastest = min(fastest, time.perf_counter() - begun)
    return n / fastest
