"""Many cases at once on the real small model: the same replies, the prompt's beginning evaluated once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import Case, Message, Runtime, Sampling
from engine.errors import RequestError
from engine.protocol import CaseGenerated, GenerateMany, PrepareMany, SequencesChosen
from engine.worker.sequences import common_beginning
from tests.engine.running import Running, chat, completion, running_worker

SYSTEM = "You are a helpful assistant who answers in one short sentence. " * 4
CASES = tuple(
    Case(
        id=str(n),
        messages=(
            Message(role="system", content=SYSTEM),
            Message(role="user", content=f"What is {n} plus {n}?"),
        ),
    )
    for n in range(7)
)


@pytest.fixture(scope="module")
def worker(small_model: Path) -> Iterator[Running]:
    with running_worker() as running:
        running.load(small_model, Runtime(n_ctx=2048, threads=1))
        prepare(running, CASES)
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """The worker of this module stays for all its tests."""


def prepare(
    worker: Running, cases: tuple[Case, ...], n_sequences: int | None = 4
) -> SequencesChosen:
    request = PrepareMany(
        id=worker.client.next_id(),
        cases=cases,
        max_tokens=300,
        n_most=4,
        kv_bytes=1 << 30,
        n_sequences=n_sequences,
    )
    (chosen,) = worker.client.ask(request)
    assert isinstance(chosen, SequencesChosen)
    return chosen


def many(worker: Running, cases: tuple[Case, ...], **settings: object) -> list[CaseGenerated]:
    n = settings.pop("n_sequences", 4)
    sampling = Sampling(**{"max_tokens": 12, **settings})  # type: ignore[arg-type]
    request = GenerateMany(
        id=worker.client.next_id(),
        cases=cases,
        sampling=sampling,
        n_sequences=n,  # type: ignore[arg-type]
    )
    found = [r for r in worker.client.ask(request) if isinstance(r, CaseGenerated)]
    return sorted(found, key=lambda reply: reply.index)


def test_every_case_is_answered_as_it_would_be_alone(worker: Running) -> None:
    together = many(worker, CASES, max_tokens=40)
    assert [reply.index for reply in together] == list(range(len(CASES)))
    assert [reply.text for reply in together] == [
        worker.ask(case, max_tokens=40).text for case in CASES
    ]


def test_the_common_beginning_is_shared_and_counted(worker: Running) -> None:
    replies = many(worker, CASES, max_tokens=2)
    assert all(reply.shared_tokens > 40 for reply in replies)
    assert all(reply.prompt_tokens > reply.shared_tokens for reply in replies)


def test_what_some_prompts_share_beyond_the_common_beginning_is_evaluated_once(
    worker: Running,
) -> None:
    cases = tuple(
        chat(f"{document} Question: {question}?")
        for document in ("red apples and green pears " * 4, "a train leaves at noon " * 4)
        for question in ("why", "who", "where")
    )
    replies = many(worker, cases, max_tokens=20)
    own = [reply.prompt_tokens - reply.shared_tokens for reply in replies]
    # The first of each three evaluates its document, the others copy it.
    assert sum(n > 20 for n in own) == 2
    assert sum(n < 12 for n in own) == 4
    assert [reply.text for reply in replies] == [
        worker.ask(case, max_tokens=20).text for case in cases
    ]


def test_the_same_prompt_again_evaluates_one_token(worker: Running) -> None:
    replies = many(worker, (CASES[0],) * 4, max_tokens=2)
    assert sorted(reply.prompt_tokens - reply.shared_tokens for reply in replies) == [1, 1, 1, 1]


def test_cases_without_anything_in_common_are_answered_too(worker: Running) -> None:
    cases = tuple(
        Case(id=text, messages=(Message(role="user", content=text),), format="completion")
        for text in ("The capital of France is", "1, 2, 3, 4,", "Water boils at")
    )
    replies = many(worker, cases, max_tokens=4)
    assert [reply.shared_tokens for reply in replies] == [0, 0, 0]
    assert "Paris" in replies[0].text
    assert "5" in replies[1].text


def test_choices_are_judged_by_their_likelihood_in_batches_and_alone(worker: Running) -> None:
    case = Case(
        id="france",
        messages=(Message(role="user", content="The capital of France is"),),
        format="completion",
        continuations=(" Paris", " Berlin", " a banana split"),
    )
    (together, written) = many(worker, (case, CASES[0]))
    alone = worker.ask(case).end.likelihoods
    for found in (together.likelihoods, alone):
        assert max(range(3), key=lambda i: found[i].log_likelihood) == 0
        assert [each.tokens for each in found][:2] == [1, 1]
        assert found[2].tokens >= 3
        assert all(each.log_likelihood < 0 for each in found)
    assert together.text == ""
    assert written.text
    assert [each.log_likelihood for each in together.likelihoods] == pytest.approx(
        [each.log_likelihood for each in alone], abs=1e-3
    )


def test_choices_after_prompts_that_begin_alike_evaluate_the_beginning_once(
    worker: Running,
) -> None:
    shots = "Question: what is red? Answer: a cherry. Question: what is blue? Answer: the sea. "
    cases = tuple(
        Case(
            id=colour,
            messages=(Message(role="user", content=f"{shots}Question: what is {colour}?"),),
            format="completion",
            continuations=(
                " Answer: a lemon.",
                " Answer: grass.",
                " Answer: a very old red brick.",
            ),
        )
        for colour in ("yellow", "green", "orange")
    )
    replies = many(worker, cases)
    own = [reply.prompt_tokens - reply.shared_tokens for reply in replies]
    assert sum(own) < replies[0].prompt_tokens + 10
    for case, reply in zip(cases, replies, strict=True):
        alone = worker.ask(case).end.likelihoods
        assert [each.tokens for each in reply.likelihoods] == [each.tokens for each in alone]
        assert [each.log_likelihood for each in reply.likelihoods] == pytest.approx(
            [each.log_likelihood for each in alone], abs=1e-3
        )


def test_no_room_is_made_for_choices_to_be_judged_side_by_side(worker: Running) -> None:
    judged = Case(id="1", messages=CASES[0].messages, continuations=("a", "b"))
    assert set(prepare(worker, (judged,) * 5, n_sequences=None).tokens_per_s) == {1}
    prepare(worker, CASES)


def test_the_likelihood_of_one_token_is_its_log_probability(worker: Running) -> None:
    prompt = completion("The capital of France is")
    (first,) = worker.ask(prompt, max_tokens=1, top_logprobs=0).end.logprobs
    judged = Case(
        id="1", messages=prompt.messages, format="completion", continuations=(first.text,)
    )
    (found,) = worker.ask(judged).end.likelihoods
    assert found.log_likelihood == pytest.approx(first.logprob, abs=1e-4)


def test_an_empty_choice_is_refused(worker: Running) -> None:
    empty = Case(id="1", messages=CASES[0].messages, continuations=("a", ""))
    assert [reply.error is not None for reply in many(worker, (empty, CASES[0]))] == [True, False]


def test_stops_grammars_and_seeds_hold_for_each_case(worker: Running) -> None:
    replies = many(worker, CASES, temperature=0.9, seed=3, stop=(".",), max_tokens=30)
    again = many(worker, CASES, temperature=0.9, seed=3, stop=(".",), max_tokens=30)
    assert not any("." in reply.text for reply in replies)
    assert [reply.text for reply in replies[:2]] == [reply.text for reply in again[:2]]


def test_a_case_that_cannot_be_answered_is_told_and_the_others_go_on(worker: Running) -> None:
    too_long = chat("word " * 3000)
    replies = many(worker, (CASES[0], too_long, CASES[1]), max_tokens=2)
    assert [reply.finish_reason for reply in replies] == ["length", "error", "length"]
    assert replies[1].error is not None
    assert "the context holds" in replies[1].error


def test_the_caches_room_limits_the_sequences(worker: Running) -> None:
    each = 2048 * 23040
    request = PrepareMany(
        id=worker.client.next_id(),
        cases=tuple(chat(f"{n} " + "word " * 1000) for n in range(5)),
        max_tokens=900,
        n_most=16,
        kv_bytes=3 * each,
    )
    (chosen,) = worker.client.ask(request)
    assert isinstance(chosen, SequencesChosen)
    assert chosen.n_ctx == 2048
    assert set(chosen.tokens_per_s) == {1, 2}
    prepare(worker, CASES)


def test_a_stop_gives_what_the_running_cases_have(worker: Running) -> None:
    request = GenerateMany(
        id=worker.client.next_id(), cases=CASES, sampling=Sampling(max_tokens=300), n_sequences=4
    )
    found = []
    for response in worker.client.ask(request):
        if isinstance(response, CaseGenerated):
            found.append(response)
            # The first has ended; the others are in the middle of theirs.
            worker.client.stop()
    assert any(reply.finish_reason == "stopped" for reply in found)
    assert len(found) <= len(CASES)
    assert len(many(worker, CASES[:2], max_tokens=2)) == 2


def test_more_sequences_than_were_loaded_are_refused(worker: Running) -> None:
    with pytest.raises(RequestError, match="No room was made for 5 sequences"):
        many(worker, CASES, n_sequences=5)


def test_the_number_of_sequences_is_chosen_by_measuring(worker: Running) -> None:
    chosen = prepare(worker, CASES, n_sequences=None)
    assert set(chosen.tokens_per_s) == {1, 2, 4}
    assert chosen.n_sequences in chosen.tokens_per_s
    # A sequence more must have been worth it.
    assert chosen.tokens_per_s[chosen.n_sequences] >= chosen.tokens_per_s[1]
    assert len(many(worker, CASES, n_sequences=chosen.n_sequences, max_tokens=2)) == len(CASES)
    prepare(worker, CASES)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=8), min_size=1, max_size=5))
def test_the_common_beginning_is_the_longest_that_leaves_each_a_token(
    prompts: list[list[int]],
) -> None:
    n = common_beginning(prompts)
    assert all(tokens[:n] == prompts[0][:n] and len(tokens) > n for tokens in prompts)
    if all(len(tokens) > n + 1 for tokens in prompts):
        assert len({tokens[n] for tokens in prompts}) > 1
