"""Sessions as a flat table: one row a reply, numbers as numbers, absent values empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.contract import Case, Reply, Session, Timing

Value = str | int | float | bool | None

_TIMING: Final = tuple(name for name in Timing.__struct_fields__ if name != "absent")
_ENERGY: Final = ("joules", "low_joules", "high_joules", "joules_per_token")
_MEMORY: Final = ("peak_bytes", "mapped_bytes", "device_bytes")
_RUNTIME: Final = ("n_ctx", "threads", "layers", "offloaded_layers")
COLUMNS: Final = (
    "session",
    "title",
    "created",
    "kind",
    "cpu",
    "llama_cpp",
    "contender",
    "model_file",
    "quantization",
    "parameters",
    "case",
    "prompt",
    "repeat",
    "finish_reason",
    "text",
    "reasoning",
    "error",
    *_TIMING,
    *_ENERGY,
    "energy_kind",
    "energy_source",
    *_MEMORY,
    *_RUNTIME,
)


def rows(sessions: Sequence[Session]) -> Iterator[tuple[Value, ...]]:
    for session in sessions:
        contenders = {contender.name: contender for contender in session.contenders}
        prompts = {case.id: prompt_text(case) for case in session.cases}
        for reply in session.replies:
            model = contenders[reply.contender].model
            yield (
                session.id,
                session.title,
                session.created.isoformat(timespec="seconds"),
                session.kind,
                session.environment.cpu,
                session.environment.llama_cpp,
                reply.contender,
                model.file,
                model.quantization,
                model.parameters,
                reply.case,
                prompts[reply.case],
                reply.repeat,
                reply.finish_reason,
                reply.text,
                reply.reasoning,
                reply.error,
                *_figures(reply),
            )


def prompt_text(case: Case) -> str:
    """What was asked, with roles where there is more than one message."""
    if len(case.messages) == 1:
        return case.messages[0].content
    return "\n\n".join(f"{message.role}: {message.content}" for message in case.messages)


def _figures(reply: Reply) -> Iterator[Value]:
    yield from (getattr(reply.timing, name) for name in _TIMING)
    yield from (getattr(reply.energy, name) for name in _ENERGY)
    yield from (reply.energy.kind, reply.energy.source)
    yield from (getattr(reply.memory, name) for name in _MEMORY)
    yield from (getattr(reply.runtime, name, None) for name in _RUNTIME)
