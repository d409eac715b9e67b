"""Words for what a session is, for the list and the details."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from engine.contract import SessionKind, SessionStatus
from storage.summary import Hit, Place, SessionSummary

KINDS: Final[dict[SessionKind, str]] = {
    "compare": "Compare",
    "suite": "Suite",
    "fidelity": "Fidelity",
    "bench": "Speed",
}
STATUSES: Final[dict[SessionStatus, str]] = {
    "running": "running",
    "finished": "finished",
    "stopped": "stopped",
    "interrupted": "interrupted",
}
_PLACES: Final[dict[Place, str]] = {
    "title": "Title",
    "notes": "Notes",
    "prompt": "Prompt",
    "reply": "Reply",
}


def day(moment: datetime, today: date) -> str:
    """The day in the user's zone: Today, Yesterday, Monday 16 November, 3 March 2025."""
    local = moment.astimezone().date()
    days = (today - local).days
    if days in {0, 1}:
        return "Yesterday" if days else "Today"
    if 0 < days < 7:
        return f"{local:%A} {local.day} {local:%B}"
    return f"{local.day} {local:%B %Y}"


def replies(summary: SessionSummary) -> str:
    """How many there are, and of how many where some are missing; a measurement has none."""
    if summary.kind in {"bench", "fidelity"}:
        return ""
    if summary.n_replies == summary.n_jobs:
        return str(summary.n_replies)
    return f"{summary.n_replies} of {summary.n_jobs}"


def place(hit: Hit) -> str:
    """Where searched words were found."""
    words = _PLACES[hit.place]
    return words if hit.contender is None else f"{words} of {hit.contender}"
