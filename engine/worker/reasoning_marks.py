"""The marks by which models set their reasoning apart from the reply.

Known from the chat templates and parsers that come with llama.cpp (common/chat.cpp, common/parsers, commit
0c1e570) and from the models' own cards. A reply is read as a walk over stages: each says where its text
belongs and which mark leads to which stage next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Channel = Literal["text", "reasoning"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of one kind of model.

    opens and closes stand around reasoning; a mark of the reply closes it too, should the model forget to.
    label follows an opening mark. answers stand before the reply and ends behind it. again: reasoning may
    come back within the reply. prompt_has: the family is only looked for when the prompt has this text,
    since its marks are too plain to be marks everywhere.
    """

    opens: tuple[str, ...] = ()
    label: str = ""
    closes: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    again: bool = False
    prompt_has: str = ""


FAMILIES: Final = (
    Family(  # Granite 3.3, told to do so by its template
        opens=("<think>",),
        closes=("</think>",),
        answers=("<response>",),
        ends=("</response>",),
        prompt_has="write your response between <response></response>",
    ),
    Family(opens=("<think>",), closes=("</think>",)),
    Family(opens=("<thinking>",), closes=("</thinking>",)),
    Family(opens=("<thought>",), closes=("</thought>",)),  # EXAONE Deep
    Family(opens=("<reasoning>",), closes=("</reasoning>",)),
    Family(opens=("[THINK]",), closes=("[/THINK]",)),  # Magistral, Ministral 3
    Family(opens=("<seed:think>",), closes=("</seed:think>",)),  # Seed-OSS
    Family(opens=("<mm:think>",), closes=("</mm:think>",)),  # MiniMax M3
    Family(opens=("<think:opensource>",), closes=("</think:opensource>",)),  # Hunyuan 3
    Family(opens=("<|inner_prefix|>",), closes=("<|inner_suffix|>",)),  # Apertus
    Family(  # Bespoke, Sky-T1
        opens=("<|begin_of_thought|>",),
        closes=("<|end_of_thought|>",),
        answers=("<|begin_of_solution|>",),
        ends=("<|end_of_solution|>",),
    ),
    Family(  # Command R7B, Command A, North
        opens=("<|START_THINKING|>",),
        closes=("<|END_THINKING|>", "<|START_RESPONSE|>", "<|START_TEXT|>"),
        answers=("<|START_RESPONSE|>", "<|START_TEXT|>"),
        ends=("<|END_RESPONSE|>", "<|END_TEXT|>"),
    ),
    Family(  # Kimi K3
        opens=("<|open|>think<|sep|>",),
        closes=("<|close|>think<|sep|>", "<|open|>response<|sep|>"),
        answers=("<|open|>response<|sep|>",),
        ends=("<|close|>response<|sep|>", "<|close|>message<|sep|>", "<|end_of_msg|>"),
    ),
    Family(  # Gemma 4; it may close a channel that it never opened
        opens=("<|channel>",),
        label="thought",
        closes=("<channel|>",),
        ends=("<channel|>",),
        again=True,
    ),
    Family(  # Solar Open
        opens=("<|think|>",),
        closes=("<|end|>",),
        answers=("<|begin|>assistant", "<|content|>"),
        ends=("<|end|>", "<|flush|>"),
        prompt_has="<|begin|>",
    ),
    Family(  # Apriel 1.6, whose template writes the opening words
        opens=("Here are my reasoning steps:",),
        closes=("[BEGIN FINAL RESPONSE]",),
        ends=("[END FINAL RESPONSE]",),
        prompt_has="<|begin_assistant|>\nHere are my reasoning steps:",
    ),
    Family(  # Functionary 3.2: no reasoning, but a recipient in front of the reply
        closes=(">>>",),
        answers=("all\n",),
        prompt_has="<|end_header_id|>\n\n>>>",
    ),
)

# Messages with a header, which names a channel (gpt-oss) or a recipient (Muse Glimmer).
HEADER_STARTS: Final = ("<|start|>", "<|channel|>")
HEADER_END: Final = "<|message|>"
MESSAGE_ENDS: Final = ("<|end|>", "<|return|>", "<|call|>", "<|eom|>", "<|eot|>")
HEADER_PROMPT: Final = "<|start|>assistant"


class Stage:
    """A stretch of a reply; `channel` is None where its text is no text of the reply but a header.

    Marks in `at_start` count only where the stage begins, those in `anywhere` in all of it.
    """

    def __init__(self, channel: Channel | None, keeps_space: bool = False) -> None:
        self.channel = channel
        self.keeps_space = keeps_space
        self.at_start: dict[str, Stage] = {}
        self.anywhere: dict[str, Stage] = {}


def first_stage(prompt: str) -> Stage:
    """Where a reply to this prompt begins: the prompt may have opened the reasoning, or closed it."""
    end = prompt.rstrip()
    if end.endswith(HEADER_PROMPT):
        return _before_header()
    start = Stage("text", keeps_space=True)
    for mark in HEADER_STARTS:
        start.at_start[mark] = _header_stages()
    for family in FAMILIES:
        if family.prompt_has not in prompt:
            continue
        reasoning, answer = _family_stages(family)
        if end.endswith(tuple(mark + family.label for mark in family.opens)):
            return reasoning
        if end.endswith(family.closes):
            return answer
        for mark in family.opens:
            start.at_start.setdefault(mark, reasoning.at_start[mark])
        for mark in (*family.closes, *family.answers):
            start.at_start.setdefault(mark, answer)
    return start


def _family_stages(family: Family) -> tuple[Stage, Stage]:
    reasoning, answer = Stage("reasoning"), Stage("text")
    opening = Stage("reasoning") if family.label else reasoning
    for mark in (*family.closes, *family.answers):
        answer.at_start[mark] = answer
    for mark in family.ends:
        answer.anywhere[mark] = answer
    for mark in family.closes:
        reasoning.anywhere[mark] = answer
    for mark in family.opens:
        reasoning.at_start[mark] = opening
        if family.again:
            answer.anywhere[mark] = opening
    if family.label:
        opening.at_start = {**reasoning.at_start, family.label: reasoning}
        opening.anywhere = reasoning.anywhere
    return reasoning, answer


def _header_stages() -> Stage:
    header = Stage(None)
    header.anywhere[HEADER_END] = header
    return header


def _before_header() -> Stage:
    """A reply to a prompt that has begun a header; a model may still just answer."""
    start = Stage("text", keeps_space=True)
    header = _header_stages()
    for mark in (*HEADER_STARTS, "to=", "<|constrain|>", HEADER_END):
        start.at_start[mark] = header
    return start


def message_stage(header: str) -> Stage:
    """What follows a header: reasoning for the analysis channel and for messages to anybody but the user."""
    channel = re.match(r"\s*(\w*)", header.rpartition("<|channel|>")[2])
    recipients = set(re.findall(r"\bto=([^\s<]+)", header)) - {"user", "assistant"}
    is_analysis = "<|channel|>" in header and channel is not None and channel[1] == "analysis"
    stage = Stage("reasoning" if is_analysis or recipients else "text")
    following = Stage("text")
    for mark in MESSAGE_ENDS:
        stage.anywhere[mark] = following
    for mark in HEADER_STARTS:
        stage.anywhere[mark] = _header_stages()
    following.at_start = stage.anywhere
    following.anywhere = stage.anywhere
    return stage


def all_marks() -> Iterator[str]:
    for family in FAMILIES:
        yield from (*family.opens, *family.closes, *family.answers, *family.ends)
    yield from (*HEADER_STARTS, HEADER_END, *MESSAGE_ENDS, "<|constrain|>")
