from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.worker.reasoning import REASONING_MARKS, ReasoningSplitter, Run
from engine.worker.reasoning_marks import (
    FAMILIES,
    HEADER_PROMPT,
    Family,
    Stage,
    all_marks,
    first_stage,
    message_stage,
)
from engine.worker.rendering import Renderer

RECORDING = Path(__file__).parents[2] / "data" / "templates" / "llama_cpp.json.xz"
HELLO = "Hello, world!\nWhat's up?"
THOUGHTS = "I'm\nthinking"
# The marks of every family, and pieces of them.
PIECES = [*sorted(REASONING_MARKS), "<", "|", ">", "[", "think", "to=self", "analysis", " ", "\n"]


def runs(prompt: str, pieces: Sequence[str]) -> list[Run]:
    splitter = ReasoningSplitter(prompt)
    found = [run for piece in pieces for run in splitter.feed(piece)] + splitter.finish()
    return [
        (channel, "".join(text for _, text in group))
        for channel, group in groupby(found, key=lambda run: run[0])
    ]


def split(prompt: str, reply: str) -> tuple[str, str]:
    """The reasoning and the reply, each letter fed on its own."""
    found = runs(prompt, list(reply))
    return tuple(
        "".join(text for channel, text in found if channel == wanted)
        for wanted in ("reasoning", "text")
    )  # type: ignore[return-value] # two of them


@cache
def recording() -> Any:
    with lzma.open(RECORDING) as file:
        return json.load(file)


@cache
def prompt_of(template: str, thinking: bool | None = None) -> str:
    """What a real template makes of a user's question."""
    source = recording()["templates"][template]["source"]
    now = datetime.fromisoformat(recording()["recorded"])
    messages = [{"role": "user", "content": "Hey there!"}]
    arguments = {} if thinking is None else {"enable_thinking": thinking}
    return Renderer(source, "", "", now).render(messages, arguments, True, now)


# Replies and what llama.cpp makes of them: tests/test-chat.cpp of llama.cpp, commit 0c1e570.
@pytest.mark.parametrize(
    ("template", "thinking", "reply", "reasoning", "text"),
    [
        ("Qwen3.5-4B", True, f"{THOUGHTS}\n</think>\n\n{HELLO}", THOUGHTS, HELLO),
        ("Qwen-QwQ-32B", None, "Let me think...\n</think>\n42.", "Let me think...", "42."),
        ("Qwen-QwQ-32B", None, "</think>Hello, world!", "", "Hello, world!"),
        (
            "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
            True,
            f"{THOUGHTS}\n</think>\n{HELLO}",
            THOUGHTS,
            HELLO,
        ),
        ("mistralai-Ministral-3-14B-Reasoning-2512", None, HELLO, "", HELLO),
        (
            "mistralai-Ministral-3-14B-Reasoning-2512",
            None,
            f"[THINK]{THOUGHTS}[/THINK]{HELLO}",
            THOUGHTS,
            HELLO,
        ),
        (
            "CohereForAI-c4ai-command-r7b-12-2024-tool_use",
            None,
            f"<|START_RESPONSE|>{HELLO}<|END_RESPONSE|>",
            "",
            HELLO,
        ),
        (
            "Cohere2MoE",
            None,
            f"{THOUGHTS}<|END_THINKING|><|START_TEXT|>{HELLO}<|END_TEXT|>",
            THOUGHTS,
            HELLO,
        ),
        ("Cohere2MoE", None, f"<|END_THINKING|><|START_TEXT|>{HELLO}<|END_TEXT|>", "", HELLO),
        ("google-gemma-2-2b-it", None, HELLO, "", HELLO),
        ("google-gemma-4-31B-it", None, HELLO, "", HELLO),
        (
            "google-gemma-4-31B-it",
            None,
            f"<|channel>thought\n{THOUGHTS}<channel|>{HELLO}",
            THOUGHTS,
            HELLO,
        ),
        ("google-gemma-4-31B-it", None, f"<|channel>thought<channel|>{HELLO}", "", HELLO),
        (
            "google-gemma-4-31B-it",
            None,
            f"<|channel>thought\n<channel|>{HELLO}<channel|>",
            "",
            HELLO,
        ),
        (
            "google-gemma-4-31B-it",
            None,
            f"<|channel>thought\n<channel|>{HELLO}<|channel>thought\n<channel|><channel|>",
            "",
            HELLO,
        ),
        (
            "google-gemma-4-31B-it",
            None,
            f"<|channel><|channel>thought\n<channel|>{HELLO}",
            "",
            HELLO,
        ),
        (
            "ibm-granite-granite-3.3-2B-Instruct",
            None,
            f"<think>{THOUGHTS}</think>{HELLO}",
            THOUGHTS,
            HELLO,
        ),
        (
            "ByteDance-Seed-OSS",
            None,
            "<seed:think>I'm thinking about the answer</seed:think>\nHello, world!",
            "I'm thinking about the answer",
            "Hello, world!",
        ),
        ("deepseek-ai-DeepSeek-V3.1", True, "REASONING</think>\nCONTENT", "REASONING", "CONTENT"),
        ("deepseek-ai-DeepSeek-V3.1", False, "CONTENT", "", "CONTENT"),
        ("GLM-4.7-Flash", False, HELLO, "", HELLO),
        ("GLM-4.7-Flash", True, f"{THOUGHTS}</think>{HELLO}", THOUGHTS, HELLO),
        ("inclusionai-ling-3.0-flash", False, "No think block.", "", "No think block."),
        (
            "Kimi-K3",
            None,
            f"<|open|>response<|sep|>{HELLO}<|close|>response<|sep|><|close|>message<|sep|>",
            "",
            HELLO,
        ),
        (
            "Kimi-K3",
            None,
            (
                f"{THOUGHTS}<|close|>think<|sep|><|open|>response<|sep|>Use the response tag, then message "
                "the handler.<|close|>response<|sep|><|close|>message<|sep|>"
            ),
            THOUGHTS,
            "Use the response tag, then message the handler.",
        ),
        ("Kimi-K3", None, "I was still thinking", "I was still thinking", ""),
        ("MiniMax-M3", None, f"</mm:think>{HELLO}", "", HELLO),
        ("MiniMax-M3", None, f"<mm:think>{THOUGHTS}</mm:think>{HELLO}", THOUGHTS, HELLO),
        ("Reka-Edge", False, HELLO, "", HELLO),
        ("Reka-Edge", True, f"{THOUGHTS}\n</think>\n\n{HELLO}", THOUGHTS, HELLO),
        (
            "Apriel-1.6-15b-Thinker-fixed",
            None,
            f"{THOUGHTS}\n[BEGIN FINAL RESPONSE]\n{HELLO}",
            THOUGHTS,
            HELLO,
        ),
        ("unsloth-Apriel-1.5", None, HELLO, "", HELLO),
        ("meetkai-functionary-medium-v3.2", None, f"all\n{HELLO}", "", HELLO),
        ("muse-glimmer", None, f" to=user<|message|>{HELLO}<|eot|>", "", HELLO),
        (
            "muse-glimmer",
            None,
            f" to=self<|message|>{THOUGHTS}<|eom|><|start|>assistant to=user<|message|>{HELLO}<|eot|>",
            THOUGHTS,
            HELLO,
        ),
        ("openai-gpt-oss-120b", None, f"<|channel|>final<|message|>{HELLO}", "", HELLO),
        ("openai-gpt-oss-120b", None, f"<|channel|>commentary<|message|>{HELLO}", "", HELLO),
        (
            "openai-gpt-oss-120b",
            None,
            (
                f"<|channel|>analysis<|message|>{THOUGHTS}<|end|><|start|>assistant<|channel|>final"
                f"<|message|>{HELLO}"
            ),
            THOUGHTS,
            HELLO,
        ),
        ("openai-gpt-oss-120b", None, f"<|channel|>analysis<|message|>{THOUGHTS}", THOUGHTS, ""),
        (
            "openai-gpt-oss-120b",
            None,
            (
                "<|channel|>analysis<|message|>In JSON<|end|><|start|>assistant<|channel|>final <|constrain|>"
                'json<|message|>{"amount": 1}'
            ),
            "In JSON",
            '{"amount": 1}',
        ),
        (
            "openai-gpt-oss-120b",
            None,
            (
                f"<|channel|>analysis<|message|>{THOUGHTS}<|end|><|start|>assistant<|channel|>commentary "
                f"to=assistant<|channel|>final<|message|>{HELLO}"
            ),
            THOUGHTS,
            HELLO,
        ),
    ],
)
def test_replies_are_split_as_llama_cpp_splits_them(
    template: str, thinking: bool | None, reply: str, reasoning: str, text: str
) -> None:
    assert split(prompt_of(template, thinking), reply) == (reasoning, text)


def test_every_real_template_that_writes_reasoning_writes_it_as_it_is_read() -> None:
    user = {"role": "user", "content": "Hey there!"}
    answer = {"role": "assistant", "content": "Hello!", "reasoning": "A greeting."}
    answer["reasoning_content"] = answer["thinking"] = answer["reasoning"]
    now = datetime.fromisoformat(recording()["recorded"])
    read = 0
    for name, entry in recording()["templates"].items():
        renderer = Renderer(entry["source"], "", "", now)
        prompt = renderer.render([user], {"reasoning_effort": "high"}, True, now)
        whole = renderer.render([user, answer], {"reasoning_effort": "high"}, False, now)
        reply = whole.removeprefix(prompt)
        if reply != whole and "A greeting." in reply:
            reasoning, text = split(prompt, reply)
            assert (name, reasoning, text[:6]) == (name, "A greeting.", "Hello!")
            read += 1
    assert read >= 18


@pytest.mark.parametrize(
    ("prompt", "reply", "reasoning", "text"),
    [
        (
            "<|begin|>assistant",
            "<|think|>Hm.<|end|><|begin|>assistant<|content|>Hi.<|end|>",
            "Hm.",
            "Hi.",
        ),
        (
            "<|begin|>assistant<|think|><|end|><|begin|>assistant",
            "<|content|>Hi.<|end|>",
            "",
            "Hi.",
        ),
        ("<|assistant_start|>", "<|inner_prefix|>Hm.<|inner_suffix|>Hi.", "Hm.", "Hi."),
        ("", "<thought>\nHm.\n</thought>\n\nHi.", "Hm.", "Hi."),
        ("", "<thinking>Hm.</thinking>Hi.", "Hm.", "Hi."),
        ("", "<reasoning>Hm.</reasoning>Hi.", "Hm.", "Hi."),
        ("", "\n<think>\n\n</think>\n\nHi.", "", "Hi."),
        ("<think>\n", "<think>\nHm.</think>Hi.", "Hm.", "Hi."),
        ("<think>", "Hm, </thinking> </thi", "Hm, </thinking> </thi", ""),
        ("<|start|>assistant", "Just an answer.", "", "Just an answer."),
        ("<|start|>assistant", "to=be or not", "", "to=be or not"),
        ("<|start|>assistant", "<|channel|>anal", "", ""),
        (
            "<|start|>assistant",
            "<|channel|>commentary to=functions.f<|message|>{}<|call|>",
            "{}",
            "",
        ),
        (
            "You write your response between <response></response>.",
            "<think>Hm.</think><response>Hi.</response>",
            "Hm.",
            "Hi.",
        ),
        ("", "<think>Hm.</think><response>Hi.</response>", "Hm.", "<response>Hi.</response>"),
    ],
)
def test_other_marks_and_their_ends(prompt: str, reply: str, reasoning: str, text: str) -> None:
    assert split(prompt, reply) == (reasoning, text)


@pytest.mark.parametrize(
    "reply",
    [
        "Write it as\n```html\n<think>not mine</think>\n```\n",
        "A <think> tag and a </think> tag.",
        "  indented\n",
        " \n ",
        "<thin",
        "[THIN]k",
        "Use <|channel|>final<|message|> here.",
        "<response>x</response>",
    ],
)
def test_marks_in_the_middle_of_a_reply_are_its_text(reply: str) -> None:
    assert runs("", list(reply)) == [("text", reply)]


def test_after_the_reasoning_marks_are_text_again() -> None:
    reply = "<think>a</think>b <think>c</think> d"
    assert runs("", [reply]) == [("reasoning", "a"), ("text", "b <think>c</think> d")]


def test_a_prompt_that_closed_the_reasoning_leaves_the_reply_alone() -> None:
    reply = "<think>x</think>"
    assert split("<think>\n\n</think>\n\n", reply) == ("", reply)


def test_a_mark_in_the_users_words_opens_nothing() -> None:
    assert split("<|user|>What is <think><|assistant|>", "A tag.") == ("", "A tag.")


def test_text_is_passed_on_as_soon_as_it_is_clear() -> None:
    splitter = ReasoningSplitter("<think>\n")
    assert splitter.feed("First, <") == [("reasoning", "First,")]
    assert splitter.feed("b>") == [("reasoning", " <b>")]
    assert splitter.feed(" so.\n</think>") == [("reasoning", " so.")]
    assert splitter.feed("\n\nParis") == [("text", "Paris")]
    assert splitter.feed(" <") == [("text", " <")]


@pytest.mark.parametrize(
    ("prompt", "reply", "expected"),
    [
        ("<think>", "Hm.", True),
        ("<think>", "Hm.</think>", False),
        ("", "Hi.", False),
        (HEADER_PROMPT, "", True),
        (HEADER_PROMPT, "<|channel|>final", True),
        (HEADER_PROMPT, "<|channel|>final<|message|>Hi.", False),
    ],
)
def test_a_splitter_knows_when_the_reply_has_not_begun(
    prompt: str, reply: str, expected: bool
) -> None:
    splitter = ReasoningSplitter(prompt)
    splitter.feed(reply)
    assert splitter.in_reasoning is expected


@given(st.text().filter(lambda text: not any(mark in text for mark in all_marks())))
def test_a_reply_without_marks_is_untouched(reply: str) -> None:
    assert "".join(text for _, text in runs("", list(reply))) == reply


@given(
    st.sampled_from(
        ["", "<think>\n", "</think>", HEADER_PROMPT, "<|begin|>x", "<|channel>thought\n"]
    ),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=25).map("".join),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_how_a_reply_is_cut_makes_no_difference(prompt: str, reply: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cut % (len(reply) + 1) for cut in cuts), len(reply)]
    pieces = [reply[start:end] for start, end in pairwise(edges)]
    whole = runs(prompt, [reply])
    assert runs(prompt, pieces) == whole
    assert runs(prompt, list(reply)) == whole


@given(
    st.sampled_from([each for each in FAMILIES if each.opens]),
    st.text("ab <|\n", max_size=20),
    st.text("ab <|\n", max_size=20),
)
def test_nothing_is_lost_but_marks_and_the_space_that_touches_them(
    family: Family, reasoning: str, answer: str
) -> None:
    reply = family.opens[0] + reasoning + family.closes[0] + answer
    assert split(family.prompt_has + "x", reply) == (reasoning.strip(), answer.lstrip())


def stages(stage: Stage, seen: set[int]) -> list[Stage]:
    if id(stage) in seen:
        return []
    seen.add(id(stage))
    nexts = [*stage.at_start.values(), *stage.anywhere.values()]
    return [stage, *(found for each in nexts for found in stages(each, seen))]


def test_no_mark_of_a_stage_begins_with_another() -> None:
    every_hint = "".join(family.prompt_has for family in FAMILIES)
    starts = [first_stage(every_hint + "x"), first_stage(HEADER_PROMPT), message_stage("")]
    for stage in (found for start in starts for found in stages(start, set())):
        marks = {*stage.at_start, *stage.anywhere}
        assert not [(a, b) for a in marks for b in marks if a != b and a.startswith(b)]


def test_every_token_that_a_mark_is_made_of_is_named() -> None:
    assert {
        "<think>",
        "[/THINK]",
        "<|channel|>",
        "<channel|>",
        "<|sep|>",
        "<|eom|>",
    } <= REASONING_MARKS
