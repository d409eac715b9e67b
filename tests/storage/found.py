"""Sessions of suites, fidelity runs and benchmarks as their runs leave them."""

from __future__ import annotations

import msgspec

from engine.contract import (
    Case,
    Fidelity,
    FidelityDocument,
    Measured,
    Remark,
    Session,
    SpeedTest,
    SuiteTerms,
    Timing,
    Vote,
)
from engine.contract.checks import TextCheck
from engine.suite import findings, reassess, suite_of
from tests.storage import samples

N_CASES = 20
SUITE_FILE = "/home/somebody/work/cases.yaml"


def suite(*, n_failed: int = 6) -> Session:
    """Two contenders; the second lacks what the check wants in some cases."""
    check = TextCheck(type="icontains", value="arm", label="names the arm")
    cases = tuple(_case(place, check) for place in range(N_CASES))
    plan = msgspec.structs.replace(samples.plan(), cases=cases, title="Suite balances")
    replies = tuple(
        msgspec.structs.replace(
            samples.reply(contender.name, case.id, text=_text(which, place, n_failed)),
            timing=Timing(total_s=1.0 + which, generation_tokens_per_s=60.0 / (1 + which)),
        )
        for which, contender in enumerate(plan.contenders)
        for place, case in enumerate(cases)
    )
    remark = Remark(file=SUITE_FILE, line=12, field="assert", reason="python is not run")
    session = msgspec.structs.replace(
        samples.session(plan, *replies),
        kind="suite",
        suite=SuiteTerms(name="balances", margin=0.05, not_supported=(remark,)),
    )
    found = findings(suite_of(session), reassess(session), margin=0.05)
    vote = Vote(case=cases[0].id, best="model 0", blind=True, created=session.created)
    return msgspec.structs.replace(found.added_to(session), votes=(vote,))


def bench() -> Session:
    tests = (SpeedTest(n_prompt=512), SpeedTest(n_gen=128))
    speeds = tuple(
        Measured(
            contender=contender.name,
            runtime=samples.RUNTIME,
            test=test,
            measured_at=samples.session().created,
            samples_ns=(10**9, 10**9 + 10**7),
        )
        for contender in samples.plan().contenders
        for test in tests
    )
    plan = msgspec.structs.replace(samples.plan(), cases=(), title="Benchmark")
    return msgspec.structs.replace(samples.session(plan), kind="bench", speeds=speeds)


def fidelity() -> Session:
    plan = msgspec.structs.replace(samples.plan(), cases=(), title="Fidelity")
    document = msgspec.convert(
        {
            "n_ctx": 512,
            "chunks": 40,
            "scored_tokens": 10_200,
            "text": {"name": "/home/somebody/work/prose.txt", "sha256": "0" * 64, "size_bytes": 9},
            "reference": {"name": "model 0", "ppl": _estimate(9.2)},
            "candidates": [_candidate()],
        },
        FidelityDocument,
    )
    return msgspec.structs.replace(samples.session(plan), kind="fidelity", fidelity=document)


def _case(place: int, check: TextCheck) -> Case:
    return msgspec.structs.replace(
        samples.case(f"case {place}"),
        checks=(check,),
        critical=place == 0,
        answers=("a beam with arms",),
    )


def _text(which: int, place: int, n_failed: int) -> str:
    return "No idea." if which and N_CASES - place <= n_failed else "It has a long arm."


def _estimate(value: float) -> dict[str, float]:
    return {"value": value, "plus_minus": 0.1 * value, "clustered_plus_minus": 0.2 * value}


def _candidate() -> dict[str, object]:
    """Every figure is 1 but those that a test looks for."""
    told: dict[str, object] = {
        field.encode_name: 1.0
        for field in msgspec.structs.fields(Fidelity)
        if field.name not in {"replies", "within_noise"}
    }
    for field in msgspec.structs.fields(Fidelity):
        if "Estimate" in str(field.type):
            told[field.encode_name] = _estimate(1.0)
    told |= {"compared": "tokens", "name": "model 1", "mean_kld": _estimate(0.03)}
    told |= {"same_top_percent": {"value": 92.5, "plus_minus": 0.5, "clustered_plus_minus": 0.5}}
    return told
