"""Sessions as a flat table: one row a reply, numbers as numbers, absent values empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.contract import Case, Energy, Reply, Session, Timing
from engine.energy.typical import all_with_pooled_energy
from engine.energy.wording import MEASURED_DIGITS
from engine.wording import digits_text

Value = str | int | float | bool | None

_TIMING: Final = tuple(name for name in Timing.__struct_fields__ if name != "absent")
_ENERGY: Final = (
    "joules",
    "low_joules",
    "high_joules",
    "joules_per_token",
    "prompt_joules",
    "generation_joules",
    "joules_per_prompt_token",
    "joules_per_generated_token",
    "above_idle_joules",
    "attributed_joules",
    "wall_joules",
    "mean_watts",
    "idle_watts",
    "pooled_replies",
    "others_cpu_percent",
    "contaminated",
)
_CONDITIONS: Final = ("power_source", "power_profile", "governor", "throttled")
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
    "energy_boundary",
    "energy_not_covered",
    "energy_parts",
    "energy_absent",
    *_CONDITIONS,
    *_MEMORY,
    *_RUNTIME,
)


def rows(sessions: Sequence[Session]) -> Iterator[tuple[Value, ...]]:
    for session in sessions:
        contenders = {contender.name: contender for contender in session.contenders}
        prompts = {case.id: prompt_text(case) for case in session.cases}
        for reply in all_with_pooled_energy(session.replies):
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
    yield from _energy_words(reply.energy)
    yield from (getattr(reply.memory, name) for name in _MEMORY)
    yield from (getattr(reply.runtime, name, None) for name in _RUNTIME)


def _energy_words(energy: Energy) -> Iterator[Value]:
    """Where the joules come from, of what they are, and under what conditions."""
    parts = (
        f"{part.name}: {digits_text(part.joules, MEASURED_DIGITS)} J{'' if part.counted else ' (a check)'}"
        for part in energy.parts
        if part.joules is not None
    )
    yield from (energy.kind, energy.source, energy.boundary)
    yield "; ".join(energy.not_covered) or None
    yield "; ".join(parts) or None
    yield energy.absent.get("joules")
    yield from (getattr(energy.conditions, name, None) for name in _CONDITIONS)
