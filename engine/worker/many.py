"""Many cases answered for throughput: continuous batching over sequences that share their beginning.

The longest common beginning of all prompts is decoded once into sequence 0 and copied to a sequence by
llama_memory_seq_cp, which every kind of memory allows. A sequence whose reply has ended takes the next case.
Each sequence has cells of its own, so that a reply does not depend on its neighbours. Sampling and text are
the same code as for a single reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import llama_cpp.llama_cpp as lib
import numpy as np

from engine.contract import FinishReason, TokenLogprob
from engine.errors import TemplateError
from engine.protocol import CaseGenerated, GenerateMany, PrepareMany, SequencesChosen
from engine.worker.backend import Backend
from engine.worker.context import Shape
from engine.worker.decoding import DecodeStopped, Logits, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.likelihood import likelihoods
from engine.worker.loading import LoadedModel
from engine.worker.outflow import Outflow
from engine.worker.prompt import Prompt, make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.sampler import Sampler, token_logprob
from engine.worker.shared_batch import SharedBatch

Send = Callable[[CaseGenerated], None]
_STEPS_PER_TRIAL = 6
_CELL_STEP = 256
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
            waiting = self._without_choices(self._prompts())
            prompts = [prompt for _, prompt in waiting]
            self._shared = common_beginning([prompt.tokens for prompt in prompts])
            self._free = list(range(self._request.n_sequences, 0, -1))
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

    def _without_choices(self, prompts: list[tuple[int, Prompt]]) -> list[tuple[int, Prompt]]:
        """Judge the choices of the cases that have some; gives the cases that want a reply."""
        left = []
        for index, prompt in prompts:
            texts = self._request.cases[index].continuations
            if not texts:
                left.append((index, prompt))
                continue
            try:
                found = likelihoods(self._loaded, prompt.tokens, texts, self._interrupt)
            except RequestRefused as error:
                self._send_error(index, str(error))
                continue
            self._send(
                CaseGenerated(
                    id=self._request.id,
                    index=index,
                    text="",
                    reasoning="",
                    finish_reason="stop",
                    prompt_tokens=len(prompt.tokens),
                    shared_tokens=0,
                    generated_tokens=0,
                    likelihoods=found,
                )
            )
        return left

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
        """Begin what was admitted, then one token of every sequence that generates.

        A prompt's rest gets a decode of its own: beside single tokens it would break into micro-batches
        of equal lengths, each of which costs about as much as a step.
        """
        for beginning in [case for case in self._running if not case.generated]:
            self._decode([beginning])
        generating = sorted(self._running, key=lambda case: case.number)
        if generating:
            self._decode(generating)

    def _decode(self, cases: Sequence[RunningCase]) -> None:
        self._batch.clear()
        for case in cases:
            self._feed(case)
        decode(self._loaded.context, self._batch.raw)
        rows = all_logits(self._loaded.context, len(cases), self._loaded.vocabulary.size)
        for case, row in zip(cases, rows, strict=True):
            self._advance(case, row)

    def _feed(self, case: RunningCase) -> None:
        """Put a case's next tokens into the batch, decoding ahead what does not fit into one."""
        while len(case.next_tokens) > self._batch.capacity:
            part = case.next_tokens[: self._batch.capacity]
            self._batch.add(case.number, part, case.position, logits=False)
            decode(self._loaded.context, self._batch.raw)
            self._batch.clear()
            case.position += len(part)
            case.next_tokens = case.next_tokens[len(part) :]
        self._batch.add(case.number, case.next_tokens, case.position, logits=True)
        case.position += len(case.next_tokens)
        case.next_tokens = []

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


def prepare(
    backend: Backend, loaded: LoadedModel, request: PrepareMany, interrupt: Interrupt
) -> SequencesChosen:
    """Give the context room for these cases side by side and time steps of 1, 2, 4 … sequences.

    A larger number must be worth at least 3 % more. Raises RequestRefused when stopped or out of memory.
    """
    n_ctx = _n_ctx_for(loaded, request)
    each = max(1.0, loaded.kv_bytes_per_cell * n_ctx)
    affordable = int(request.kv_bytes / each) - 1
    n_most = max(1, min(request.n_most, len(request.cases), affordable))
    # On the CPU flash attention rounds by how many tokens it gets at once; without it batches do not.
    flash = not loaded.on_cpu_only
    shape = Shape(n_ctx=n_ctx, n_sequences=n_most + 1, flash_attention=flash)
    loaded.reshape(backend, interrupt, shape)
    rates: dict[int, float] = {}
    batch = SharedBatch(loaded.resolved.n_batch)
    try:
        for n in _trials(n_most):
            rates[n] = _rate(loaded, batch, n, interrupt)
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The measurement was stopped.") from stopped
    lib.llama_memory_clear(loaded.memory, False)
    best = 1
    for n, rate in rates.items():
        if rate > rates[best] * _WORTH_MORE:
            best = n
    return SequencesChosen(
        id=request.id, n_sequences=best, n_ctx=loaded.resolved.n_ctx, tokens_per_s=rates
    )


def _n_ctx_for(loaded: LoadedModel, request: PrepareMany) -> int:
    """Room for the longest case that the model as loaded could answer, in llama.cpp's steps of 256."""
    longest = 1
    for case in request.cases:
        # A case whose prompt cannot be made is answered with its error when its turn comes.
        with suppress(RequestRefused, TemplateError):
            needed = len(make_prompt(loaded, case).tokens) + request.max_tokens
            if needed <= loaded.n_ctx_loaded:
                longest = max(longest, needed)
    return -(-longest // _CELL_STEP) * _CELL_STEP


def _trials(n_most: int) -> list[int]:
    powers = [1 << bit for bit in range(n_most.bit_length()) if 1 << bit <= n_most]
    return powers if powers[-1] == n_most else [*powers, n_most]


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
