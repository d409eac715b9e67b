"""What a fidelity run is asked, and what it tells while it goes on."""

from __future__ import annotations

import msgspec

from engine.contract import (
    BundledSource,
    Case,
    Contender,
    FidelityDocument,
    Loading,
    PastedSource,
    PromptsSource,
    RepliesSource,
    TextFileSource,
)
from engine.quality.fidelity_statistics import RunningFidelity

DEFAULT_N_CTX = 512
DEFAULT_MAX_TOKENS = 256


class FidelityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """On a text. until: stop early once both ± of every candidate's mean KLD are at most this many nats.

    source: where the text was had, for a run that is to be repeated. title: of its session, None: made up.
    """

    reference: Contender
    candidates: tuple[Contender, ...]
    text: str
    text_name: str
    n_ctx: int = DEFAULT_N_CTX
    max_chunks: int | None = None
    until: float | None = None
    noise_floor: bool = True
    source: BundledSource | TextFileSource | PastedSource | None = None
    title: str | None = None


class GivenReply(msgspec.Struct, frozen=True, kw_only=True):
    """reasoned: the model had reasoned before, which is not put through the models."""

    text: str
    reasoned: bool = False


class RepliesPlan(msgspec.Struct, frozen=True, kw_only=True):
    """On the user's own prompts: how likely are the reference's replies to the candidates, token by token?

    replies: given ones by case; the reference first answers the other cases, greedily. name: of the prompts.
    source and title as in FidelityPlan.
    """

    reference: Contender
    candidates: tuple[Contender, ...]
    cases: tuple[Case, ...]
    name: str
    replies: dict[str, GivenReply] = {}
    max_tokens: int = DEFAULT_MAX_TOKENS
    until: float | None = None
    noise_floor: bool = True
    source: PromptsSource | RepliesSource | None = None
    title: str | None = None


class ReplyGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The reference has answered another of the prompts."""

    done: int
    cases: int


class ChunkDone(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk, or a conversation, of a candidate is scored; `running` is the estimate over all so far."""

    candidate: str
    chunk: int
    chunks: int
    running: RunningFidelity


class FidelityDone(msgspec.Struct, frozen=True, kw_only=True):
    document: FidelityDocument


FidelityEvent = Loading | ReplyGiven | ChunkDone | FidelityDone
