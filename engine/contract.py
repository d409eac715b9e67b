"""What flows through Steelyard: a plan goes in, events come out, a session stays.

The same Structs are what the window and the command line read, what the worker protocol carries and what
an exported session holds, so each thing is defined once. Units stand in the names. A value that could not
be had is None, and `absent` of the same Struct gives the reason under that field's name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

SESSION_FORMAT: Final = "steelyard.session"
SESSION_VERSION: Final = 1

# --- What to run -----------------------------------------------------------------------------------

Role = Literal["system", "user", "assistant", "tool"]
CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
Switch = Literal["auto", "on", "off"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    role: Role
    content: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt.

    `chat` goes through the model's own template; `completion` joins the contents and adds nothing.
    continuations: nothing is generated; the reply tells how likely each of these texts is after the prompt.
    """

    id: str
    messages: tuple[Message, ...]
    format: Literal["chat", "completion"] = "chat"
    continuations: tuple[str, ...] = ()


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
    """

    contenders: tuple[Contender, ...]
    cases: tuple[Case, ...]
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    batched: bool = False
    warm_up: bool = True
    title: str | None = None


# --- What came back --------------------------------------------------------------------------------


class DeviceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A device as ggml's backends list it; `backend` is the registry's name (CPU, CUDA, Vulkan, RPC …)."""

    name: str
    description: str
    kind: Literal["cpu", "gpu", "igpu", "accelerator", "other"]
    backend: str
    total_bytes: int | None = None
    free_bytes: int | None = None


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
    load: how much of the file the system held in its page cache when the load began.
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
    shared: bool = False
    absent: dict[str, str] = {}


EnergyLabel = Literal["measured", "sampled", "estimated"]
PowerSource = Literal["mains", "battery"]


class EstimateBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What an estimate without a sensor was made from: facts, from which it can be made again."""

    seconds: float
    core_seconds: float
    physical_cores: int
    tdp_watts: float


class EnergyPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one sensor says of one part of the machine.

    counted False: it repeats what other parts cover (battery, psys, a second reading) and only
    checks them. seconds: how long the window was. step_s: how often the sensor moves. disputed: a
    second sensor of the same part disagrees, and the range spans both.
    """

    name: str
    covers: Literal["cpu", "memory", "gpu", "npu", "cpu and gpu", "machine"]
    source: str
    label: EnergyLabel
    counted: bool = True
    seconds: float
    step_s: float | None = None
    joules: float | None = None
    low_joules: float | None = None
    high_joules: float | None = None
    prompt_joules: float | None = None
    generation_joules: float | None = None
    above_idle_joules: float | None = None
    basis: EstimateBasis | None = None
    disputed: bool = False
    absent: dict[str, str] = {}


class EnergyConditions(msgspec.Struct, frozen=True, kw_only=True):
    """throttled: the processor or a GPU slowed itself down for heat or power during the reply."""

    power_source: PowerSource | None = None
    power_profile: str | None = None
    governor: str | None = None
    throttled: bool | None = None
    absent: dict[str, str] = {}


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply took, from its hand-over to its last token, of all parts that `boundary` names.

    joules_per_token divides the whole reply by its generated tokens, as others do;
    joules_per_prompt_token and joules_per_generated_token split it at the first token (the latter
    over the n − 1 tokens after it). above_idle: less what the machine draws with the model loaded
    and idle. attributed_joules: above idle, by our share of the processor time. wall_joules: at the
    plug, where a plug meter calibrated the machine. pooled_replies: over how many replies a figure
    was taken because each alone is too_short for its sensor.
    """

    joules: float | None = None
    joules_per_token: float | None = None
    source: str | None = None
    kind: Literal["measured", "estimated"] | None = None
    plus_minus_percent: float | None = None
    low_joules: float | None = None
    high_joules: float | None = None
    prompt_joules: float | None = None
    generation_joules: float | None = None
    joules_per_prompt_token: float | None = None
    joules_per_generated_token: float | None = None
    above_idle_joules: float | None = None
    prompt_above_idle_joules: float | None = None
    generation_above_idle_joules: float | None = None
    attributed_joules: float | None = None
    wall_joules: float | None = None
    mean_watts: float | None = None
    idle_watts: float | None = None
    seconds: float | None = None
    boundary: str | None = None
    not_covered: tuple[str, ...] = ()
    parts: tuple[EnergyPart, ...] = ()
    too_short: bool = False
    pooled_replies: int | None = None
    others_cpu_percent: float | None = None
    contaminated: bool | None = None
    conditions: EnergyConditions | None = None
    notes: tuple[str, ...] = ()
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


# --- Events, in the order in which a run makes them ------------------------------------------------


class Began(msgspec.Struct, frozen=True, kw_only=True, tag="began", tag_field="event"):
    """The run has started; `session` is its id in the history, None when nothing records it."""

    session: str | None


class Loading(msgspec.Struct, frozen=True, kw_only=True, tag="loading", tag_field="event"):
    contender: str
    fraction: float


class WarmingUp(msgspec.Struct, frozen=True, kw_only=True, tag="warming_up", tag_field="event"):
    contender: str


class Loaded(msgspec.Struct, frozen=True, kw_only=True, tag="loaded", tag_field="event"):
    contender: str
    load_s: float
    runtime: ResolvedRuntime


class Unloaded(msgspec.Struct, frozen=True, kw_only=True, tag="unloaded", tag_field="event"):
    """A loaded model had to make room; it is loaded again when its next turn comes."""

    contender: str
    reason: str


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started", tag_field="event"):
    contender: str
    case: str
    repeat: int


class Piece(msgspec.Struct, frozen=True, kw_only=True, tag="piece", tag_field="event"):
    """New text of a reply, never a broken UTF-8 sequence; `generated_tokens` counts from the start."""

    contender: str
    case: str
    repeat: int
    text: str
    channel: Literal["text", "reasoning"] = "text"
    generated_tokens: int = 0


class Replied(msgspec.Struct, frozen=True, kw_only=True, tag="replied", tag_field="event"):
    reply: Reply


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed", tag_field="event"):
    """This job came to nothing, or only to a part; the run goes on with the others."""

    reply: Reply


class NotRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="not_recorded", tag_field="event"):
    """The history could not be written; the run goes on and its replies live in this process only."""

    reason: str


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice", tag_field="event"):
    """Something that the reader of the figures should know."""

    text: str


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished", tag_field="event"):
    status: Literal["finished", "stopped"]
    elapsed_s: float


Event = (
    Began
    | Loading
    | WarmingUp
    | Loaded
    | Unloaded
    | Started
    | Piece
    | Replied
    | Failed
    | NotRecorded
    | Notice
    | Finished
)


# --- What stays ------------------------------------------------------------------------------------


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    app: str
    llama_cpp: str | None
    os: str
    cpu: str
    ram_bytes: int
    physical_cores: int | None = None
    logical_cores: int | None = None
    devices: tuple[DeviceInfo, ...] = ()
    power_source: Literal["mains", "battery"] | None = None
    python: str | None = None
    absent: dict[str, str] = {}


SessionStatus = Literal["running", "finished", "stopped", "interrupted"]
SessionKind = Literal["compare", "bench", "fidelity", "suite"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is stored, exported and reopened; encoded as JSON it is the exchange document.

    status: running, finished, stopped (by the user), or interrupted (its process died). notes, tags
    and the star are the user's own.
    """

    format: Literal["steelyard.session"] = SESSION_FORMAT
    version: int = SESSION_VERSION
    id: str
    title: str
    created: datetime
    kind: SessionKind = "compare"
    status: SessionStatus = "running"
    environment: Environment
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    batched: bool = False
    warm_up: bool = True
    contenders: tuple[Contender, ...]
    cases: tuple[Case, ...]
    replies: tuple[Reply, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    starred: bool = False

    def plan(self) -> Plan:
        """The plan that this session ran, to run it again or to finish it."""
        return Plan(
            contenders=self.contenders,
            cases=self.cases,
            sampling=self.sampling,
            repeats=self.repeats,
            together=self.together,
            batched=self.batched,
            warm_up=self.warm_up,
            title=self.title,
        )


class Recorder(Protocol):
    """Keeps a run while it happens; called from the run's thread. Each method raises StorageError."""

    def begin(self, plan: Plan, environment: Environment) -> str:
        """Open a session for the plan; gives its id."""

    def resume(self, session: str) -> None:
        """Mark an interrupted or stopped session as running again."""

    def record(self, session: str, reply: Reply) -> None:
        """Commit a reply before returning; one of the same contender, case and repeat is replaced."""

    def end(self, session: str, status: SessionStatus) -> None:
        """Close the session with its final status."""
