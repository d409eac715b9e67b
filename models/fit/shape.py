"""What each layer of a model keeps of the tokens it has seen.

The rules are those of llama.cpp 0c1e570: load_hparams and load_arch_hparams of each architecture for the
numbers, llama_model::create_memory for the kind of memory, llama_kv_cache and llama_memory_recurrent for
its tensors.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from models.fit.hyper import Hyper
from models.gguf import GgufModel


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers per token in the key and value cache, and numbers of state per sequence (F32)."""

    key_row: int = 0
    value_row: int = 0
    windowed: bool = False
    state: int = 0


class Activations(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers per token that live at once in each part of the graph."""

    feed_forward: int
    attention: int
    recurrence: int


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """window: how far back a windowed layer looks, in tokens; 0 where none does."""

    layers: tuple[Layer, ...]
    window: int
    n_ctx_train: int
    n_embd: int
    n_head: int
    n_vocab: int
    activations: Activations


class Window(NamedTuple):
    """Every `period`-th layer sees everything, the others only the window."""

    period: int
    dense_first: bool = False
    default: int = 0


# Where the pattern is not in the file. Other architectures ignore the window that a file states.
_WINDOWS: Final[dict[str, Window]] = {
    "afmoe": Window(4),
    "cohere2": Window(4),
    "cohere2moe": Window(4, dense_first=True),
    "dots3note": Window(1),
    "exaone-moe": Window(4, default=128),
    "exaone4": Window(4, default=4096),
    "gemma2": Window(2, default=4096),
    "gemma3": Window(6),
    "gemma3n": Window(5),
    "gemma4": Window(1),
    "gpt-oss": Window(2),
    "granite_swa": Window(1),
    "laguna": Window(4, dense_first=True),
    "lfm2": Window(0),
    "llama4": Window(4, default=8192),
    "maple": Window(1),
    "mellum": Window(4),
    "mimo2": Window(1),
    "muse-glimmer": Window(4),
    "olmo2": Window(4),
    "plamo3": Window(8),
    "smallthinker": Window(4, dense_first=True),
    "spark2_5": Window(1),
    "step35": Window(1),
}
_FIXED_WINDOWS: Final = {"llama4": 8192, "smallthinker": 4096}

_WITHOUT_MEMORY: Final = frozenset(
    {
        "bert",
        "dream",
        "eurobert",
        "gemma-embedding",
        "jina-bert-v2",
        "jina-bert-v3",
        "llada",
        "llada-moe",
        "modern-bert",
        "neo-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "rnd1",
        "wavtokenizer-dec",
    }
)
_RECURRENT: Final = frozenset({"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"})
_RECURRENT_WITHOUT_HEADS: Final = frozenset(
    {
        "bailingmoe3",
        "glm5-next",
        "granitehybrid",
        "jamba",
        "kimi-k3",
        "kimi-linear",
        "lfm2",
        "lfm2moe",
        "plamo2",
    }
)
_RECURRENT_BY_INTERVAL: Final = {
    "qwen3next": 4,
    "qwen35": 4,
    "qwen35moe": 4,
    "qwen4exp": 4,
    "minimax-01": 8,
}
_WITH_INDEXER: Final = frozenset(
    ["deepseek32", "dots3note", "glm-dsa", "glm5-next", "hy_v4", "minimax-m3", "qwen4exp"]
)


def shape_of(model: GgufModel) -> Shape:
    """Raises CorruptFile where the number of layers is missing or absurd."""
    hyper = Hyper(model)
    window = _window(hyper)
    return Shape(
        layers=_layers(hyper, window),
        window=window,
        n_ctx_train=hyper.number("context_length"),
        n_embd=hyper.number("embedding_length"),
        n_head=max(hyper.each_layer("attention.head_count")),
        n_vocab=hyper.vocabulary_size,
        activations=Activations(
            feed_forward=_feed_forward(hyper, model),
            attention=_attention(hyper),
            recurrence=_recurrence(hyper),
        ),
    )


def _layers(hyper: Hyper, window: int) -> tuple[Layer, ...]:
    if hyper.architecture in _WITHOUT_MEMORY:
        return (Layer(),) * hyper.layer_count
    windowed = _windowed(hyper) if window else (False,) * hyper.layer_count
    recurrent = _recurrent(hyper)
    with_cache = _layers_with_cache(hyper)
    state = _state(hyper)
    layers = []
    for number in range(hyper.layer_count):
        keeps = number < min(hyper.trunk_count, with_cache)
        attends = keeps and _attends(hyper, number, recurrent)
        key_row, value_row = _rows(hyper, number, windowed[number]) if attends else (0, 0)
        layers.append(
            Layer(
                key_row=key_row,
                value_row=value_row,
                windowed=windowed[number],
                state=state if keeps and recurrent[number] else 0,
            )
        )
    return tuple(layers)


def _rows(hyper: Hyper, number: int, windowed: bool) -> tuple[int, int]:
    heads = hyper.each_layer("attention.head_count")[number]
    kv_heads = hyper.each_layer("attention.head_count_kv", heads)[number]
    if heads == 0:
        return 0, 0
    first_heads = hyper.each_layer("attention.head_count")[0] or heads
    width = hyper.number("embedding_length") // first_heads
    key = hyper.number("attention.key_length", width)
    value = hyper.number("attention.value_length", width)
    if windowed:
        key = hyper.number("attention.key_length_swa", key)
        value = hyper.number("attention.value_length_swa", value)
    key_row, value_row = key * kv_heads, value * kv_heads
    if hyper.number("attention.key_length_mla") and hyper.number("attention.value_length_mla"):
        value_row = 0  # the compressed key holds the value too
    if hyper.architecture in _WITH_INDEXER:
        key_row += hyper.number("attention.indexer.key_length")
    return key_row, value_row


def _window(hyper: Hyper) -> int:
    rule = _WINDOWS.get(hyper.architecture)
    if rule is None:
        return 0
    if hyper.architecture == "exaone4" and hyper.layer_count != 64:
        return 0
    window = hyper.number("attention.sliding_window", rule.default)
    return _FIXED_WINDOWS.get(hyper.architecture, window) if window else 0


def _windowed(hyper: Hyper) -> tuple[bool, ...]:
    pattern = hyper.array("attention.sliding_window_pattern")
    if pattern is not None:
        return tuple(bool(flag) for flag in pattern)
    rule = _WINDOWS[hyper.architecture]
    period = hyper.number("attention.sliding_window_pattern", rule.period)
    return tuple(
        period == 0 or (number % period != 0 if rule.dense_first else number % period < period - 1)
        for number in range(hyper.layer_count)
    )


def _layers_with_cache(hyper: Hyper) -> int:
    """Later layers of Gemma 3n and 4 use the cache of earlier ones."""
    if hyper.architecture == "gemma3n":
        return 20
    if hyper.architecture == "gemma4":
        return hyper.layer_count - hyper.number("attention.shared_kv_layers")
    return hyper.layer_count


def _recurrent(hyper: Hyper) -> tuple[bool, ...]:
    count, architecture = hyper.layer_count, hyper.architecture
    if architecture in _RECURRENT or architecture == "falcon-h1":
        return (True,) * count
    kv_heads = hyper.each_layer("attention.head_count_kv")
    if architecture in _RECURRENT_WITHOUT_HEADS:
        return tuple(heads == 0 for heads in kv_heads)
    if architecture in {"nemotron_h", "nemotron_h_moe"}:
        widths = hyper.each_layer("feed_forward_length")
        return tuple(
            heads == 0 and width == 0 for heads, width in zip(kv_heads, widths, strict=True)
        )
    if architecture in _RECURRENT_BY_INTERVAL:
        listed = hyper.array("attention.recurrent_layers")
        if listed is not None:
            return tuple(bool(flag) for flag in listed)
        interval = hyper.number("full_attention_interval", _RECURRENT_BY_INTERVAL[architecture])
        return tuple((number + 1) % max(interval, 1) != 0 for number in range(count))
    return (False,) * count


def _attends(hyper: Hyper, number: int, recurrent: tuple[bool, ...]) -> bool:
    if hyper.architecture == "falcon-h1":
        return True
    if hyper.architecture in {"nemotron_h", "nemotron_h_moe"}:
        return not recurrent[number] and hyper.each_layer("feed_forward_length")[number] == 0
    return not recurrent[number]


def _state(hyper: Hyper) -> int:
    """Numbers that a recurrent layer keeps per sequence: llama_hparams::n_embd_r plus n_embd_s."""
    width = hyper.number("embedding_length")
    heads = max(hyper.each_layer("attention.head_count"))
    head_size = hyper.number("wkv.head_size")
    if head_size:
        return hyper.number("token_shift_count", 2) * width + width * head_size
    short = hyper.number("shortconv.l_cache")
    if short:
        return width * (short - 1) + hyper.number("ssm.state_size") * hyper.number("ssm.inner_size")
    kernel = hyper.number("ssm.conv_kernel")
    delta = hyper.number("kda.head_dim")
    if delta:
        return 3 * (kernel - 1 if kernel else 3) * heads * delta + delta * delta * heads
    inner, state = hyper.number("ssm.inner_size"), hyper.number("ssm.state_size")
    groups = hyper.number("ssm.group_count") if _groups_states(hyper) else 0
    convolution = max(kernel - 1, 0) * (inner + 2 * groups * state)
    if hyper.architecture == "minimax-01":
        size = hyper.number("attention.key_length", width // max(heads, 1))
        return convolution + size * size * heads
    return convolution + state * inner


def _feed_forward(hyper: Hyper, model: GgufModel) -> int:
    """Up, gate and their product; of experts those of each used one, then its product and result."""
    stream = hyper.number("embedding_length")
    widest = max(hyper.each_layer("feed_forward_length"))
    used = max(hyper.each_layer("expert_used_count"))
    expert = max(hyper.each_layer("expert_feed_forward_length")) or widest
    shared = 3 * hyper.number("expert_shared_feed_forward_length")
    needs = {
        "ffn_up": 4 * stream + 3 * widest,
        "ffn_up_exps": 4 * stream + used * max(3 * expert, expert + stream) + shared,
    }
    present = {part for tensor in model.tensors for part in tensor.name.split(".")[2:3]}
    return max((need for part, need in needs.items() if part in present), default=needs["ffn_up"])


def _attention(hyper: Hyper) -> int:
    """Queries, what they find, its merged form; keys and values of the batch."""
    stream = hyper.number("embedding_length")
    heads = max(hyper.each_layer("attention.head_count"))
    if heads == 0:
        return 0
    key = hyper.number("attention.key_length", stream // heads)
    kv_heads = max(hyper.each_layer("attention.head_count_kv", heads))
    return 2 * stream + 3 * heads * key + 2 * kv_heads * key


def _recurrence(hyper: Hyper) -> int:
    stream = hyper.number("embedding_length")
    if hyper.number("wkv.head_size"):
        return 19 * stream
    groups = hyper.number("ssm.group_count") if _groups_states(hyper) else 0
    return stream + 6 * (hyper.number("ssm.inner_size") + groups * hyper.number("ssm.state_size"))


def _groups_states(hyper: Hyper) -> bool:
    return hyper.architecture not in {"mamba", "jamba"}
