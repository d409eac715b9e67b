"""Figures as text: the only place where the window turns numbers into words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engine.contract import ModelFile, Reply
from engine.energy.wording import energy_words
from engine.summary import Figure
from engine.wording import ENDINGS, count, rate, seconds, significant, size, thousands

__all__ = [
    "count",
    "line",
    "model_words",
    "parameters",
    "rate",
    "repeat_words",
    "reply_words",
    "seconds",
    "significant",
    "size",
    "speed_words",
    "thousands",
    "unbroken",
    "when",
]


def parameters(number: int) -> str:
    if number >= 1e9:
        return f"{significant(number / 1e9)} B"
    return f"{number / 1e6:.0f} M"


def when(moment: datetime, now: datetime) -> str:
    """Day and time in the user's zone: today 14:03, yesterday 9:15, 3 Nov 2026 14:03."""
    local, today = moment.astimezone(), now.astimezone()
    days = (today.date() - local.date()).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return f"today {clock}"
    if days == 1:
        return f"yesterday {clock}"
    return f"{local.day} {local:%b %Y} {clock}"


def unbroken(text: str) -> str:
    """The text with nothing in it that a line breaks at."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("/", "/\N{WORD JOINER}")


def line(words: Sequence[str]) -> str:
    """Figures side by side; a line breaks after a dot between them, never inside one."""
    return "\N{NO-BREAK SPACE}· ".join(unbroken(each) for each in words if each)


def speed_words(reply: Reply, speed: Figure | None) -> str:
    """The leading figure: of this reply, or the median where several repeats give one."""
    if speed is not None and speed.n > 1:
        return f"median {rate(speed.median)}"
    own = reply.timing.generation_tokens_per_s
    return rate(own) if own is not None else ""


def repeat_words(speed: Figure | None) -> list[str]:
    """How far repeats agree."""
    if speed is None or speed.n < 2:
        return []
    words = [] if speed.spread_percent is None else [f"spread {speed.spread_percent:.1f} %"]
    return [*words, f"n = {speed.n}"]


def reply_words(reply: Reply) -> list[str]:
    """The quiet figures under a reply, after its speed."""
    timing = reply.timing
    words = []
    if timing.generated_tokens is not None:
        words.append(count(timing.generated_tokens, "token"))
    if timing.ttft_s is not None:
        words.append(f"{seconds(timing.ttft_s)} to first token")
    if timing.prompt_tokens_per_s is not None:
        words.append(f"prompt {rate(timing.prompt_tokens_per_s)}")
    if reply.finish_reason != "error":
        words.append(f"stop: {ENDINGS[reply.finish_reason]}")
    if timing.shared:
        words.append("shared timings")
    return [*words, *energy_words(reply.energy)]


def model_words(model: ModelFile) -> str:
    words = [model.quantization or "", size(model.size_bytes)]
    return line(words)
