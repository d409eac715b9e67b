"""Sessions whose energies and times are known by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from engine.contract import (
    Case,
    Contender,
    Energy,
    EnergyPart,
    Environment,
    EstimateBasis,
    Message,
    ModelFile,
    Reply,
    Session,
    Timing,
)
from engine.cost.assumptions import Assumptions
from engine.cost.ranges import exactly
from engine.energy.tdp import estimated_above_idle_joules, estimated_joules, two_digits

Figures = tuple[float, float]
"""Joules and seconds of a reply."""


def measured(joules: float, seconds: float, source: str = "powercap") -> Energy:
    """By a counter at ±10 %, a fifth of it before the first token."""
    part = EnergyPart(
        name="processor package-0",
        covers="cpu",
        source=source,
        label="measured",
        seconds=seconds,
        step_s=0.0,
        joules=joules,
        low_joules=0.9 * joules,
        high_joules=1.1 * joules,
        prompt_joules=0.2 * joules,
        generation_joules=0.8 * joules,
        above_idle_joules=0.5 * joules,
    )
    return Energy(
        joules=joules,
        low_joules=part.low_joules,
        high_joules=part.high_joules,
        source=source,
        kind="measured",
        boundary="components only",
        not_covered=("memory",),
        parts=(part,),
        contaminated=False,
    )


def estimated(seconds: float, *, tdp_watts: float = 10.0) -> Energy:
    """Two busy cores of two."""
    basis = EstimateBasis(
        seconds=seconds, core_seconds=2 * seconds, physical_cores=2, tdp_watts=tdp_watts
    )
    joules = two_digits(estimated_joules(basis))
    part = EnergyPart(
        name="processor",
        covers="cpu",
        source="TDP estimate: 10 W for 2 cores",
        label="estimated",
        seconds=seconds,
        joules=joules,
        low_joules=joules / 2,
        high_joules=joules * 2,
        prompt_joules=two_digits(0.2 * joules),
        generation_joules=two_digits(0.8 * joules),
        above_idle_joules=two_digits(estimated_above_idle_joules(basis)),
        basis=basis,
    )
    return Energy(joules=joules, kind="estimated", source=part.source, parts=(part,))


def reply(
    contender: str,
    case: str,
    energy: Energy,
    seconds: float,
    *,
    repeat: int = 0,
    prompt_tokens: int = 100,
    tokens: int = 50,
) -> Reply:
    return Reply(
        contender=contender,
        case=case,
        repeat=repeat,
        text="…",
        finish_reason="stop",
        timing=Timing(
            ttft_s=0.2 * seconds,
            total_s=seconds,
            prompt_tokens=prompt_tokens,
            generated_tokens=tokens,
        ),
        energy=energy,
    )


def session(replies: Iterable[Reply]) -> Session:
    kept = tuple(replies)
    names = dict.fromkeys(each.contender for each in kept)
    cases = dict.fromkeys(each.case for each in kept)
    return Session(
        id="s1",
        title="Weighed",
        created=datetime(2026, 11, 23, tzinfo=UTC),
        status="finished",
        environment=Environment(
            app="0.1", llama_cpp="b1", os="Linux", cpu="test", ram_bytes=1 << 33
        ),
        contenders=tuple(
            Contender(
                name=name, model=ModelFile(path=f"/{name}.gguf", file=f"{name}.gguf", size_bytes=1)
            )
            for name in names
        ),
        cases=tuple(
            Case(id=case, messages=(Message(role="user", content=case),)) for case in cases
        ),
        replies=kept,
    )


def measured_session(contenders: Mapping[str, Iterable[Figures]]) -> Session:
    """One case after the other, each with the joules and seconds given."""
    return session(
        reply(name, f"case {index}", measured(joules, seconds), seconds)
        for name, figures in contenders.items()
        for index, (joules, seconds) in enumerate(figures)
    )


def assumptions(**changes: object) -> Assumptions:
    """Round prices without a range, 1,000 requests a day on one machine."""
    settings: dict[str, object] = {
        "electricity_price": exactly(0.30),
        "grid_g_per_kwh": exactly(400.0),
        "requests_per_day": 1000.0,
    }
    return Assumptions(**(settings | changes))  # type: ignore[arg-type] # tests name fields freely
