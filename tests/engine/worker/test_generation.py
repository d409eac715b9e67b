"""Replies of the real small model, in a real worker."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import Gbnf, JsonSchema, Runtime, Sampling
from engine.errors import ContextExceeded, GrammarError, RequestError, TemplateError
from engine.protocol import Generated, Text
from tests.engine.running import Running, chat, completion, running_worker

QUESTION = "Name three colours."
STOP_LIMIT_S = 0.1
STOP_TRIES = 5


@pytest.fixture(scope="module")
def worker(small_model: Path) -> Iterator[Running]:
    with running_worker() as running:
        running.load(small_model)
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """The worker of this module stays for all its tests."""


def test_greedy_replies_repeat_to_the_letter(worker: Running) -> None:
    first = worker.ask(QUESTION, max_tokens=24)
    assert first.text
    assert worker.ask(QUESTION, max_tokens=24).text == first.text


def test_a_reply_ends_at_the_limit_or_at_the_end_of_text(worker: Running) -> None:
    short = worker.ask(QUESTION, max_tokens=3)
    assert short.end.finish_reason == "length"
    assert len(short.end.token_times_s) == 3
    whole = worker.ask("Say only: yes", max_tokens=200)
    assert whole.end.finish_reason == "stop"
    assert "<|im_end|>" not in whole.text


def test_the_same_seed_repeats_and_another_differs(worker: Running) -> None:
    ask = {"temperature": 1.5, "max_tokens": 24, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    first = worker.ask(QUESTION, seed=1, **ask).text
    assert worker.ask(QUESTION, seed=1, **ask).text == first
    assert worker.ask(QUESTION, seed=2, **ask).text != first


@pytest.mark.parametrize(
    "sampling",
    [
        {"temperature": 0.8, "typical_p": 0.5},
        {"temperature": 0.8, "xtc_probability": 1.0, "xtc_threshold": 0.05},
        {"temperature": 0.8, "dry_multiplier": 2.0},
        {"repeat_penalty": 1.5},
        {"presence_penalty": 1.0, "frequency_penalty": 0.5, "penalty_last_n": -1},
        {"dry_multiplier": 2.0, "dry_penalty_last_n": -1},
    ],
    ids="+".join,
)
def test_every_sampler_can_be_used(worker: Running, sampling: dict[str, float]) -> None:
    assert worker.ask(QUESTION, **sampling).text


def test_dry_over_the_whole_context_breaks_a_loop(worker: Running) -> None:
    """The length −1 is the context; llama.cpp itself would take it for off."""
    loop = completion("one two three one two three one two three one two three one two three")
    plain = worker.ask(loop, max_tokens=9).text
    dry = worker.ask(loop, max_tokens=9, dry_multiplier=50.0, dry_allowed_length=1).text
    assert plain.startswith(" one two three")
    assert not dry.startswith(" one")


def test_a_logit_bias_forbids_and_forces_tokens(worker: Running) -> None:
    ask = {"max_tokens": 1, "top_logprobs": 0}
    first = worker.ask(QUESTION, **ask).end.logprobs[0].token
    banned = worker.ask(QUESTION, logit_bias={first: -math.inf}, **ask)
    assert banned.end.logprobs[0].token != first
    forced = worker.ask(QUESTION, logit_bias={1000: 100.0}, **ask)
    assert forced.end.logprobs[0].token == 1000


def test_a_logit_bias_for_a_token_that_does_not_exist_is_refused(worker: Running) -> None:
    with pytest.raises(RequestError, match="tokens end at 49151"):
        worker.ask(QUESTION, logit_bias={99_999_999: 1.0})


def test_logprobs_are_natural_logarithms_with_the_best_alternatives(worker: Running) -> None:
    end = worker.ask(QUESTION, max_tokens=4, top_logprobs=5).end
    assert len(end.logprobs) == 4
    for entry in end.logprobs:
        assert entry.logprob <= 0
        assert len(entry.top) == 5
        assert [e.logprob for e in entry.top] == sorted(
            (e.logprob for e in entry.top), reverse=True
        )
        # Greedy takes the best one.
        assert entry.top[0].token == entry.token
        assert sum(math.exp(e.logprob) for e in entry.top) <= 1 + 1e-6


def test_logprobs_of_all_tokens_add_up_to_one(worker: Running) -> None:
    end = worker.ask(QUESTION, max_tokens=1, top_logprobs=49152).end
    assert sum(math.exp(e.logprob) for e in end.logprobs[0].top) == pytest.approx(1, abs=1e-4)


def test_a_stop_string_is_found_across_tokens_and_left_out(worker: Running) -> None:
    count = completion("1, 2, 3, 4, 5, 6,")
    plain = worker.ask(count, max_tokens=20).text
    assert ", 8, 9" in plain
    stopped = worker.ask(count, max_tokens=20, stop=(", 8, 9",))
    assert stopped.text == plain[: plain.index(", 8, 9")]
    assert stopped.end.finish_reason == "stop"


def test_a_json_schema_shapes_the_reply(worker: Running) -> None:
    schema = {
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green"]},
            "n": {"type": "integer"},
        },
        "required": ["colour", "n"],
        "additionalProperties": False,
    }
    reply = worker.ask(
        "Give me a colour.", max_tokens=60, constraint=JsonSchema(schema=json.dumps(schema))
    )
    value = json.loads(reply.text)
    assert value["colour"] in {"red", "green"}
    assert isinstance(value["n"], int)
    assert reply.end.finish_reason == "stop"


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_grammar_shapes_the_reply(worker: Running, temperature: float) -> None:
    grammar = Gbnf(grammar='root ::= "[" [a-f] [a-f] [a-f] "]"')
    reply = worker.ask(QUESTION, constraint=grammar, temperature=temperature)
    assert len(reply.text) == 5
    assert set(reply.text[1:4]) <= set("abcdef")


def test_a_broken_grammar_is_a_sentence_and_the_worker_goes_on(worker: Running) -> None:
    for constraint in (Gbnf(grammar="root ::= ("), JsonSchema(schema="{")):
        with pytest.raises(GrammarError):
            worker.ask(QUESTION, constraint=constraint)
    assert worker.ask(QUESTION).text


def test_settings_that_leave_no_token_are_refused_and_the_worker_goes_on(worker: Running) -> None:
    """llama.cpp would abort the process."""
    grammar = Gbnf(grammar='root ::= "a"')
    with_a = worker.ask(QUESTION, constraint=grammar, top_logprobs=0).end.logprobs[0].token
    for temperature in (0.0, 1.0):
        with pytest.raises(RequestError, match="No token is left"):
            worker.ask(
                QUESTION,
                constraint=grammar,
                logit_bias={with_a: -math.inf, **dict.fromkeys(range(49152), -math.inf)},
                temperature=temperature,
            )
    assert worker.ask(QUESTION).text


def test_text_is_never_a_broken_character(worker: Running) -> None:
    """Emoji take several tokens here; each piece must be whole text by itself."""
    request = worker.request(
        completion("😀😃😄😁😆😅😂🙂 😀😃😄😁😆😅😂🙂 😀😃😄😁"), Sampling(max_tokens=24)
    )
    pieces = [r.text for r in worker.client.ask(request) if isinstance(r, Text)]
    assert any(ord(letter) > 0xFFFF for letter in "".join(pieces))
    assert not any("\ufffd" in piece for piece in pieces)


def test_a_system_message_changes_the_reply(worker: Running) -> None:
    plain = worker.ask(chat("Who are you?")).text
    assert (
        worker.ask(chat("Who are you?", system="You are a pirate called Blackbeard.")).text != plain
    )


def test_a_completion_adds_nothing_to_its_prompt(worker: Running) -> None:
    reply = worker.ask(completion("The capital of France is"), max_tokens=3)
    assert "Paris" in reply.text
    assert reply.end.prompt_tokens == 5


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(worker: Running) -> None:
    with pytest.raises(ContextExceeded, match=r"has \d{3,} tokens and the context holds 512"):
        worker.ask("word " * 700)
    assert worker.ask(QUESTION).text


def test_a_reply_that_fills_the_context_ends_there(worker: Running) -> None:
    reply = worker.ask(completion("la " * 500), max_tokens=100)
    assert reply.end.finish_reason == "length"
    assert reply.end.prompt_tokens + len(reply.end.token_times_s) == 512 + 1


def test_an_empty_prompt_is_refused(worker: Running) -> None:
    with pytest.raises(RequestError, match="empty"):
        worker.ask(completion(""))


def test_prompt_and_generation_are_timed_apart(worker: Running) -> None:
    end = worker.ask(completion("word " * 300), max_tokens=8).end
    assert end.prompt_s is not None
    assert end.prompt_tokens > 250
    # Token times count from the request, so the first holds the whole prompt.
    assert end.token_times_s[0] >= end.prompt_s
    assert list(end.token_times_s) == sorted(end.token_times_s)
    assert end.total_s >= end.token_times_s[-1]


def test_memory_is_private_and_mapped_apart(worker: Running) -> None:
    memory = worker.ask(QUESTION).end.memory
    assert memory.peak_bytes is not None
    assert 20e6 < memory.peak_bytes < 400e6
    assert memory.mapped_bytes is not None
    assert memory.mapped_bytes > 50e6
    assert memory.device_bytes == 0


def stop_latency(worker: Running, prompt: str, when: str) -> tuple[float, Generated, str]:
    """Seconds from the stop to the end of the request, which is stopped while it `when`s."""
    request = worker.request(completion(prompt), Sampling(max_tokens=4000))
    asked = 0.0

    def stop() -> None:
        nonlocal asked
        asked = time.perf_counter()
        worker.client.stop()

    # A prompt evaluation sends nothing, so only a moment inside it can be aimed at.
    timer = threading.Timer(0.15, stop)
    text, end = "", None
    if when == "evaluates":
        timer.start()
    for response in worker.client.ask(request):
        if isinstance(response, Text):
            text += response.text
            if when == "generates" and not asked and response.generated_tokens > 3:
                stop()
        elif isinstance(response, Generated):
            end = response
    latency = time.perf_counter() - asked
    if when == "evaluates":
        timer.join()
    assert end is not None
    return latency, end, text


def least_latency(worker: Running, prompt: str, when: str) -> tuple[float, Generated, str]:
    """The best of some tries: what a busy machine adds is not the worker's."""
    for _ in range(STOP_TRIES):
        latency, end, text = stop_latency(worker, prompt, when)
        if latency < STOP_LIMIT_S:
            break
    return latency, end, text


def test_stop_during_generation_keeps_what_there_is(worker: Running) -> None:
    latency, end, text = least_latency(worker, "Once upon a time", "generates")
    assert end.finish_reason == "stopped"
    assert len(end.token_times_s) > 3
    assert text
    assert latency < STOP_LIMIT_S
    assert worker.ask(QUESTION).text


def test_stop_during_prompt_evaluation_ends_it_and_the_worker_stays_usable(
    small_model: Path,
) -> None:
    with running_worker() as running:
        running.load(small_model, Runtime(n_ctx=8192, threads=1))
        before = running.ask(QUESTION).text
        latency, end, text = least_latency(running, "word " * 7000, "evaluates")
        assert (end.finish_reason, text) == ("stopped", "")
        assert end.prompt_s is None
        assert latency < STOP_LIMIT_S
        assert running.ask(QUESTION).text == before


def test_a_model_without_a_template_is_refused_with_what_to_do(
    small_model: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base.gguf"
    whole = small_model.read_bytes()
    base.write_bytes(whole.replace(b"tokenizer.chat_template", b"tokenizer.chat_nontempla"[:23]))
    with running_worker() as running:
        assert running.load(base).runtime.chat_template == "none"
        with pytest.raises(TemplateError, match="no chat template"):
            running.ask(QUESTION)
        assert running.ask(completion("The capital of France is")).text


def test_a_template_of_ones_own_and_its_arguments_are_used(small_model: Path) -> None:
    template = "{{ 'Q: ' + messages[0].content + (' Shout!' if loud else '') + ' A:' }}"
    with running_worker() as running:
        runtime = Runtime(
            n_ctx=512, threads=1, chat_template=template, template_arguments={"loud": True}
        )
        assert running.load(small_model, runtime).runtime.chat_template == "override"
        n_loud = running.ask("Two?").end.prompt_tokens
        running.load(small_model, Runtime(n_ctx=512, threads=1, chat_template=template))
        assert running.ask("Two?").end.prompt_tokens < n_loud


def test_a_template_that_never_ends_is_refused_and_the_worker_stays_usable(
    small_model: Path,
) -> None:
    bomb = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with running_worker() as running:
        running.load(small_model, Runtime(n_ctx=512, threads=1, chat_template=bomb))
        with pytest.raises(TemplateError):
            running.ask(QUESTION)
        assert running.ask(completion("The capital of France is")).text


def test_no_grammar_binds_the_reasoning(small_model: Path) -> None:
    template = (
        "{{ 'Repeat this: <think>a b c</think> d e f\n<think>a b c</think> d e f\n<think>' }}"
    )
    with running_worker() as running:
        running.load(small_model, Runtime(n_ctx=512, threads=1, chat_template=template))
        reply = running.ask("x", constraint=Gbnf(grammar='root ::= " "? "[x]"'), max_tokens=12)
    assert "a b c" in reply.reasoning
    assert reply.text.strip() == "[x]"


def test_reasoning_is_split_from_the_reply(small_model: Path) -> None:
    """The small model does not think, so the template puts the words into its mouth."""
    template = (
        "{{ 'Repeat this: <think>a b c</think> d e f\n<think>a b c</think> d e f\n<think>' }}"
    )
    with running_worker() as running:
        running.load(small_model, Runtime(n_ctx=512, threads=1, chat_template=template))
        reply = running.ask("x", max_tokens=10)
    assert "a b c" in reply.reasoning
    assert reply.text.startswith("e f")
    assert "</think>" not in reply.text + reply.reasoning
