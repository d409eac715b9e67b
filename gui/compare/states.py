"""The state of a column in words and mood."""

from __future__ import annotations

from typing import Final

from gui.compare.cells import ColumnView, Phase
from gui.figures import count, rate
from gui.widgets.labels import Mood

_PLAIN: Final[dict[Phase, tuple[str, Mood]]] = {
    Phase.READY: ("ready", "quiet"),
    Phase.QUEUED: ("queued", "quiet"),
    Phase.LOADING: ("loading", "busy"),
    Phase.WARMING_UP: ("warming up", "busy"),
    Phase.STARTED: ("starting", "busy"),
    Phase.RUNNING: ("running", "busy"),
    Phase.DONE: ("done", "good"),
    Phase.STOPPED: ("stopped", "warning"),
    Phase.FAILED: ("failed", "error"),
    Phase.NOT_RUN: ("not run", "quiet"),
}


def state(view: ColumnView) -> tuple[str, Mood]:
    text, mood = _PLAIN[view.phase]
    if view.phase is Phase.LOADING and view.load_fraction is not None:
        text = f"loading {view.load_fraction:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
    return text, mood


_WAITING: Final[dict[Phase, str]] = {
    Phase.QUEUED: "Waits for its turn.",
    Phase.LOADING: "Loading the model…",
    Phase.WARMING_UP: "A short warm-up, which is discarded…",
    Phase.STARTED: "Waiting for the first token…",
    Phase.NOT_RUN: "This was not run.",
    Phase.DONE: "The reply is empty.",
    Phase.STOPPED: "Stopped before the first token.",
}


def waiting_words(view: ColumnView) -> str:
    """What stands in the place of a reply that is not there, or not yet."""
    reply = view.reply
    if reply is not None and reply.reasoning and reply.finish_reason == "length":
        return "The limit of tokens was reached while the model was still reasoning."
    return _WAITING.get(view.phase, "")


def live_words(view: ColumnView) -> tuple[str, str]:
    """Speed and length of a reply while it comes."""
    if view.phase is not Phase.RUNNING:
        return "", ""
    speed = view.live_tokens_per_s
    return (
        "" if speed is None else f"≈ {rate(speed)}",
        f"{count(view.generated_tokens, 'token')} so far",
    )
