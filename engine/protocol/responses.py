"""What a worker answers; `engine.protocol` tells the conversation."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from engine.contract import (
    DeviceInfo,
    FinishReason,
    Likelihood,
    Memory,
    ResolvedRuntime,
    TokenLogprob,
    WorstToken,
)


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    version: int
    pid: int


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    id: int
    fraction: float


class WarmingUpNow(msgspec.Struct, frozen=True, kw_only=True, tag="warming_up"):
    id: int


class ModelLoaded(msgspec.Struct, frozen=True, kw_only=True, tag="model_loaded"):
    """cached_fraction: how much of the file lay in the page cache before the load; None: not known."""

    id: int
    load_s: float
    cached_fraction: float | None
    runtime: ResolvedRuntime
    memory: Memory


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    id: int
    text: str
    channel: Literal["text", "reasoning"]
    generated_tokens: int


class Generated(msgspec.Struct, frozen=True, kw_only=True, tag="generated"):
    """The end of a reply. token_times_s counts from the moment the request was read, one per token."""

    id: int
    finish_reason: FinishReason
    prompt_tokens: int
    prompt_s: float | None
    token_times_s: tuple[float, ...]
    total_s: float
    memory: Memory
    logprobs: tuple[TokenLogprob, ...] = ()
    likelihoods: tuple[Likelihood, ...] = ()


class CaseGenerated(msgspec.Struct, frozen=True, kw_only=True, tag="case_generated"):
    """One of many replies, in the order in which they end; `index` is its case's in the request.

    error: why this case could not be answered; the others go on.
    """

    id: int
    index: int
    text: str
    reasoning: str
    finish_reason: FinishReason
    prompt_tokens: int
    shared_tokens: int
    generated_tokens: int
    error: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    likelihoods: tuple[Likelihood, ...] = ()


class SequencesChosen(msgspec.Struct, frozen=True, kw_only=True, tag="sequences_chosen"):
    """tokens_per_s by number of sequences, measured on this model and machine; n_ctx is each one's."""

    id: int
    n_sequences: int
    n_ctx: int
    tokens_per_s: dict[int, float]


class ContextMade(msgspec.Struct, frozen=True, kw_only=True, tag="context_made"):
    """The loaded model has another context now: what its settings became."""

    id: int
    runtime: ResolvedRuntime


class Sample(msgspec.Struct, frozen=True, kw_only=True, tag="sample"):
    id: int
    tokens: int
    elapsed_ns: int


class TextTokenized(msgspec.Struct, frozen=True, kw_only=True, tag="text_tokenized"):
    """All models are loaded. chunks of each model, the reference first; same_tokens: of each candidate,
    whether its tokens are the reference's, so that probabilities can be compared token by token.
    """

    id: int
    chunks: tuple[int, ...]
    same_tokens: tuple[bool, ...]


class ChunkCompared(msgspec.Struct, frozen=True, kw_only=True, tag="chunk_compared"):
    """A candidate with the reference's tokens: float64 arrays as bytes, same_top as one byte a token."""

    id: int
    candidate: int
    chunk: int
    nll: bytes
    nll_base: bytes
    kld: bytes
    delta_p: bytes
    same_top: bytes


class RepliesTokenized(msgspec.Struct, frozen=True, kw_only=True, tag="replies_tokenized"):
    """All models are loaded. tokens: of each reply that will be scored, by the number of its conversation.

    longest: tokens of the longest prompt with its reply. left_out: why the other conversations cannot be
    scored. same_tokens as in TextTokenized.
    """

    id: int
    tokens: dict[int, int]
    longest: int
    left_out: dict[int, str]
    same_tokens: tuple[bool, ...]


class ReplyCompared(msgspec.Struct, frozen=True, kw_only=True, tag="reply_compared"):
    """A candidate on one reply; arrays as in ChunkCompared."""

    id: int
    candidate: int
    conversation: int
    nll: bytes
    nll_base: bytes
    kld: bytes
    delta_p: bytes
    same_top: bytes
    worst: WorstToken


class TokenChance(msgspec.Struct, frozen=True, kw_only=True):
    token: int
    text: str
    probability: float


class PartedToken(msgspec.Struct, frozen=True, kw_only=True):
    """One token of the reply under both models. rank: its place for the candidate, 1 is the best.

    piece: its bytes where they are no text by themselves, because a character is spread over several
    tokens; `text` then shows these bytes as numbers.
    """

    token: int
    text: str
    probability: float
    candidate_probability: float
    rank: int
    kld: float
    top: tuple[TokenChance, ...]
    candidate_top: tuple[TokenChance, ...]
    piece: bytes | None = None


class Parting(msgspec.Struct, frozen=True, kw_only=True, tag="parting"):
    id: int
    tokens: tuple[PartedToken, ...]


REFERENCE: Final = -1
"""Stands in ChunkScored where a candidate has its number."""


class ChunkScored(msgspec.Struct, frozen=True, kw_only=True, tag="chunk_scored"):
    """One model by itself: nll and UTF-8 bytes of each scored token, float64.

    chunk: of a text, or the number of a conversation.
    """

    id: int
    candidate: int
    chunk: int
    nll: bytes
    n_bytes: bytes


class DeviceList(msgspec.Struct, frozen=True, kw_only=True, tag="device_list"):
    id: int
    devices: tuple[DeviceInfo, ...]
    llama_cpp: str
    system_info: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    id: int


RefusalKind = Literal[
    "missing",
    "unreadable",
    "not_gguf",
    "truncated",
    "corrupt",
    "unsupported",
    "load",
    "memory",
    "context",
    "template",
    "grammar",
    "request",
    "device",
    "quantize",
    "stopped",
]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    id: int
    kind: RefusalKind
    sentence: str


Response = (
    Ready
    | Progress
    | WarmingUpNow
    | ModelLoaded
    | Text
    | Generated
    | CaseGenerated
    | SequencesChosen
    | ContextMade
    | Sample
    | TextTokenized
    | ChunkCompared
    | ChunkScored
    | RepliesTokenized
    | ReplyCompared
    | Parting
    | DeviceList
    | Done
    | Refused
)
