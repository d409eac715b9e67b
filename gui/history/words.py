"""Words for what a session is, for the list and the details."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from engine.contract import FidelityTask, Session, SessionKind, SessionStatus
from engine.wording import count
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
    """How many there are, and of how many where some failed or are missing; a measurement has none."""
    if summary.kind in {"bench", "fidelity"}:
        return ""
    if summary.n_answered == summary.n_jobs:
        return str(summary.n_answered)
    return f"{summary.n_answered} of {summary.n_jobs}"


def replies_of(session: Session) -> str:
    """The same in full, with how many failed."""
    n_jobs = len(session.contenders) * len(session.cases) * session.repeats
    n_failed = sum(reply.finish_reason == "error" for reply in session.replies)
    n_answered = len(session.replies) - n_failed
    there = str(n_answered) if n_answered == n_jobs else f"{n_answered} of {n_jobs}"
    return f"{there}, {n_failed} failed" if n_failed else there


def status(summary: SessionSummary) -> str:
    return "failed" if summary.all_failed else STATUSES[summary.status]


def status_of(session: Session) -> str:
    all_failed = all(reply.finish_reason == "error" for reply in session.replies)
    failed = session.status == "finished" and bool(session.replies) and all_failed
    if session.kind == "fidelity" and session.status in {"stopped", "interrupted"}:
        return f"{STATUSES[session.status]}; run again, it begins anew"
    return "failed" if failed else STATUSES[session.status]


def measured_on(task: FidelityTask) -> str:
    """What a fidelity run read, with its limits."""
    chunks = "all chunks" if task.max_chunks is None else count(task.max_chunks, "chunk")
    limits = [
        task.name,
        "" if task.n_ctx is None else f"{chunks} of {task.n_ctx} tokens",
        "" if task.until is None else f"until ± {task.until:g}",
        "" if task.noise_floor else "without noise floor",
    ]
    return ", ".join(filter(None, limits))


def place(hit: Hit) -> str:
    """Where searched words were found."""
    words = _PLACES[hit.place]
    return words if hit.contender is None else f"{words} of {hit.contender}"
