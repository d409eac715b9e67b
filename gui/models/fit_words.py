"""A verdict on fit, in the words and the colour that the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gui.figures import count, rate, significant, size, thousands
from gui.widgets.labels import Mood

if TYPE_CHECKING:
    from models.fit import Fit
    from storage.uses import Use

    FitResult = Fit | str

_MOODS: Final[dict[str, Mood]] = {
    "on the GPU": "good",
    "partly on the GPU": "warning",
    "in memory": "good",
    "too large": "error",
}
Rows = list[tuple[str, str]]


def fit_words(result: FitResult | None) -> str:
    """A few words for a table; a result that is text is the sentence why there is no verdict."""
    if result is None:
        return "…"
    if isinstance(result, str):
        return "not known"
    if result.verdict == "partly on the GPU":
        return f"{result.need.offloaded_layers} of {result.need.layers} on the GPU"
    if result.verdict == "too large":
        return f"too large by {size(result.short_bytes)}"
    return result.verdict


def fit_mood(result: FitResult | None) -> Mood:
    return "quiet" if result is None or isinstance(result, str) else _MOODS[result.verdict]


def fit_sentence(result: FitResult | None) -> str:
    if result is None:
        return "Being worked out…"
    return result if isinstance(result, str) else result.sentence


def fit_rows(fit: Fit, use: Use | None = None) -> Rows:
    """What it would take where, how long a context fits, and how fast it should be.

    What was measured here with as many layers on the GPU takes the place of the estimate.
    """
    device, whole = fit.need.device, fit.need.whole
    split = fit.need.offloaded_layers > 0

    def where(in_all: int, on_device: int) -> str:
        return f"{size(in_all)}, {size(on_device)} of it on the GPU" if split else size(in_all)

    rows = [
        ("Weights", where(whole.weights_bytes, device.weights_bytes)),
        ("KV cache", where(whole.kv_bytes, device.kv_bytes)),
        ("Compute buffer", where(whole.compute_bytes, device.compute_bytes)),
        ("In all", where(whole.total_bytes, device.total_bytes)),
        ("Context", f"{thousands(fit.need.n_ctx)} tokens"),
    ]
    longest = fit.max_context
    words = f"{thousands(longest)} tokens" if longest else fit.absent.get("max_context", "none")
    rows.append(("Longest that fits", words))
    measured = use.generation_tokens_per_s if use is not None else None
    if use and measured and use.offloaded_layers in {None, fit.need.offloaded_layers}:
        words = f"{rate(measured)}, measured here ({count(use.n_replies, 'reply')})"
        rows.append(("Speed", words))
    elif fit.speed is not None:
        low, high = significant(fit.speed.low), significant(fit.speed.high)
        rows.append(("Expected speed", f"about {rate(fit.speed.likely)} ({low} to {high})"))
    elif "speed" in fit.absent:
        rows.append(("Expected speed", f"not known: {fit.absent['speed']}"))
    return rows
