"""Figures as text: the only place where the window turns numbers into words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from engine.contract import FinishReason, ModelFile, Reply
from engine.energy.wording import energy_text
from engine.summary import Figure

THOUSANDS: Final = "\N{NARROW NO-BREAK SPACE}"
STOP_WORDS: Final[dict[FinishReason, str]] = {
    "stop": "end of text",
    "length": "length limit",
    "stopped": "stopped by you",
    "error": "failed",
}


def significant(value: float) -> str:
    """Three significant digits without an exponent: 105, 51.4, 0.832."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rate(tokens_per_s: float) -> str:
    return f"{significant(tokens_per_s)} tok/s"


def seconds(value_s: float) -> str:
    if value_s < 0.095:
        return f"{value_s * 1000:.3g} ms"
    if value_s < 60:
        return f"{value_s:.2f} s" if value_s < 10 else f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest} s"


def size(n_bytes: int) -> str:
    """Decimal units, as file managers and model hubs count."""
    value = float(n_bytes)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB" if value < 100 else f"{value:.0f} GB"


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", THOUSANDS)


def count(number: int, thing: str) -> str:
    return f"{thousands(number)} {thing}" + ("" if number == 1 else "s")


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
        words.append(f"stop: {STOP_WORDS[reply.finish_reason]}")
    if timing.shared:
        words.append("shared timings")
    if reply.energy.joules is not None:
        words.append(energy_text(reply.energy))
    return words


def model_words(model: ModelFile) -> str:
    words = [model.quantization or "", size(model.size_bytes)]
    return line(words)
