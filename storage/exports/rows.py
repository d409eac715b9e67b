"""Sessions as a flat table: one row a reply, numbers as numbers, absent values empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from engine.contract import (
    Case,
    CaseScore,
    Energy,
    EnergyPart,
    Fidelity,
    OtherTokenizer,
    Reply,
    ResolvedRuntime,
    Session,
    Timing,
)
from engine.energy.pooling import pooled
from engine.energy.typical import all_with_pooled_energy
from engine.energy.wording import MEASURED_DIGITS
from engine.wording import digits_text
from storage.exports.speeds import mean_and_deviation

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
_ALLOCATED: Final = "allocated_bytes"
"""Weights, cache and buffers as llama.cpp tells them: all that is known of replies that share a process."""

_RUNTIME: Final = ("n_ctx", "threads", "layers", "offloaded_layers")
_FOUND: Final = (
    *("passed", "score", "failed_checks", "test", "tokens_per_s", "tokens_per_s_deviation"),
    *("ppl", "ppl_ratio", "mean_kld", "same_top_percent", "bits_per_byte"),
)
_ENERGY_WORDS: Final = (
    *("energy_kind", "energy_source", "energy_boundary", "energy_not_covered", "energy_parts"),
    "energy_absent",
    *_CONDITIONS,
)
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
    *_ENERGY_WORDS,
    *_MEMORY,
    _ALLOCATED,
    *_RUNTIME,
    *_FOUND,
)


def rows(sessions: Sequence[Session]) -> Iterator[tuple[Value, ...]]:
    """A row a reply, then one a speed and one a candidate of sessions that have such."""
    for session in sessions:
        yield from _replies(session)
        for speed in session.speeds:
            mean, deviation = mean_and_deviation(speed)
            yield _row(
                session,
                contender=speed.contender,
                test=speed.test.name,
                tokens_per_s=mean,
                tokens_per_s_deviation=deviation,
                **{name: getattr(speed.runtime, name) for name in _RUNTIME},
            )
        for candidate in session.fidelity.candidates if session.fidelity else ():
            yield _row(session, contender=candidate.name, **_fidelity(candidate))


def _row(session: Session, **known: Value) -> tuple[Value, ...]:
    """What is not known of it stays empty."""
    model = next((c.model for c in session.contenders if c.name == known["contender"]), None)
    about: dict[str, Value] = {
        "session": session.id,
        "title": session.title,
        "created": session.created.isoformat(timespec="seconds"),
        "kind": session.kind,
        "cpu": session.environment.cpu,
        "llama_cpp": session.environment.llama_cpp,
    }
    if model is not None:
        about |= {
            "model_file": model.file,
            "quantization": model.quantization,
            "parameters": model.parameters,
        }
    told = about | known
    return tuple(told.get(name) for name in COLUMNS)


def _fidelity(candidate: Fidelity | OtherTokenizer) -> dict[str, Value]:
    if isinstance(candidate, OtherTokenizer):
        return {"ppl": candidate.ppl.value, "bits_per_byte": candidate.bits_per_byte.value}
    return {
        "ppl": candidate.ppl.value,
        "ppl_ratio": candidate.ppl_ratio.value,
        "mean_kld": candidate.mean_kld.value,
        "same_top_percent": candidate.same_top_percent.value,
    }


def _replies(session: Session) -> Iterator[tuple[Value, ...]]:
    prompts = {case.id: prompt_text(case) for case in session.cases}
    scores = {(each.contender, each.case, each.repeat): each for each in session.scores}
    for reply in _with_pools(session.replies):
        score = scores.get((reply.contender, reply.case, reply.repeat))
        yield _row(
            session,
            contender=reply.contender,
            case=reply.case,
            prompt=prompts[reply.case],
            repeat=reply.repeat,
            finish_reason=reply.finish_reason,
            text=reply.text,
            reasoning=reply.reasoning,
            error=reply.error,
            **_figures(reply),
            **_score(score),
        )


def _with_pools(replies: Sequence[Reply]) -> Iterator[Reply]:
    """A reply with its pool's figure has that pool's parts as well."""
    pools = _pooled_parts(replies)
    for reply in all_with_pooled_energy(replies):
        if reply.energy.pooled_replies and reply.contender in pools:
            yield replace(reply, energy=replace(reply.energy, parts=pools[reply.contender]))
        else:
            yield reply


def _pooled_parts(replies: Sequence[Reply]) -> dict[str, tuple[EnergyPart, ...]]:
    """By contender the mean parts of its pool, whose sum is what stands beside them."""
    short: dict[str, list[Reply]] = {}
    for reply in replies:
        if reply.energy.too_short and reply.energy.joules is None:
            short.setdefault(reply.contender, []).append(reply)
    pools = ((name, pooled(own)) for name, own in short.items())
    return {
        name: tuple(
            replace(part, joules=part.joules / pool.pooled_replies)
            for part in pool.parts
            if part.joules is not None
        )
        for name, pool in pools
        if pool.pooled_replies
    }


def _allocated(runtime: ResolvedRuntime | None) -> int | None:
    devices = () if runtime is None else runtime.devices
    return sum(use.model_bytes + use.kv_bytes + use.compute_bytes for use in devices) or None


def _score(score: CaseScore | None) -> dict[str, Value]:
    if score is None:
        return {}
    failed = [check.label or check.check for check in score.checks if check.passed is False]
    return {
        "passed": score.passed,
        "score": score.score,
        "failed_checks": "; ".join(failed) or None,
    }


def prompt_text(case: Case) -> str:
    """What was asked, with roles where there is more than one message."""
    if len(case.messages) == 1:
        return case.messages[0].content
    return "\n\n".join(f"{message.role}: {message.content}" for message in case.messages)


def _figures(reply: Reply) -> dict[str, Value]:
    energy = dict(zip(_ENERGY_WORDS, _energy_words(reply.energy), strict=True))
    return {
        **{name: getattr(reply.timing, name) for name in _TIMING},
        **{name: getattr(reply.energy, name) for name in _ENERGY},
        **energy,
        **{name: getattr(reply.memory, name) for name in _MEMORY},
        _ALLOCATED: _allocated(reply.runtime),
        **{name: getattr(reply.runtime, name, None) for name in _RUNTIME},
    }


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
