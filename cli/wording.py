"""Figures as text: the only place where the command line turns numbers into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from engine.contract import Reply, ResolvedRuntime
from engine.energy.wording import energy_line, energy_text
from engine.summary import Figure
from engine.wording import ENDINGS, NONE, count, rate, seconds, significant, size

__all__ = [
    "ENDINGS",
    "NONE",
    "count",
    "done_line",
    "endings",
    "figures_line",
    "models_line",
    "percent",
    "quiet_lines",
    "rate",
    "seconds",
    "settings_line",
    "significant",
    "size",
    "spread",
    "when",
]


def models_line(names: Iterable[str]) -> str:
    """Names side by side; those that differ in their last word alone give the rest once."""
    groups: dict[str, list[str]] = {}
    for name in names:
        base, _, last = name.rpartition(" ")
        groups.setdefault(base, []).append(last)
    return " · ".join(f"{base} {', '.join(last)}".strip() for base, last in groups.items())


def percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"


def when(moment: datetime) -> str:
    """In the user's zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def figures_line(reply: Reply) -> str:
    """The quiet line under a reply."""
    timing = reply.timing
    parts = []
    if timing.generation_tokens_per_s is not None:
        parts.append(rate(timing.generation_tokens_per_s))
    if timing.generated_tokens is not None:
        parts.append(count(timing.generated_tokens, "token"))
    if timing.ttft_s is not None:
        parts.append(f"{seconds(timing.ttft_s)} to first token")
    parts.append(ENDINGS[reply.finish_reason])
    if timing.shared:
        parts.append("shared machine")
    return " · ".join(parts)


def quiet_lines(reply: Reply) -> list[str]:
    """The figures, and the energy or why there is none."""
    energy = [energy_text(reply.energy), energy_line(reply.energy)] if _has_energy(reply) else []
    return [figures_line(reply), *(line for line in energy if line)]


def done_line(reply: Reply) -> str:
    """The same, short enough for the frame of a column."""
    parts = ["stopped" if reply.finish_reason == "stopped" else "done"]
    if reply.timing.generated_tokens is not None:
        parts.append(count(reply.timing.generated_tokens, "token"))
    if reply.timing.generation_tokens_per_s is not None:
        parts.append(rate(reply.timing.generation_tokens_per_s))
    return " · ".join(parts)


def endings(replies: Iterable[Reply]) -> str:
    """How the replies ended, a line a way, most frequent first; counted where there are several."""
    counts = Counter(ENDINGS[reply.finish_reason] for reply in replies)
    if counts.total() == 1:
        return next(iter(counts))
    return "\n".join(f"{n}× {ending}" for ending, n in counts.most_common())


def spread(figure: Figure) -> str:
    """How far repeats agree; empty without repeats."""
    return "" if figure.spread_percent is None else f"± {figure.spread_percent:.1f} %"


def settings_line(runtime: ResolvedRuntime) -> str:
    """What a load really became."""
    flash = {True: "on", False: "off", None: "not known"}[runtime.flash_attention]
    cache = (
        runtime.type_k if runtime.type_k == runtime.type_v else f"{runtime.type_k}/{runtime.type_v}"
    )
    parts = [
        f"context {runtime.n_ctx}",
        count(runtime.threads, "thread"),
        f"{runtime.offloaded_layers} of {runtime.layers} layers on the GPU",
        f"cache {cache}",
        f"flash attention {flash}",
        f"batch {runtime.n_batch}/{runtime.n_ubatch}",
    ]
    parts += [f"{use.name} {size(use.model_bytes)}" for use in runtime.devices]
    return " · ".join(parts)


def _has_energy(reply: Reply) -> bool:
    """A figure, or a reason that belongs to this reply: what holds for all is in the session."""
    return reply.energy.joules is not None or reply.energy.too_short
