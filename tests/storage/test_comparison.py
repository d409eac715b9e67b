from __future__ import annotations

from datetime import UTC, datetime
from typing import get_type_hints

import msgspec
from hypothesis import HealthCheck, given, settings

from engine.contract import (
    Case,
    CaseScore,
    Contender,
    Energy,
    Estimate,
    Fidelity,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    Measured,
    Outcome,
    Plan,
    Reply,
    Runtime,
    Sampling,
    Session,
    SpeedTest,
    SuiteTerms,
    Timing,
    Verdict,
)
from storage.comparison import Difference, compare_sessions
from storage.comparison_quality import ScoreChange
from storage.comparison_words import pair_states, quality_rows, speed_rows
from tests.storage import samples
from tests.storage.strategies import sessions


def session(*replies: Reply, plan: Plan | None = None) -> Session:
    return samples.session(plan or samples.plan(contenders=2, cases=2, repeats=2), *replies)


def timed(contender: str, tokens_per_s: float, text: str = "x", repeat: int = 0) -> Reply:
    return msgspec.structs.replace(
        samples.reply(contender, repeat=repeat, text=text),
        timing=Timing(generation_tokens_per_s=tokens_per_s, ttft_s=0.5),
    )


@given(sessions())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_session_does_not_differ_from_itself(any_session: Session) -> None:
    compared = compare_sessions(any_session, any_session)
    assert compared.differences == ()
    assert all(pair.same for pair in compared.replies)
    assert len(compared.replies) == len(any_session.replies)
    assert all(speed.ratio in {None, 1.0} for speed in compared.speeds)
    assert compared.contenders_only_before == compared.contenders_only_after == ()


def test_changed_replies_are_found_and_missing_ones_are_none() -> None:
    before = session(samples.reply(text="a"), samples.reply("model 1", text="b"))
    after = session(
        samples.reply(text="a"), samples.reply("model 1", text="B"), samples.reply(repeat=1)
    )
    pairs = compare_sessions(before, after).replies
    assert [(pair.contender, pair.repeat, pair.same) for pair in pairs] == [
        ("model 0", 0, True),
        ("model 1", 0, False),
        ("model 0", 1, False),
    ]
    assert pairs[2].before is None
    assert pairs[2].after == after.replies[2]


def test_speeds_are_compared_by_their_medians() -> None:
    before = session(timed("model 0", 50), timed("model 0", 60, repeat=1))
    after = session(timed("model 0", 22), timed("model 1", 70))
    speeds = compare_sessions(before, after).speeds
    (generation,) = [s for s in speeds if s.figure == "generation_tokens_per_s"]
    assert (generation.contender, generation.before, generation.after) == ("model 0", 55, 22)
    assert (generation.n_before, generation.n_after, generation.ratio) == (2, 1, 0.4)


def test_differences_of_machine_and_settings_are_named() -> None:
    before = session(samples.reply())
    reply = msgspec.structs.replace(
        samples.reply(), runtime=msgspec.structs.replace(samples.RUNTIME, threads=8)
    )
    after = msgspec.structs.replace(
        session(reply),
        environment=msgspec.structs.replace(
            samples.ENVIRONMENT, llama_cpp="0.4.0", power_source="battery"
        ),
        sampling=Sampling(temperature=0.7),
        together=True,
    )
    found = {
        (d.contender, d.what, d.before, d.after)
        for d in compare_sessions(before, after).differences
    }
    assert found == {
        (None, "llama.cpp", "0.3.36", "0.4.0"),
        (None, "power", "none", "battery"),
        (None, "temperature", "0.0", "0.7"),
        (None, "all at once", "no", "yes"),
        ("model 0", "threads", "4", "8"),
    }


def with_model(name: str, file: str, sha256: str | None) -> Contender:
    model = msgspec.structs.replace(samples.contender("x").model, file=file, sha256=sha256)
    return Contender(name=name, model=model)


def renamed(*contenders: Contender) -> Plan:
    return msgspec.structs.replace(samples.plan(), contenders=contenders)


def test_contenders_are_the_same_by_their_models_content() -> None:
    before = session(samples.reply("old"), plan=renamed(with_model("old", "a.gguf", "1")))
    after = session(samples.reply("new"), plan=renamed(with_model("new", "b.gguf", "1")))
    compared = compare_sessions(before, after)
    assert [(pair.contender, pair.same) for pair in compared.replies] == [("new", True)]
    assert compared.contenders_only_before == ()


def test_a_file_that_changed_under_its_name_is_a_difference() -> None:
    before = session(plan=renamed(with_model("m", "a.gguf", "1")))
    after = session(plan=renamed(with_model("m", "a.gguf", "2")))
    assert compare_sessions(before, after).differences == (
        Difference(what="model file", contender="m", before="1", after="2"),
    )


def test_one_model_in_two_settings_is_matched_by_name() -> None:
    fast = msgspec.structs.replace(with_model("4 threads", "a", "1"), runtime=Runtime(threads=4))
    slow = msgspec.structs.replace(with_model("1 thread", "a", "1"), runtime=Runtime(threads=1))
    before = session(timed("4 threads", 40), timed("1 thread", 10), plan=renamed(fast, slow))
    after = session(timed("4 threads", 40), timed("1 thread", 10), plan=renamed(slow, fast))
    assert {s.ratio for s in compare_sessions(before, after).speeds} == {1.0}


def test_what_only_one_session_has_is_named_and_not_compared() -> None:
    def plan(contender: str, prompt: str) -> Plan:
        case: Case = samples.case("case 0", prompt)
        return msgspec.structs.replace(
            renamed(with_model(contender, contender, None)), cases=(case,)
        )

    before = session(samples.reply("a"), plan=plan("a", "What is it?"))
    after = session(samples.reply("b"), plan=plan("b", "What else is it?"))
    compared = compare_sessions(before, after)
    assert (compared.contenders_only_before, compared.contenders_only_after) == (("a",), ("b",))
    assert compared.cases_only_before == ("case 0: What is it?",)
    assert compared.cases_only_after == ("case 0: What else is it?",)
    assert compared.replies == ()
    assert compared.speeds == ()


def scored(contender: str, case: str, passed: bool | None) -> CaseScore:
    return CaseScore(contender=contender, case=case, repeat=0, passed=passed, score=None)


def judged(session_: Session, *scores: CaseScore, outcome: Outcome) -> Session:
    verdict = Verdict(
        reference="model 0",
        contender="model 1",
        n=2,
        confidence=0.95,
        upper_confidence=0.95,
        margin=0.05,
        outcome=outcome,
        compared_with=1,
        unscored=0,
        overruled=0,
    )
    terms = SuiteTerms(name="mine", margin=0.05)
    return msgspec.structs.replace(
        session_, kind="suite", scores=scores, verdicts=(verdict,), suite=terms
    )


def test_scores_and_verdicts_are_compared_where_both_sessions_have_them() -> None:
    plain = session(samples.reply("model 1", text="right"))
    changed = session(samples.reply("model 1", text="wrong"))
    before = judged(
        plain,
        scored("model 1", "case 0", True),
        scored("model 1", "case 1", True),
        scored("model 0", "case 0", True),
        outcome="non-inferior",
    )
    after = judged(
        changed,
        scored("model 1", "case 0", False),
        scored("model 1", "case 1", True),
        scored("model 0", "case 0", None),
        outcome="worse",
    )
    compared = compare_sessions(before, after)
    assert compared.scores == (
        ScoreChange(
            contender="model 1",
            n=2,
            passed_before=2,
            passed_after=1,
            won=(),
            lost=("case 0",),
            verdict_before="non-inferior",
            verdict_after="worse",
        ),
    )
    assert quality_rows(compared) == [
        ("model 1", "Passed", "2 of 2", "1 of 2", "0 won, 1 lost"),
        ("model 1", "Verdict", "good enough", "worse", ""),
    ]
    assert pair_states(compared) == ["changed, now fails"]


def test_speeds_of_a_bench_are_compared_test_by_test() -> None:
    def measured(test: SpeedTest, ns: int) -> Measured:
        return Measured(
            contender="model 0",
            runtime=samples.RUNTIME,
            test=test,
            measured_at=datetime(2026, 11, 1, tzinfo=UTC),
            samples_ns=(ns, ns),
        )

    pp, tg = SpeedTest(n_prompt=512), SpeedTest(n_gen=128)
    before = msgspec.structs.replace(
        session(), speeds=(measured(pp, 10**9), measured(tg, 2 * 10**9))
    )
    after = msgspec.structs.replace(
        session(), speeds=(measured(pp, 2 * 10**9), measured(tg, 10**9))
    )
    speeds = compare_sessions(before, after).speeds
    assert [(s.figure, s.before, s.after, s.ratio) for s in speeds] == [
        ("pp512", 512, 256, 0.5),
        ("tg128", 64, 128, 2.0),
    ]
    assert speed_rows(compare_sessions(before, after))[0] == (
        "model 0",
        "pp512",
        "512 tok/s",
        "256 tok/s",
        "−50 %",
    )


def test_a_test_that_was_run_in_several_settings_is_not_compared() -> None:
    twice = tuple(
        Measured(
            contender="model 0",
            runtime=msgspec.structs.replace(samples.RUNTIME, threads=threads),
            test=SpeedTest(n_gen=128),
            measured_at=datetime(2026, 11, 1, tzinfo=UTC),
            samples_ns=(10**9,),
        )
        for threads in (1, 2)
    )
    both = msgspec.structs.replace(session(), speeds=twice)
    assert compare_sessions(both, both).speeds == ()


def test_nearness_to_a_reference_is_compared_with_its_margins() -> None:
    def near(kld: float, text: str) -> Session:
        figures = dict.fromkeys(Fidelity.__struct_fields__, 0.0)
        estimates = {
            name: Estimate(value=kld, plus_minus=0.01, clustered_plus_minus=None)
            for name, kind in get_type_hints(Fidelity).items()
            if kind is Estimate
        }
        candidate = Fidelity(**{**figures, **estimates, "name": "model 1", "within_noise": None})  # type: ignore[arg-type]  # fields by name
        document = FidelityDocument(
            n_ctx=512,
            chunks=2,
            scored_tokens=512,
            text=FidelityText(name=text, sha256="0", size_bytes=1),
            reference=FidelityReference(name="model 0", ppl=estimates["ppl"]),
            candidates=(candidate,),
        )
        return msgspec.structs.replace(session(), kind="fidelity", fidelity=document)

    compared = compare_sessions(near(0.1, "a.txt"), near(0.2, "b.txt"))
    assert Difference(what="text", before="a.txt", after="b.txt") in compared.differences
    rows = quality_rows(compared)
    assert rows[0] == (
        "model 1",
        "Mean KL divergence",
        "0.1000 ± 0.010",
        "0.2000 ± 0.010",
        "beyond the margins",
    )


def test_what_a_reply_took_is_compared_in_joules() -> None:
    before, after = (
        msgspec.structs.replace(
            samples.session(),
            replies=(
                msgspec.structs.replace(
                    samples.reply("model 0"), energy=Energy(joules=joules, kind="measured")
                ),
            ),
        )
        for joules in (40.0, 30.0)
    )
    rows = speed_rows(compare_sessions(before, after))
    assert ("model 0", "Energy a reply", "40.0 J", "30.0 J", "−25 %") in rows


def taking(energy: Energy, *, batched: bool = False) -> Session:
    reply = msgspec.structs.replace(samples.reply("model 0"), energy=energy)
    return msgspec.structs.replace(samples.session(), replies=(reply,), batched=batched)


def energy_row(before: Session, after: Session) -> tuple[str, ...]:
    rows = speed_rows(compare_sessions(before, after))
    return next(row for row in rows if row[1] == "Energy a reply")


ESTIMATED = Energy(joules=2.3, low_joules=1.15, high_joules=4.6, kind="estimated")


def test_an_estimated_energy_is_called_so_with_its_range() -> None:
    row = energy_row(taking(ESTIMATED), taking(ESTIMATED))
    assert row[2:] == (*("about 2.3 J, estimated, 1.1 to 4.6 J",) * 2, "±0 %")
    measured = msgspec.structs.replace(ESTIMATED, kind="measured")
    assert energy_row(taking(ESTIMATED), taking(measured))[4] == "±0 %, but only one is measured"


def test_a_share_of_a_batch_is_not_passed_off_as_a_reply_alone() -> None:
    one, other = taking(ESTIMATED), taking(ESTIMATED, batched=True)
    row = energy_row(one, other)
    assert "batch" not in row[2]
    assert row[3].endswith("its share of a batch")
    assert row[4].endswith("but only one is of batches")
    (difference,) = compare_sessions(one, other).differences
    assert (difference.what, difference.before, difference.after) == ("in batches", "no", "yes")
