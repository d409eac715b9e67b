"""Where two models part: a given reply put through both, token by token (teacher forcing).

Both models read the same tokens, so the distributions at each token can be compared exactly: rank, Δp and
KL divergence of the candidate there, and what each would have written instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.protocol import PartedToken, Parting, PartReply, TokenChance
from engine.quality.fidelity_kernel import Floats, compare_tokens
from engine.worker.backend import Backend
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel, load_model
from engine.worker.prompt import make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.vocabulary import Vocabulary

ROWS_AT_ONCE = 64
N_TOP = 5


def part_reply(
    backend: Backend,
    request: PartReply,
    interrupt: Interrupt,
    on_progress: Callable[[float], None],
) -> Parting:
    """Raises RequestRefused: stopped, other tokenizers, a reply without tokens or too long."""
    held: list[LoadedModel] = []
    try:
        for number, order in enumerate((request.reference, request.candidate)):
            sized = replace(order, n_outputs=ROWS_AT_ONCE)
            loaded, _, _ = load_model(
                backend,
                sized,
                interrupt,
                lambda part, n=number: on_progress((n + part) / 2),  # type: ignore[misc]
            )
            held.append(loaded)
        return _Pair(request, held[0], held[1], interrupt).parting()
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The comparison was stopped.") from stopped
    finally:
        for loaded in held:
            loaded.close()


class _Pair:
    def __init__(
        self,
        request: PartReply,
        reference: LoadedModel,
        candidate: LoadedModel,
        interrupt: Interrupt,
    ) -> None:
        self._request = request
        self._reference = reference
        self._candidate = candidate
        self._interrupt = interrupt
        self._prompt, self._reply = self._tokens()

    def parting(self) -> Parting:
        found: list[PartedToken] = []
        batches = {
            model: Batch(model.resolved.n_batch) for model in (self._reference, self._candidate)
        }
        try:
            for model, batch in batches.items():
                # All but the prompt's last token, whose logits score the reply's first.
                self._feed(model, batch, self._prompt[:-1], 0)
            inputs = [self._prompt[-1], *self._reply[:-1]]
            for start in range(0, len(inputs), ROWS_AT_ONCE):
                if self._interrupt.is_set():
                    raise DecodeStopped
                part = np.array(inputs[start : start + ROWS_AT_ONCE], np.int32)
                position = len(self._prompt) - 1 + start
                rows = [
                    self._rows(model, batch, part, position) for model, batch in batches.items()
                ]
                targets = np.array(self._reply[start : start + len(part)], np.int64)
                found += self._compared(rows[0], rows[1], targets)
        finally:
            for batch in batches.values():
                batch.close()
        return Parting(id=self._request.id, tokens=tuple(found))

    def _tokens(self) -> tuple[list[int], list[int]]:
        """The same tokens for both; raises RequestRefused where they would not be."""
        prompt = make_prompt(self._reference, self._request.case)
        made = []
        for model in (self._reference, self._candidate):
            tokenize = model.vocabulary.tokenize
            reply = tokenize(self._request.reply, add_special=False, parse_special=True)
            made.append((model.vocabulary.size, reply))
        if made[0] != made[1]:
            raise RequestRefused(
                "request",
                "These two models cut text into different tokens, so they cannot be compared token by token.",
            )
        reply = made[0][1]
        if not reply:
            raise RequestRefused("request", "The reply has no tokens to compare.")
        room = min(self._reference.resolved.n_ctx, self._candidate.resolved.n_ctx)
        if len(prompt.tokens) + len(reply) > room:
            raise RequestRefused(
                "context",
                f"Prompt and reply have {len(prompt.tokens) + len(reply)} tokens; the context holds {room}.",
            )
        return prompt.tokens, reply

    def _feed(self, model: LoadedModel, batch: Batch, tokens: list[int], start: int) -> None:
        step = model.resolved.n_batch
        for begin in range(0, len(tokens), step):
            if self._interrupt.is_set():
                raise DecodeStopped
            part = tokens[begin : begin + step]
            decode(model.context, batch.fill(part, start + begin, logits=False))

    def _rows(
        self, model: LoadedModel, batch: Batch, tokens: NDArray[np.int32], position: int
    ) -> Floats:
        decode(model.context, batch.fill_from(tokens, first_output=0, start=position))
        return all_logits(model.context, len(tokens), model.vocabulary.size)

    def _compared(
        self, reference: Floats, candidate: Floats, targets: NDArray[np.int64]
    ) -> list[PartedToken]:
        scores = compare_tokens(reference, candidate, targets)
        vocabulary = self._reference.vocabulary
        found = []
        for i, token in enumerate(targets.tolist()):
            own = candidate[i]
            found.append(
                PartedToken(
                    token=token,
                    text=vocabulary.piece(token, special=True).decode("utf-8", "replace"),
                    probability=float(np.exp(-scores.nll_base[i])),
                    candidate_probability=float(np.exp(-scores.nll[i])),
                    rank=int((own > own[token]).sum()) + 1,
                    kld=float(scores.kld[i]),
                    top=_top(reference[i], vocabulary),
                    candidate_top=_top(own, vocabulary),
                )
            )
        return found


def _top(row: Floats, vocabulary: Vocabulary) -> tuple[TokenChance, ...]:
    best = np.argpartition(row, -N_TOP)[-N_TOP:]
    ordered = best[np.argsort(-row[best], kind="stable")]
    shifted = np.exp(row - row.max(), dtype=np.float32)
    total = float(shifted.sum(dtype=np.float64))
    return tuple(
        TokenChance(
            token=int(token),
            text=vocabulary.piece(int(token), special=True).decode("utf-8", "replace"),
            probability=float(shifted[token]) / total,
        )
        for token in ordered
    )
