"""How a session came about: machine, settings, and what its figures mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from engine.contract import Energy, ResolvedRuntime, Sampling, Session
from engine.energy.wording import conditions_text
from engine.summary import summarise, wide_spreads
from engine.wording import count, size
from storage.exports.figures import Column

_USUAL: Final = Sampling()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    text: str


def how_it_was_measured(session: Session, columns: Sequence[Column]) -> tuple[Fact, ...]:
    return (
        *_machine(session),
        *(_replies(session) if session.replies else ()),
        Fact(name="Made with", text=_program(session)),
        *_loads(session),
        *(
            Fact(name=column.title, text=f"{column.explained}; {column.better} is better")
            for column in columns
        ),
    )


def sampling_text(sampling: Sampling) -> str:
    """The settings that tell: always temperature, seed and length, others where they are unusual."""
    if sampling.temperature <= 0:
        words = ["always the most likely one (temperature 0)"]
    else:
        words = [f"temperature {sampling.temperature:g}", f"seed {sampling.seed}"]
    words.append(f"at most {count(sampling.max_tokens, 'token')} a reply")
    for name in Sampling.__struct_fields__:
        value = getattr(sampling, name)
        if name not in {"temperature", "seed", "max_tokens"} and value != getattr(_USUAL, name):
            words.append(f"{name} {_short(value)}")
    return ", ".join(words)


def runtime_text(runtime: ResolvedRuntime) -> str:
    words = [
        f"context of {count(runtime.n_ctx, 'token')}",
        f"{count(runtime.threads, 'thread')}",
        f"{runtime.offloaded_layers} of {count(runtime.layers, 'layer')} on other devices",
        f"KV cache {runtime.type_k}/{runtime.type_v}",
    ]
    if runtime.flash_attention is not None:
        words.append(f"flash attention {'on' if runtime.flash_attention else 'off'}")
    return ", ".join(words)


def _machine(session: Session) -> Iterator[Fact]:
    environment = session.environment
    words = [environment.cpu]
    if environment.physical_cores:
        words.append(count(environment.physical_cores, "core"))
    words.append(f"{size(environment.ram_bytes)} of memory")
    words.append(environment.os)
    if environment.power_source:
        words.append(f"on {environment.power_source}")
    yield Fact(name="Machine", text=", ".join(word for word in words if word))
    devices = [device.description for device in environment.devices if device.kind != "cpu"]
    if devices:
        yield Fact(name="Devices", text=", ".join(devices))


def _replies(session: Session) -> Iterator[Fact]:
    yield Fact(name="Order", text=_order(session))
    yield Fact(name="Choice of tokens", text=sampling_text(session.sampling))
    yield from _energy(session)
    yield Fact(
        name="Figures",
        text="medians over the replies that came to their end or to the length limit, not over those"
        " that were stopped or failed; with the standard deviation among repeats of a prompt and the"
        " number of replies (n), or of loads, where there are several",
    )
    for warning in wide_spreads(summarise(session.replies)):
        yield Fact(name="Spread", text=warning)


def _order(session: Session) -> str:
    if session.together:
        return "all contenders at once, so they shared the machine"
    if session.batched:
        return "one contender at a time, several prompts in a batch, so they shared the machine"
    warm = "after a short warm-up of each" if session.warm_up else "without a warm-up"
    return f"one contender at a time, {warm}"


def _loads(session: Session) -> Iterator[Fact]:
    seen: set[str] = set()
    loads = [
        *((reply.contender, reply.runtime) for reply in session.replies),
        *((speed.contender, speed.runtime) for speed in session.speeds),
    ]
    for name, runtime in loads:
        if runtime is not None and name not in seen:
            seen.add(name)
            yield Fact(name=name, text=runtime_text(runtime))
    for contender in session.contenders:
        origin = contender.model.origin
        if origin is not None:
            text = f"from {origin.repo}, {origin.file}, revision {origin.commit}"
            yield Fact(name=contender.name, text=text)
        if contender.sampling is not None:
            yield Fact(name=contender.name, text=sampling_text(contender.sampling))


def _energy(session: Session) -> Iterator[Fact]:
    """Where the joules come from and under what conditions; of replies without any, why."""
    energies = [reply.energy for reply in session.replies]
    sources = dict.fromkeys(
        ", ".join(filter(None, (energy.kind, energy.source, energy.boundary, _lacking(energy))))
        for energy in energies
        if energy.joules is not None
    )
    reasons = dict.fromkeys(
        energy.absent["joules"]
        for energy in energies
        if energy.joules is None and "joules" in energy.absent
    )
    words = [*sources, *reasons]
    if words:
        yield Fact(name="Energy", text="; ".join(words))
    conditions = dict.fromkeys(
        conditions_text(energy.conditions) for energy in energies if energy.conditions is not None
    )
    if conditions:
        yield Fact(name="Conditions", text="; ".join(conditions))


def _lacking(energy: Energy) -> str:
    return f"without {', '.join(energy.not_covered)}" if energy.not_covered else ""


def _program(session: Session) -> str:
    """Each part named once, whether or not the recorded version carries a name itself."""
    app, llama_cpp = session.environment.app, session.environment.llama_cpp
    parts = [app if app.startswith("Steelyard") else f"Steelyard {app}"]
    if llama_cpp:
        parts.append(llama_cpp if "llama" in llama_cpp else f"llama.cpp {llama_cpp}")
    return ", ".join(parts)


def _short(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        return str(value.__struct_config__.tag)
    return str(value) if not isinstance(value, tuple) else " ".join(map(repr, value))
