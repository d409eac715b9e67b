"""What a worker is asked; `engine.protocol` tells the conversation."""

from __future__ import annotations

import msgspec

from engine.contract import (
    Case,
    Runtime,
    Sampling,
    SpeedTest,
)
from engine.importance import ImportanceMatrix


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """n_gpu_layers is settled by the caller: −1 means all. n_outputs bounds logits rows of one batch."""

    id: int
    path: str
    runtime: Runtime
    n_gpu_layers: int
    warm_up: bool = True
    n_outputs: int = 1


class Generate(msgspec.Struct, frozen=True, kw_only=True, tag="generate"):
    id: int
    case: Case
    sampling: Sampling


class GenerateMany(msgspec.Struct, frozen=True, kw_only=True, tag="generate_many"):
    """Answer many cases for throughput: what prompts have in common evaluated once, several at a time.

    PrepareMany comes first and makes the room. Latencies mean nothing here.
    """

    id: int
    cases: tuple[Case, ...]
    sampling: Sampling
    n_sequences: int


class PrepareMany(msgspec.Struct, frozen=True, kw_only=True, tag="prepare_many"):
    """Make room for these cases side by side, and choose how many by a short measurement.

    n_most: not more than so many; kv_bytes: nor more than their cache may take. n_sequences: so many, without
    a measurement.
    """

    id: int
    cases: tuple[Case, ...]
    max_tokens: int
    n_most: int
    kv_bytes: int
    n_sequences: int | None = None


class Measure(msgspec.Struct, frozen=True, kw_only=True, tag="measure"):
    """A speed test as llama-bench runs it, in a context made for it; the weights stay loaded."""

    id: int
    test: SpeedTest
    repetitions: int
    warm_up: bool = True


class ScoreText(msgspec.Struct, frozen=True, kw_only=True, tag="score_text"):
    """Score a text with a reference and with candidates, chunk by chunk, all in this one worker.

    The models are loaded side by side, since the logits of one chunk are compared where they lie.
    max_chunks None: the whole text.
    """

    id: int
    reference: Load
    candidates: tuple[Load, ...]
    text: str
    n_ctx: int
    max_chunks: int | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    case: Case
    reply: str


class ScoreReplies(msgspec.Struct, frozen=True, kw_only=True, tag="score_replies"):
    """Put given replies through a reference and candidates, and score the replies' tokens alone.

    The models are loaded side by side, as for ScoreText.
    """

    id: int
    reference: Load
    candidates: tuple[Load, ...]
    conversations: tuple[Conversation, ...]


class PartReply(msgspec.Struct, frozen=True, kw_only=True, tag="part_reply"):
    """Put a given reply through a reference and a candidate, token by token."""

    id: int
    reference: Load
    candidate: Load
    case: Case
    reply: str


class ListDevices(msgspec.Struct, frozen=True, kw_only=True, tag="list_devices"):
    id: int
    rpc_servers: tuple[str, ...] = ()


class Quantize(msgspec.Struct, frozen=True, kw_only=True, tag="quantize"):
    """`file_type` is llama.cpp's llama_ftype number; threads 0: all."""

    id: int
    source: str
    target: str
    file_type: int
    threads: int = 0
    importance: ImportanceMatrix | None = None


class CollectImportance(msgspec.Struct, frozen=True, kw_only=True, tag="collect_importance"):
    """Write an importance matrix of the model to `target`, as llama-imatrix does of the same text.

    dataset is what the file calls the text. max_chunks None: the whole text.
    """

    id: int
    model: Load
    text: str
    dataset: str
    target: str
    max_chunks: int | None = None


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Ends the request with this id; ignored when it has ended already."""

    id: int


Request = (
    Load
    | Generate
    | GenerateMany
    | PrepareMany
    | Measure
    | ScoreText
    | ScoreReplies
    | PartReply
    | ListDevices
    | Quantize
    | CollectImportance
    | Stop
)
