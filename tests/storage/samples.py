"""Plans, sessions and replies as a run makes them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from engine.contract import (
    Case,
    CaseScore,
    CheckResult,
    Contender,
    DeviceUse,
    Environment,
    FinishReason,
    Message,
    ModelFile,
    Plan,
    Reply,
    Session,
    Timing,
)
from tests.resolved import RESOLVED

ENVIRONMENT = Environment(
    app="0.1.0", llama_cpp="0.3.36", os="Linux 6.1", cpu="a CPU", ram_bytes=16 * 2**30
)
RUNTIME = msgspec.structs.replace(
    RESOLVED,
    n_ctx=4096,
    n_batch=2048,
    threads=4,
    threads_batch=4,
    layers=31,
    devices=(DeviceUse(name="CPU", model_bytes=90_000_000, kv_bytes=23_592_960),),
    llama_cpp="0.3.36",
)


def contender(name: str, quantization: str = "Q4_1") -> Contender:
    file = f"{name}-{quantization}.gguf"
    return Contender(
        name=name,
        model=ModelFile(
            path=f"/models/{file}", file=file, size_bytes=98_000_000, quantization=quantization
        ),
    )


def case(name: str, prompt: str = "What is a steelyard?") -> Case:
    return Case(id=name, messages=(Message(role="user", content=prompt),))


def plan(
    *, contenders: int = 2, cases: int = 1, repeats: int = 1, title: str | None = None
) -> Plan:
    return Plan(
        contenders=tuple(contender(f"model {i}") for i in range(contenders)),
        cases=tuple(case(f"case {i}") for i in range(cases)),
        repeats=repeats,
        title=title,
    )


def reply(
    contender_name: str = "model 0",
    case_name: str = "case 0",
    repeat: int = 0,
    text: str = "A balance with arms of unequal length.",
    finish_reason: FinishReason = "stop",
) -> Reply:
    return Reply(
        contender=contender_name,
        case=case_name,
        repeat=repeat,
        text=text,
        finish_reason=finish_reason,
        timing=Timing(ttft_s=0.12, generated_tokens=9, generation_tokens_per_s=51.4, total_s=0.3),
        runtime=RUNTIME,
    )


def session(planned: Plan | None = None, *replies: Reply) -> Session:
    planned = planned or plan()
    return Session(
        id="20261124-120000-abcdefgh",
        title=planned.title or "What is a steelyard?",
        created=datetime(2026, 11, 24, 12, tzinfo=UTC),
        status="finished",
        environment=ENVIRONMENT,
        repeats=planned.repeats,
        contenders=planned.contenders,
        cases=planned.cases,
        replies=replies,
    )


def score() -> CaseScore:
    """Of `reply()`."""
    made = reply()
    check = CheckResult(check="contains", passed=False, score=0.0, weight=1.0, reason="not there")
    return CaseScore(
        contender=made.contender,
        case=made.case,
        repeat=made.repeat,
        passed=False,
        score=0.0,
        checks=(check,),
    )
