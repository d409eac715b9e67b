"""What to run: contenders, cases and how their replies are sampled."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.contract.checks import Check
from engine.contract.fidelity_task import FidelityTask
from engine.contract.speed import SpeedTest

Role = Literal["system", "user", "assistant", "tool"]
CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
Switch = Literal["auto", "on", "off"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    role: Role
    content: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt, with what a good reply to it must satisfy.

    `chat` goes through the model's own template; `completion` joins the contents and adds nothing.
    continuations: nothing is generated; the reply tells how likely each of these texts is after the prompt,
    of which the one at `right` is the right one.

    The rest says what a good reply must satisfy. threshold: the score at which it passes; None: every check
    has to pass. group: cases that stand or fall together (one document, one template), which count as one
    draw. critical: a failure that the reference does not have is a veto. answers: what a good reply says,
    for people and for judges.
    """

    id: str
    messages: tuple[Message, ...]
    format: Literal["chat", "completion"] = "chat"
    continuations: tuple[str, ...] = ()
    right: int | None = None
    checks: tuple[Check, ...] = ()
    threshold: float | None = None
    group: str | None = None
    critical: bool = False
    description: str | None = None
    answers: tuple[str, ...] = ()


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model file was had, so that it can be had again: a repository's file at a commit of a hub.

    sha256: of that file's content. endpoint: the hub's address.
    """

    repo: str
    file: str
    commit: str
    sha256: str | None = None
    endpoint: str = "https://huggingface.co"


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """A GGUF file as its header describes it; `path` names the first shard of a split one."""

    path: str
    file: str
    size_bytes: int
    sha256: str | None = None
    architecture: str | None = None
    quantization: str | None = None
    bits_per_weight: float | None = None
    parameters: int | None = None
    n_ctx_train: int | None = None
    has_chat_template: bool | None = None
    origin: Origin | None = None


class Lora(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    scale: float = 1.0


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is asked to be loaded; None and "auto" are settled at load time and reported back.

    n_ctx None: the trained context, at most 4096. threads None: one per physical core. devices empty: all.
    rpc_servers: "host:port" of ggml RPC servers whose devices are added. template_arguments reach the chat
    template by name (enable_thinking, reasoning_effort …). chat_template overrides the file's own.
    check_memory False loads even what should not fit.
    """

    n_ctx: int | None = None
    n_batch: int = 2048
    n_ubatch: int = 512
    threads: int | None = None
    threads_batch: int | None = None
    n_gpu_layers: int | Literal["auto", "all"] = "auto"
    split_mode: Literal["none", "layer", "row"] = "layer"
    main_gpu: int = 0
    tensor_split: tuple[float, ...] = ()
    devices: tuple[str, ...] = ()
    rpc_servers: tuple[str, ...] = ()
    type_k: CacheType = "f16"
    type_v: CacheType = "f16"
    flash_attention: Switch = "auto"
    mmap: bool = True
    mlock: bool = False
    check_memory: bool = True
    loras: tuple[Lora, ...] = ()
    chat_template: str | None = None
    template_arguments: dict[str, bool | int | float | str] = {}


class Gbnf(msgspec.Struct, frozen=True, kw_only=True, tag="gbnf", tag_field="kind"):
    grammar: str


class JsonSchema(msgspec.Struct, frozen=True, kw_only=True, tag="json_schema", tag_field="kind"):
    """`schema` is JSON text."""

    schema: str


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are chosen; names and neutral values are llama.cpp's. temperature 0 is greedy.

    top_logprobs None: no log-probabilities; n: those of each token and its n best alternatives.
    logit_bias: token id → added to its logit.
    """

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    penalty_last_n: int = 64
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    dry_sequence_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    seed: int = 42
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    constraint: Gbnf | JsonSchema | None = None
    logit_bias: dict[int, float] = {}
    top_logprobs: int | None = None


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """A model in given settings; `sampling` replaces the plan's for this contender alone."""

    name: str
    model: ModelFile
    runtime: Runtime = Runtime()
    sampling: Sampling | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Contenders × cases × repeats.

    together runs all contenders at once, so that their timings are of a shared machine and say so.
    batched answers many cases of a contender side by side: for throughput, and without latencies.
    warm_up runs a short discarded evaluation after each load.
    tests: in place of cases, what a speed run measures of each contender. fidelity_task: what a fidelity
    run reads, whose first contender is the reference.
    """

    contenders: tuple[Contender, ...]
    cases: tuple[Case, ...]
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    batched: bool = False
    warm_up: bool = True
    tests: tuple[SpeedTest, ...] = ()
    fidelity_task: FidelityTask | None = None
    title: str | None = None
