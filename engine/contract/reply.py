"""What came back: a reply with what was measured of it, and what its load became."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.contract.energy import Energy


class DeviceUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a loaded model holds in one device's memory, from llama.cpp's own figures."""

    name: str
    model_bytes: int = 0
    kv_bytes: int = 0
    compute_bytes: int = 0


class ResolvedRuntime(msgspec.Struct, frozen=True, kw_only=True):
    """What a load really became; `layers` counts the output layer, as llama.cpp does."""

    n_ctx: int
    n_batch: int
    n_ubatch: int
    threads: int
    threads_batch: int
    layers: int
    offloaded_layers: int
    devices: tuple[DeviceUse, ...]
    type_k: str
    type_v: str
    flash_attention: bool | None
    mmap: bool
    mlock: bool
    llama_cpp: str
    chat_template: Literal["model", "override", "none"]
    absent: dict[str, str] = {}


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Of one reply, in the definitions of llama-bench and of the serving literature.

    ttft_s: request handed over → first generated token. prompt_tokens: those really evaluated (cached ones
    are in cached_tokens). prompt_tokens_per_s: evaluated / time of their evaluation.
    generation_tokens_per_s: (n − 1) / (t_last − t_first). queue_s: waited before the request was handed over.
    load: how much of the file the system held in its page cache when the load began. batch_share_s: of a
    reply of a batch, the time since the reply before it ended; their mean is what a request takes there.
    """

    queue_s: float | None = None
    load_s: float | None = None
    load: Literal["cold", "partly cached", "cached"] | None = None
    ttft_s: float | None = None
    prompt_tokens: int | None = None
    cached_tokens: int = 0
    prompt_s: float | None = None
    prompt_tokens_per_s: float | None = None
    generated_tokens: int | None = None
    generation_tokens_per_s: float | None = None
    inter_token_p50_s: float | None = None
    inter_token_p95_s: float | None = None
    inter_token_max_s: float | None = None
    total_s: float | None = None
    batch_share_s: float | None = None
    shared: bool = False
    absent: dict[str, str] = {}


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """peak_bytes: the worker's private memory at most. mapped_bytes: model pages it maps from the file.

    device_bytes: buffers on devices other than the CPU.
    """

    peak_bytes: int | None = None
    mapped_bytes: int | None = None
    device_bytes: int | None = None
    absent: dict[str, str] = {}


class TokenLogprob(msgspec.Struct, frozen=True, kw_only=True):
    """One generated token with its natural log-probability under the model, before any sampler."""

    token: int
    text: str
    logprob: float
    top: tuple[TokenLogprob, ...] = ()


class Likelihood(msgspec.Struct, frozen=True, kw_only=True):
    """The summed natural log-probability of a text's tokens after the prompt."""

    log_likelihood: float
    tokens: int


FinishReason = Literal["stop", "length", "stopped", "error"]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How one contender answered one case, once; every job of a plan ends in exactly one.

    finish_reason: stop (end of text or a stop string), length (max_tokens or the context), stopped (by the
    user), error (`error` says why, `log` holds the worker's last lines).
    """

    contender: str
    case: str
    repeat: int
    text: str
    finish_reason: FinishReason
    reasoning: str = ""
    error: str | None = None
    log: tuple[str, ...] = ()
    timing: Timing = Timing()
    energy: Energy = Energy()
    memory: Memory = Memory()
    runtime: ResolvedRuntime | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    likelihoods: tuple[Likelihood, ...] = ()

    @property
    def finished(self) -> bool:
        """It came to its end or its limit, so that its figures count and a resumed run keeps it."""
        return self.finish_reason in {"stop", "length"}
