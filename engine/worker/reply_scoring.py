"""Scoring given replies with a reference and its candidates: fidelity on the user's own conversations.

A conversation is its prompt through the reference's chat template, then the reply. All models read it side
by side (engine/worker/forcing.py); only the reply's tokens are scored. Candidates with other tokens read
the conversation through their own template and are scored by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.contract import WorstToken
from engine.errors import TemplateError
from engine.protocol import (
    REFERENCE,
    Conversation,
    RepliesTokenized,
    ReplyCompared,
    Response,
    ScoreReplies,
)
from engine.quality.fidelity_kernel import (
    Doubles,
    Floats,
    TokenScores,
    compare_tokens,
    negative_log_likelihoods,
)
from engine.worker.backend import Backend
from engine.worker.decoding import DecodeStopped
from engine.worker.forcing import ForcedModel, forced_models, slices
from engine.worker.interrupt import Interrupt
from engine.worker.pieces import readable
from engine.worker.prompt import make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.sent_scores import joined, own_scores
from engine.worker.vocabulary import Vocabulary

Send = Callable[[Response], None]


class Spoken(msgspec.Struct, frozen=True):
    """A conversation in the tokens of one model; `text` is the prompt as its template made it."""

    text: str
    prompt: list[int]
    reply: list[int]


def score_replies(
    backend: Backend,
    request: ScoreReplies,
    interrupt: Interrupt,
    send: Send,
    on_progress: Callable[[float], None],
) -> None:
    """Send the scores of one conversation after another; a stop ends it with what was sent."""
    orders = (request.reference, *request.candidates)
    try:
        with forced_models(backend, orders, interrupt, on_progress) as models:
            ReplyScoring(request, models, interrupt, send).run()
    except DecodeStopped:
        return


class ReplyScoring:
    def __init__(
        self,
        request: ScoreReplies,
        models: Sequence[ForcedModel],
        interrupt: Interrupt,
        send: Send,
    ) -> None:
        self._request = request
        self._reference, *self._candidates = models
        self._interrupt = interrupt
        self._send = send
        self._left_out: dict[int, str] = {}
        spoken = [self._spoken_by_reference(each) for each in enumerate(request.conversations)]
        self._spoken = {i: each for i, each in enumerate(spoken) if each is not None}
        self._same = tuple(self._has_same_tokens(model) for model in self._candidates)
        self._others = [
            {} if same else self._spoken_by_other(model)
            for model, same in zip(self._candidates, self._same, strict=True)
        ]

    def run(self) -> None:
        scored = [i for i in self._spoken if i not in self._left_out]
        if not scored:
            raise RequestRefused("request", next(iter(self._left_out.values())))
        self._send(
            RepliesTokenized(
                id=self._request.id,
                same_tokens=self._same,
                tokens={i: len(self._spoken[i].reply) for i in scored},
                longest=max(
                    len(self._spoken[i].prompt) + len(self._spoken[i].reply) for i in scored
                ),
                left_out=self._left_out,
            )
        )
        for number in scored:
            if self._interrupt.is_set():
                return
            self._score(number)

    # What is read ------------------------------------------------------------------------------

    def _spoken_by_reference(self, numbered: tuple[int, Conversation]) -> Spoken | None:
        number, conversation = numbered
        together = [
            model
            for model in (self._reference, *self._candidates)
            if model.vocabulary.size == self._reference.vocabulary.size
        ]
        room = min(model.loaded.resolved.n_ctx for model in together)
        return self._spoken_by(self._reference, number, conversation, room)

    def _spoken_by_other(self, model: ForcedModel) -> dict[int, Spoken]:
        found = {}
        for number, conversation in enumerate(self._request.conversations):
            if number not in self._left_out:
                room = model.loaded.resolved.n_ctx
                spoken = self._spoken_by(model, number, conversation, room)
                if spoken is not None:
                    found[number] = spoken
        return found

    def _spoken_by(
        self, model: ForcedModel, number: int, conversation: Conversation, room: int
    ) -> Spoken | None:
        """None, with the reason noted, where this conversation cannot be scored for all models alike."""
        try:
            prompt = make_prompt(model.loaded, conversation.case)
        except (TemplateError, RequestRefused) as error:
            self._left_out[number] = str(error)
            return None
        reply = _tokens_of(model, conversation.reply)
        length = len(prompt.tokens) + len(reply)
        if not reply:
            self._left_out[number] = "The reply has no tokens to score."
        elif length > room:
            self._left_out[number] = (
                f"Prompt and reply have {length} tokens; the context holds {room}."
            )
        else:
            return Spoken(prompt.text, prompt.tokens, reply)
        return None

    def _has_same_tokens(self, model: ForcedModel) -> bool:
        if model.vocabulary.size != self._reference.vocabulary.size:
            return False
        return all(
            _tokens_of(model, self._request.conversations[number].reply) == spoken.reply
            and _tokens_of(model, spoken.text) == _tokens_of(self._reference, spoken.text)
            for number, spoken in self._spoken.items()
        )

    # How it is scored --------------------------------------------------------------------------

    def _score(self, number: int) -> None:
        comparable = [i for i, same in enumerate(self._same) if same]
        spoken = self._spoken[number]
        models = [self._reference, *(self._candidates[i] for i in comparable)]
        kept = {i: Comparison(self._reference.vocabulary) for i in comparable}
        own: list[Doubles] = []
        for targets, (reference, *others) in slices(models, spoken.prompt, spoken.reply):
            for i, rows in zip(comparable, others, strict=True):
                nll = kept[i].add(reference, rows, targets)
            own.append(nll if comparable else negative_log_likelihoods(reference, targets))
        for i, comparison in kept.items():
            self._send(comparison.response(self._request.id, i, number))
        self._send_alone(REFERENCE, self._reference, number, spoken.reply, own)
        for i, others_spoken in enumerate(self._others):
            if not self._same[i]:
                self._alone(i, number, others_spoken[number])

    def _alone(self, index: int, number: int, spoken: Spoken) -> None:
        model = self._candidates[index]
        nll = [
            negative_log_likelihoods(rows, targets)
            for targets, (rows,) in slices([model], spoken.prompt, spoken.reply)
        ]
        self._send_alone(index, model, number, spoken.reply, nll)

    def _send_alone(
        self, index: int, model: ForcedModel, number: int, reply: list[int], nll: list[Doubles]
    ) -> None:
        n_bytes = [len(model.vocabulary.piece(token, special=True)) for token in reply]
        self._send(own_scores(self._request.id, index, number, nll, n_bytes))


class Comparison:
    """A candidate's scores of one reply, and the token at which it differs most."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._parts: list[TokenScores] = []
        self._done = 0
        self._worst: WorstToken | None = None

    def add(self, reference: Floats, candidate: Floats, targets: NDArray[np.int64]) -> Doubles:
        """Take in a part of the reply; gives the reference's nll of its tokens."""
        scores = compare_tokens(reference, candidate, targets)
        self._parts.append(scores)
        place = int(scores.kld.argmax())
        if self._worst is None or scores.kld[place] > self._worst.kld:
            piece = self._vocabulary.piece
            self._worst = WorstToken(
                token=self._done + place,
                text=readable(piece(int(targets[place]), special=True)),
                instead=readable(piece(int(candidate[place].argmax()), special=True)),
                probability=float(np.exp(-scores.nll_base[place])),
                candidate_probability=float(np.exp(-scores.nll[place])),
                kld=float(scores.kld[place]),
            )
        self._done += len(targets)
        return scores.nll_base

    def response(self, request: int, index: int, number: int) -> ReplyCompared:
        assert self._worst is not None
        return ReplyCompared(
            id=request,
            candidate=index,
            conversation=number,
            worst=self._worst,
            **joined(self._parts),
        )


def _tokens_of(model: ForcedModel, text: str) -> list[int]:
    return model.vocabulary.tokenize(text, add_special=False, parse_special=True)
