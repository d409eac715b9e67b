"""A suite on the real small model, from its file to its verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.bench import Bench
from engine.contract import Contender, Failed, ModelFile, Replied, Reply, Runtime, Sampling
from engine.errors import PlanError
from engine.quality.cases import read_suite
from engine.suite import assess, suite_plan
from tests.engine.fakes import SmallFit

SUITE = """
tests:
  - vars: {question: What is the capital of France?}
    assert:
      - {type: icontains, value: paris}
  - vars: {question: "Reply with one word: what colour is grass?"}
    assert:
      - {type: icontains, value: green}
  - vars: {question: Say hello.}
    assert:
      - {type: not-icontains, value: goodbye}
prompts:
  - "{{question}}"
"""


def model(path: Path, name: str) -> Contender:
    return Contender(
        name=name,
        model=ModelFile(path=str(path), file=path.name, size_bytes=1),
        runtime=Runtime(n_ctx=512, threads=1),
    )


def replies_of(plan: object) -> list[Reply]:
    bench = Bench(fit=SmallFit())
    events = list(bench.run(plan))  # type: ignore[arg-type]
    bench.close()
    return [event.reply for event in events if isinstance(event, Replied | Failed)]


def test_a_suite_file_becomes_scores_with_evidence_and_a_verdict(
    small_model: Path, quantized: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    suite = read_suite(file)
    contenders = [model(small_model, "reference"), model(quantized["Q2_K"], "candidate")]
    plan = suite_plan(suite, contenders, sampling=Sampling(max_tokens=24))
    assessment = assess(suite, contenders, replies_of(plan), margin=0.05)

    assert len(assessment.scores) == 6
    first = suite.cases[0].id
    france = next(s for s in assessment.scores if (s.contender, s.case) == ("reference", first))
    assert france.checks[0].check == "icontains"
    greeting = [s for s in assessment.scores if s.case == suite.cases[2].id]
    assert [score.passed for score in greeting] == [True, True]
    (verdict,) = assessment.verdicts
    assert (verdict.reference, verdict.contender, verdict.n) == ("reference", "candidate", 3)
    # Three cases prove nothing about five points.
    assert verdict.outcome in {"undecided", "worse"}
    assert re.search(r"\b3\b", assessment.sentences[0])
    assert [place.contender for place in assessment.standings] == ["reference", "candidate"]


def test_one_case_at_a_time_gives_the_same_replies_as_batches(
    small_model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    suite = read_suite(file)
    contenders = [model(small_model, "A"), model(small_model, "B")]
    found = []
    for deterministic in (False, True):
        plan = suite_plan(
            suite, contenders, sampling=Sampling(max_tokens=24), deterministic=deterministic
        )
        replies = replies_of(plan)
        found.append({(reply.contender, reply.case): reply.text for reply in replies})
    assert found[0] == found[1]


def test_a_contender_that_fails_has_failed_its_cases(small_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    suite = read_suite(file)
    contenders = [model(small_model, "reference"), model(tmp_path / "gone.gguf", "gone")]
    plan = suite_plan(suite, contenders, sampling=Sampling(max_tokens=24))
    assessment = assess(suite, contenders, replies_of(plan), margin=0.05)
    gone = [score for score in assessment.scores if score.contender == "gone"]
    assert [score.passed for score in gone] == [False] * 3
    assert all(score.reason and "gone.gguf" in score.reason for score in gone)


def test_multiple_choice_is_decided_by_likelihood_under_a_named_metric(
    small_model: Path, quantized: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "choices.jsonl"
    file.write_text(
        '{"prompt": "What do bees make?", "choices": ["Honey.", "Concrete."], "right": 0}\n'
        '{"prompt": "Which is larger?", "choices": ["An ant.", "An elephant."], "right": 1}\n',
        encoding="utf-8",
    )
    suite = read_suite(file)
    contenders = [model(small_model, "A"), model(quantized["Q8_0"], "B")]
    assessment = assess(suite, contenders, replies_of(suite_plan(suite, contenders)))
    assert {score.checks[0].check for score in assessment.scores} == {"acc_norm"}
    bees = [score for score in assessment.scores if score.case == suite.cases[0].id]
    assert [score.passed for score in bees] == [True, True]
    assert all("right is “Honey.”" in (score.checks[0].reason or "") for score in bees)


def test_log_probabilities_are_kept_where_a_check_of_perplexity_asks_for_them(
    small_model: Path, tmp_path: Path
) -> None:
    two = [model(small_model, "A"), model(small_model, "B")]
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    assert suite_plan(read_suite(file), two).sampling.top_logprobs is None
    nested = "{type: assert-set, assert: [{type: perplexity, threshold: 50}]}"
    file.write_text(SUITE.replace("{type: icontains, value: green}", nested), encoding="utf-8")
    assert suite_plan(read_suite(file), two).sampling.top_logprobs == 0


def test_a_suite_needs_a_reference_and_a_candidate(small_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    with pytest.raises(PlanError, match="a reference and a candidate"):
        suite_plan(read_suite(file), [model(small_model, "alone")])
