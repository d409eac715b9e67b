"""Many cases answered for throughput: continuous batching over sequences that share their beginning.

What a prompt has in common with one before it is copied, not evaluated again. A sequence whose reply has
ended takes the next case. Each sequence has cells of its own, so that a reply does not depend on its
neighbours. Sampling and text are the same code as for a single reply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.contract import FinishReason, TokenLogprob
from engine.errors import TemplateError
from engine.protocol import CaseGenerated, GenerateMany
from engine.worker.decoding import DecodeStopped, Logits, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.likelihood import Place, likelihoods
from engine.worker.loading import LoadedModel
from engine.worker.outflow import Outflow
from engine.worker.prompt import Prompt, make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.sampler import Sampler, token_logprob
from engine.worker.sequences import Sequences, common_beginning
from engine.worker.shared_batch import SharedBatch

Send = Callable[[CaseGenerated], None]


class RunningCase:
    """One case being answered in one of the context's sequences."""

    def __init__(
        self,
        index: int,
        prompt: Prompt,
        at: tuple[int, int],
        request: GenerateMany,
        loaded: LoadedModel,
    ) -> None:
        """at: the sequence's number and how many of the prompt's tokens it holds already."""
        self.index = index
        self.prompt = prompt
        self.number, self.shared = at
        self.position = self.shared
        self.generated = 0
        self.next_tokens = prompt.tokens[self.shared :]
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
        self._sequences = Sequences(loaded, request.n_sequences)
        self._running: list[RunningCase] = []

    def run(self) -> None:
        try:
            # Those that begin alike come one after the other, so that each copies most of the one before.
            prompts = sorted(self._prompts(), key=lambda each: each[1].tokens, reverse=True)
            self._judge_choices([each for each in prompts if self._has_choices(each[0])])
            waiting = [each for each in prompts if not self._has_choices(each[0])]
            self._share([prompt.tokens for _, prompt in waiting])
            while waiting or self._running:
                if self._interrupt.is_set():
                    raise DecodeStopped
                self._admit(waiting)
                self._close_gaps()
                self._step()
        except DecodeStopped:
            for sequence in list(self._running):
                self._end(sequence, "stopped")
        finally:
            for sequence in self._running:
                sequence.sampler.close()

    def _has_choices(self, index: int) -> bool:
        return bool(self._request.cases[index].continuations)

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

    def _judge_choices(self, cases: Sequence[tuple[int, Prompt]]) -> None:
        self._share([prompt.tokens for _, prompt in cases])
        for index, prompt in cases:
            texts = self._request.cases[index].continuations
            number, shared = self._sequences.take(prompt.tokens)
            place = Place(number, shared, self._sequences.spare)
            try:
                found = likelihoods(self._loaded, prompt.tokens, texts, self._interrupt, place)
                self._sequences.hold(number, prompt.tokens)
            except RequestRefused as error:
                self._send_error(index, str(error))
                continue
            finally:
                self._sequences.release(number)
            self._send(
                CaseGenerated(
                    id=self._request.id,
                    index=index,
                    text="",
                    reasoning="",
                    finish_reason="stop",
                    prompt_tokens=len(prompt.tokens),
                    shared_tokens=shared,
                    generated_tokens=0,
                    likelihoods=found,
                )
            )

    def _share(self, prompts: Sequence[Sequence[int]]) -> None:
        """Decode the common beginning into sequence 0."""
        self._sequences.empty()
        tokens = prompts[0][: common_beginning(prompts)] if prompts else []
        for start in range(0, len(tokens), self._batch.capacity):
            part = tokens[start : start + self._batch.capacity]
            self._batch.clear()
            self._batch.add(0, part, start, logits=False)
            decode(self._loaded.context, self._batch.raw)
        self._sequences.hold(0, tokens)

    def _admit(self, waiting: list[tuple[int, Prompt]]) -> None:
        beginning: list[RunningCase] = []
        while self._sequences.has_free and waiting:
            index, prompt = waiting[-1]
            others = [case.prompt.tokens for case in beginning]
            if self._sequences.is_worth_waiting(prompt.tokens, others):
                self._begin(beginning)
                beginning = []
                continue
            waiting.pop()
            at = self._sequences.take(prompt.tokens)
            beginning.append(RunningCase(index, prompt, at, self._request, self._loaded))
            self._running.append(beginning[-1])
        self._begin(beginning)

    def _begin(self, cases: Sequence[RunningCase]) -> None:
        """Evaluate what is left of these prompts, apart from the single tokens of those that generate.

        Beside them it would break into micro-batches of equal lengths, each as dear as a step.
        """
        for group in _alike(cases, self._batch.capacity):
            for case in group:
                self._sequences.hold(case.number, case.prompt.tokens)
            self._decode(group)

    def _close_gaps(self) -> None:
        """Let those that generate lie side by side: llama.cpp decodes them apart at each gap."""
        for case in sorted(self._running, key=lambda case: case.number, reverse=True):
            gap = self._sequences.lowest_gap(case.number)
            if gap is None:
                return
            self._sequences.move(case.number, gap)
            case.number = gap

    def _step(self) -> None:
        """One token of every sequence that generates."""
        if self._running:
            self._decode(sorted(self._running, key=lambda case: case.number))

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
        self._sequences.release(sequence.number)
        self._send(
            CaseGenerated(
                id=self._request.id,
                index=sequence.index,
                text="".join(sequence.text["text"]),
                reasoning="".join(sequence.text["reasoning"]),
                finish_reason=reason,
                prompt_tokens=len(sequence.prompt.tokens),
                shared_tokens=sequence.shared,
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


def _alike(cases: Sequence[RunningCase], capacity: int) -> list[list[RunningCase]]:
    """Neighbouring sequences with equally many tokens to evaluate, as many as one batch takes."""
    groups: list[list[RunningCase]] = []
    for case in cases:
        last = groups[-1] if groups else []
        n = len(case.next_tokens)
        if (
            last
            and case.number == last[-1].number + 1
            and n == len(last[-1].next_tokens)
            and n * (len(last) + 1) <= capacity
        ):
            last.append(case)
        else:
            groups.append([case])
    return groups
