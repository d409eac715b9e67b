"""Many cases at once on a recurrent model, whose sequences can be copied but not cut back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.contract import Case, Message, Runtime, Sampling
from engine.protocol import CaseGenerated, GenerateMany, PrepareMany, SequencesChosen
from tests.engine.recurrent_model import write_recurrent_model
from tests.engine.running import Running, running_worker

BEGINNING = "A beginning that all of them share, and then: "


def case(text: str, *choices: str) -> Case:
    messages = (Message(role="user", content=BEGINNING + text),)
    return Case(id=text, messages=messages, format="completion", continuations=choices)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = tmp_path_factory.mktemp("recurrent") / "recurrent.gguf"
    write_recurrent_model(path)
    with running_worker() as running:
        running.load(path, Runtime(n_ctx=256, threads=1))
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """The worker of this module stays for all its tests."""


def many(worker: Running, cases: tuple[Case, ...], n_sequences: int) -> list[CaseGenerated]:
    prepare = PrepareMany(
        id=worker.client.next_id(),
        cases=cases,
        max_tokens=16,
        n_most=n_sequences,
        kv_bytes=1 << 30,
        n_sequences=n_sequences,
    )
    (chosen,) = worker.client.ask(prepare)
    assert isinstance(chosen, SequencesChosen)
    request = GenerateMany(
        id=worker.client.next_id(),
        cases=cases,
        sampling=Sampling(max_tokens=16),
        n_sequences=n_sequences,
    )
    found = [r for r in worker.client.ask(request) if isinstance(r, CaseGenerated)]
    return sorted(found, key=lambda reply: reply.index)


def test_every_case_is_answered_as_it_would_be_alone(worker: Running) -> None:
    cases = tuple(case(text) for text in ("abc", "abd", "xyz", "x", "abc"))
    replies = many(worker, cases, 3)
    assert len({reply.text for reply in replies}) > 2
    # Only what all share: "abc" again is not a shorter "abc".
    assert len({reply.shared_tokens for reply in replies}) == 1
    assert replies[0].shared_tokens >= len(BEGINNING) - 1
    assert [reply.text for reply in replies] == [
        worker.ask(each, max_tokens=16).text for each in cases
    ]


@pytest.mark.parametrize("n_sequences", [1, 3])
def test_choices_are_judged_alike_in_batches_and_alone(worker: Running, n_sequences: int) -> None:
    cases = tuple(case(text, "one", "another", "z") for text in ("abc", "xyz"))
    for each, reply in zip(cases, many(worker, cases, n_sequences), strict=True):
        alone = worker.ask(each).end.likelihoods
        assert [found.tokens for found in alone] == [3, 7, 1]
        assert [found.log_likelihood for found in reply.likelihoods] == pytest.approx(
            [found.log_likelihood for found in alone], abs=1e-3
        )
