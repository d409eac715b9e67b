"""One request of a fidelity run, from its question to its document: over a text, or over replies."""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np
from msgspec.structs import replace

from engine.contract import (
    Case,
    Contender,
    FidelityDocument,
    FidelityText,
    LeftOut,
    NoiseFloor,
    ReplyFidelity,
    ScoredReply,
)
from engine.fidelity_plan import ChunkDone, FidelityPlan, RepliesPlan
from engine.fidelity_scores import Scores
from engine.pool import order_of
from engine.protocol import (
    ChunkCompared,
    ChunkScored,
    Conversation,
    RepliesTokenized,
    ReplyCompared,
    Response,
    ScoreReplies,
    ScoreText,
    TextTokenized,
)

NOISE_CHUNKS = 4
_SMALLEST_UBATCH = 32
# Replies have any length, and kernels that take rows by fours or eights do the rest of them otherwise:
# so the twin's micro-batches are no multiple of these.
_REPLY_UBATCH = 30


class Round(Protocol):
    scores: Scores

    def request(self, number: int) -> ScoreText | ScoreReplies: ...

    def take(self, response: Response) -> ChunkDone | None:
        """Keep what a response says; gives the event that it is, if it is one."""

    def document(self, noise: NoiseFloor | None, stopped: str | None) -> FidelityDocument: ...


class TextRound:
    def __init__(self, plan: FidelityPlan) -> None:
        self.scores = Scores(plan.reference, plan.candidates)
        self._plan = plan
        self._chunks = 0

    def request(self, number: int) -> ScoreText:
        plan = self._plan
        return ScoreText(
            id=number,
            reference=order_of(plan.reference),
            candidates=tuple(order_of(candidate) for candidate in plan.candidates),
            text=plan.text,
            n_ctx=plan.n_ctx,
            max_chunks=plan.max_chunks,
        )

    def take(self, response: Response) -> ChunkDone | None:
        match response:
            case TextTokenized():
                self.scores.same_tokens = response.same_tokens
                self._chunks = response.chunks[0]
            case ChunkScored():
                self.scores.add_alone(response)
            case ChunkCompared():
                return ChunkDone(
                    candidate=self._plan.candidates[response.candidate].name,
                    chunk=response.chunk + 1,
                    chunks=self._chunks,
                    running=self.scores.add(response),
                )
        return None

    def document(self, noise: NoiseFloor | None, stopped: str | None) -> FidelityDocument:
        plan = self._plan
        return FidelityDocument(
            n_ctx=plan.n_ctx,
            chunks=len(self.scores.reference_nll),
            scored_tokens=self.scores.scored_tokens,
            text=_text(plan.text_name, plan.text),
            reference=self.scores.reference(),
            candidates=tuple(
                self.scores.candidate(index, noise) for index in range(len(plan.candidates))
            ),
            noise_floor=noise,
            stopped=stopped,
        )


class ReplyRound:
    """left_out: cases that the reference could not answer, with the reason."""

    def __init__(self, plan: RepliesPlan, left_out: tuple[LeftOut, ...] = ()) -> None:
        self.scores = Scores(plan.reference, plan.candidates)
        self._plan = plan
        self._left_out = left_out
        self._cases = [case for case in plan.cases if case.id in plan.replies]
        self._begun: RepliesTokenized | None = None
        self._order: dict[int, int] = {}
        self._found: list[list[ReplyFidelity]] = [[] for _ in plan.candidates]

    def request(self, number: int) -> ScoreReplies:
        plan = self._plan
        return ScoreReplies(
            id=number,
            reference=order_of(plan.reference),
            candidates=tuple(order_of(candidate) for candidate in plan.candidates),
            conversations=tuple(
                Conversation(case=_asked(case), reply=plan.replies[case.id].text)
                for case in self._cases
            ),
        )

    def take(self, response: Response) -> ChunkDone | None:
        match response:
            case RepliesTokenized():
                self.scores.same_tokens = response.same_tokens
                self._begun = response
                self._order = {number: n for n, number in enumerate(sorted(response.tokens), 1)}
            case ChunkScored():
                self.scores.add_alone(response)
            case ReplyCompared():
                self._found[response.candidate].append(self._reply_fidelity(response))
                return ChunkDone(
                    candidate=self._plan.candidates[response.candidate].name,
                    chunk=self._order[response.conversation],
                    chunks=len(self._order),
                    running=self.scores.add(response),
                )
        return None

    def document(self, noise: NoiseFloor | None, stopped: str | None) -> FidelityDocument:
        begun, scores = self._begun, self.scores
        assert begun is not None
        done = sorted(begun.tokens)[: len(scores.reference_nll)]
        return FidelityDocument(
            scored="replies",
            n_ctx=begun.longest,
            chunks=len(done),
            scored_tokens=scores.scored_tokens,
            text=_text(self._plan.name, "".join(self._reply(number) for number in done)),
            reference=scores.reference(),
            candidates=tuple(
                scores.candidate(index, noise, tuple(found))
                for index, found in enumerate(self._found)
            ),
            replies=tuple(self._scored_reply(number, begun.tokens[number]) for number in done),
            left_out=(*self._left_out, *self._left_out_by(begun)),
            noise_floor=noise,
            stopped=stopped,
        )

    def _reply(self, number: int) -> str:
        return self._plan.replies[self._cases[number].id].text

    def _scored_reply(self, number: int, tokens: int) -> ScoredReply:
        case = self._cases[number]
        asked = [message.content for message in case.messages if message.role == "user"]
        return ScoredReply(
            case=case.id,
            prompt=asked[-1] if asked else "",
            reply=self._reply(number),
            reasoned=self._plan.replies[case.id].reasoned,
            tokens=tokens,
        )

    def _reply_fidelity(self, response: ReplyCompared) -> ReplyFidelity:
        kld = np.frombuffer(response.kld)
        same_top = np.frombuffer(response.same_top, np.bool_)
        return ReplyFidelity(
            case=self._cases[response.conversation].id,
            mean_kld=float(kld.mean()),
            same_top_percent=100.0 * float(same_top.mean()),
            worst=response.worst,
        )

    def _left_out_by(self, begun: RepliesTokenized) -> list[LeftOut]:
        return [
            LeftOut(case=self._cases[number].id, reason=reason)
            for number, reason in sorted(begun.left_out.items())
        ]


def noise_plan(plan: FidelityPlan | RepliesPlan) -> tuple[FidelityPlan | RepliesPlan, int]:
    """The reference against itself on the first chunks or replies, and the twin's micro-batch size."""
    if isinstance(plan, FidelityPlan):
        ubatch = max(_SMALLEST_UBATCH, min(plan.reference.runtime.n_ubatch, plan.n_ctx) // 2)
        chunks = min(NOISE_CHUNKS, plan.max_chunks or NOISE_CHUNKS)
        twin = _twin(plan.reference, ubatch)
        return replace(plan, candidates=(twin,), max_chunks=chunks, until=None), ubatch
    twin = _twin(plan.reference, _REPLY_UBATCH)
    answered = [case for case in plan.cases if case.id in plan.replies]
    few = replace(plan, candidates=(twin,), cases=tuple(answered[:NOISE_CHUNKS]), until=None)
    return few, _REPLY_UBATCH


def _twin(reference: Contender, ubatch: int) -> Contender:
    return replace(
        reference,
        name=f"{reference.name} (other batch size)",
        runtime=replace(reference.runtime, n_ubatch=ubatch),
    )


def _asked(case: Case) -> Case:
    return replace(case, continuations=(), right=None, checks=())


def _text(name: str, text: str) -> FidelityText:
    raw = text.encode("utf-8", "surrogatepass")
    return FidelityText(name=name, sha256=hashlib.sha256(raw).hexdigest(), size_bytes=len(raw))
