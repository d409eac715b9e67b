"""How far candidates are from their reference on a text or on replies: what `fidelity --json` gives, and
what stays.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    value: float
    plus_minus: float | None
    clustered_plus_minus: float | None


def _named(name: str) -> float:
    field: float = msgspec.field(name=name)
    return field


class WorstToken(msgspec.Struct, frozen=True, kw_only=True):
    """Where a candidate differs most from its reference within a reply.

    token: its number in the reply, from 0. instead: the candidate's likeliest there, which may be the same.
    """

    token: int
    text: str
    instead: str
    probability: float
    candidate_probability: float
    kld: float


class ReplyFidelity(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate on one of the scored replies; KLD in nats."""

    case: str
    mean_kld: float
    same_top_percent: float
    worst: WorstToken


class Fidelity(msgspec.Struct, frozen=True, kw_only=True, tag="tokens", tag_field="compared"):
    """How far a candidate is from its reference on the same tokens; KLD in nats.

    within_noise: the mean KLD is no larger than the reference's own between two batch sizes, so
    that no difference can be claimed; None when that floor was not measured. replies: of a run on
    replies, each by itself.
    """

    name: str
    within_noise: bool | None = None
    ppl: Estimate
    ppl_base: Estimate
    correlation_percent: float | None
    ln_ppl_ratio: Estimate
    ppl_ratio: Estimate
    ppl_difference: Estimate

    mean_kld: Estimate
    max_kld: float
    kld_p99_9: float = _named("kld_p99.9")
    kld_p99: float
    kld_p95: float
    kld_p90: float
    median_kld: float
    kld_p10: float
    kld_p5: float
    kld_p1: float
    kld_p0_1: float = _named("kld_p0.1")
    min_kld: float

    mean_delta_p_percent: Estimate
    max_delta_p_percent: float
    delta_p_p99_9_percent: float = _named("delta_p_p99.9_percent")
    delta_p_p99_percent: float
    delta_p_p95_percent: float
    delta_p_p90_percent: float
    delta_p_p75_percent: float
    median_delta_p_percent: float
    delta_p_p25_percent: float
    delta_p_p10_percent: float
    delta_p_p5_percent: float
    delta_p_p1_percent: float
    delta_p_p0_1_percent: float = _named("delta_p_p0.1_percent")
    min_delta_p_percent: float
    rms_delta_p_percent: Estimate

    same_top_percent: Estimate
    replies: tuple[ReplyFidelity, ...] = ()


class NoiseFloor(msgspec.Struct, frozen=True, kw_only=True):
    """The reference against itself with another batch size: differences no larger than this are
    none."""

    n_batch: int
    scored_tokens: int
    mean_kld: float
    same_top_percent: float


class OtherTokenizer(msgspec.Struct, frozen=True, kw_only=True, tag="bytes", tag_field="compared"):
    """A candidate whose tokens are not the reference's: only bits per byte can be set side by
    side."""

    name: str
    reason: str
    ppl: Estimate
    bits_per_byte: Estimate
    bits_per_byte_base: Estimate


class FidelityReference(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ppl: Estimate
    bits_per_byte: Estimate | None = None


class FidelityText(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    size_bytes: int


class ScoredReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that was put through the models. prompt: the last thing asked in its case.

    reasoned: the reference had reasoned before, which was left out.
    """

    case: str
    prompt: str
    reply: str
    tokens: int
    reasoned: bool = False


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A case without a reply that could be scored."""

    case: str
    reason: str


class FidelityDocument(msgspec.Struct, frozen=True, kw_only=True):
    """stopped: None when all of it was scored, otherwise why it was not.

    scored: a text cut into chunks of n_ctx tokens, or replies to prompts: then a reply is a chunk and a
    cluster, only its own tokens count, n_ctx is the longest conversation, and `text` is of all replies.
    """

    scored: Literal["text", "replies"] = "text"
    n_ctx: int
    chunks: int
    scored_tokens: int
    text: FidelityText
    reference: FidelityReference
    candidates: tuple[Fidelity | OtherTokenizer, ...]
    replies: tuple[ScoredReply, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    noise_floor: NoiseFloor | None = None
    stopped: str | None = None
