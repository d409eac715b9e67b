"""Everything that is known of a reply or a model, as rows of a name and a value."""

from __future__ import annotations

from pathlib import PurePath

from engine.contract import ModelFile, Reply, ResolvedRuntime
from engine.energy.wording import energy_rows
from engine.wording import ENDINGS
from gui.figures import count, parameters, rate, seconds, significant, size

Rows = list[tuple[str, str]]


def model_rows(model: ModelFile) -> Rows:
    rows = [("Size", size(model.size_bytes))]
    if model.parameters is not None:
        rows.insert(0, ("Parameters", parameters(model.parameters)))
    if model.quantization:
        bits = model.bits_per_weight
        weight = f", {significant(bits)} bits per weight" if bits is not None else ""
        rows.append(("Quantization", model.quantization + weight))
    if model.architecture:
        rows.append(("Architecture", model.architecture))
    if model.n_ctx_train is not None:
        rows.append(("Trained context", count(model.n_ctx_train, "token")))
    if model.has_chat_template is not None:
        rows.append(
            ("Chat template", "in the file" if model.has_chat_template else "none in the file")
        )
    if model.origin is not None:
        came = model.origin
        rows.append(("Origin", f"{came.repo}, {came.file}, revision {came.commit[:12]}"))
    rows.append(("Folder", str(PurePath(model.path).parent)))
    return rows


def reply_rows(reply: Reply) -> Rows:
    """Timing, memory and energy of a reply; what is absent says why."""
    return [*_timing_rows(reply), *_memory_rows(reply), *energy_rows(reply.energy)]


def _timing_rows(reply: Reply) -> Rows:
    timing = reply.timing
    rows: Rows = []

    def add(name: str, key: str, text: str | None) -> None:
        reason = timing.absent.get(key)
        if text is not None:
            rows.append((name, text))
        elif reason is not None:
            rows.append((name, f"not known: {reason}"))

    def in_seconds(value: float | None) -> str | None:
        return None if value is None else seconds(value)

    def in_rate(value: float | None) -> str | None:
        return None if value is None else rate(value)

    add("Generation", "generation_tokens_per_s", in_rate(timing.generation_tokens_per_s))
    if timing.generated_tokens is not None:
        rows.append(("Generated", count(timing.generated_tokens, "token")))
    add("Time to first token", "ttft_s", in_seconds(timing.ttft_s))
    add("Prompt evaluation", "prompt_tokens_per_s", in_rate(timing.prompt_tokens_per_s))
    if timing.prompt_tokens is not None:
        cached = f", {timing.cached_tokens} more from the cache" if timing.cached_tokens else ""
        rows.append(("Prompt", count(timing.prompt_tokens, "token") + cached))
    parts = (timing.inter_token_p50_s, timing.inter_token_p95_s, timing.inter_token_max_s)
    known = [seconds(part) for part in parts if part is not None]
    if len(known) == len(parts):
        rows.append(
            ("Between tokens", f"{known[0]} median, {known[1]} at 95 %, {known[2]} at most")
        )
    if timing.load_s is not None:
        how = f", file {timing.load}" if timing.load else ""
        rows.append(("Loading", seconds(timing.load_s) + how))
    add("Waiting before", "queue_s", in_seconds(timing.queue_s))
    add("In all", "total_s", in_seconds(timing.total_s))
    rows.append(("Ended by", ENDINGS[reply.finish_reason]))
    if timing.shared:
        rows.append(("Note", "shared timings: other models ran at the same time"))
    return rows


def _memory_rows(reply: Reply) -> Rows:
    memory = reply.memory
    named = (
        ("Peak memory", "peak_bytes", memory.peak_bytes),
        ("Mapped from the file", "mapped_bytes", memory.mapped_bytes),
        ("Memory on devices", "device_bytes", memory.device_bytes),
    )
    rows: Rows = []
    for name, key, value in named:
        if value is not None:
            rows.append((name, size(value)))
        elif key in memory.absent:
            rows.append((name, f"not known: {memory.absent[key]}"))
    return rows


def runtime_rows(runtime: ResolvedRuntime) -> Rows:
    """What the load really became."""
    attention = {True: "on", False: "off", None: "not known"}[runtime.flash_attention]
    rows = [
        ("Context", count(runtime.n_ctx, "token")),
        ("Batch", f"{runtime.n_batch}, in parts of {runtime.n_ubatch}"),
        ("Threads", f"{runtime.threads}, {runtime.threads_batch} for the prompt"),
        ("Layers on a GPU", f"{runtime.offloaded_layers} of {runtime.layers}"),
        ("KV cache", f"{runtime.type_k} and {runtime.type_v}"),
        ("Flash attention", attention),
        ("File access", "memory-mapped" if runtime.mmap else "read into memory"),
        (
            "Chat template",
            {"model": "of the model", "override": "given", "none": "none"}[runtime.chat_template],
        ),
        ("llama.cpp", runtime.llama_cpp),
    ]
    for use in runtime.devices:
        held = size(use.model_bytes + use.kv_bytes + use.compute_bytes)
        rows.append(
            (use.name, f"{held}: model {size(use.model_bytes)}, KV cache {size(use.kv_bytes)}")
        )
    return rows
