"""The few sentences that a report begins with; each is worked out, none is a judgement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from engine.contract import Session
from engine.wording import count, rate, seconds
from storage.exports.energy import Energies, energy_findings
from storage.exports.figures import Cell, Column
from storage.exports.speeds import KEY as SPEED

_ALIKE: Final = 1.05
"""Medians closer than this are called equal: repeats on a quiet machine vary by a few percent."""


def findings(session: Session, columns: Sequence[Column], taken: Energies) -> tuple[str, ...]:
    by_key = {column.key: column for column in columns}
    return (
        *_tests(session, columns),
        *_speed(session, by_key.get("generation_tokens_per_s")),
        *_first_token(session, by_key.get("ttft_s")),
        *energy_findings(taken, by_key.get("energy_joules"), session),
        *_agreement(session),
        *_failures(session),
        *_cautions(session),
    )


def _ordered(session: Session, column: Column | None) -> list[tuple[float, str]]:
    """Value and contender, lowest first; empty if there are not two to compare."""
    cells = column.cells if column else ()
    found = [
        (cell.value, contender.name)
        for cell, contender in zip(cells, session.contenders, strict=False)
        if cell.value is not None
    ]
    return sorted(found) if len(found) > 1 else []


def _tests(session: Session, columns: Sequence[Column]) -> Iterator[str]:
    """Of each test of a speed run the fastest, unless the repetitions vary by more than the difference."""
    for column in columns:
        if column.key.startswith(SPEED):
            named = zip(column.cells, session.contenders, strict=False)
            found = [(cell.value, cell, each.name) for cell, each in named if cell.value]
            if len(found) == 1:
                yield f"{column.title}: {found[0][2]} does {found[0][1].text}."
            elif found:
                low, high = min(found, key=_first), max(found, key=_first)
                yield f"{column.title}: {_faster(low, high)}."


_Named = tuple[float, Cell, str]


def _first(found: _Named) -> float:
    return found[0]


def _faster(low: _Named, high: _Named) -> str:
    (slow, slow_cell, slowest), (fast, fast_cell, fastest) = low, high
    slow_end, fast_end = slow_cell.high or slow, fast_cell.low or fast
    if slow_end >= fast_end:
        return f"no difference beyond the spread of the repetitions, at about {fast_cell.text}"
    return (
        f"{fastest} is fastest, {fast_cell.text}, {fast / slow:.2f} times as fast as {slowest}"
        f" ({slow_cell.text})"
    )


def _speed(session: Session, column: Column | None) -> Iterator[str]:
    ordered = _ordered(session, column)
    if not ordered:
        return
    (low, slowest), (high, fastest) = ordered[0], ordered[-1]
    if low <= 0 or high / low < _ALIKE:
        yield f"All wrote about equally fast: {rate(low)} to {rate(high)}."
    else:
        yield (
            f"{fastest} wrote fastest: {rate(high)}, {high / low:.1f} times as fast as {slowest}"
            f" ({rate(low)})."
        )


def _first_token(session: Session, column: Column | None) -> Iterator[str]:
    ordered = _ordered(session, column)
    if ordered and ordered[0][0] > 0 and ordered[-1][0] / ordered[0][0] >= _ALIKE:
        (low, first), (high, last) = ordered[0], ordered[-1]
        yield f"{first} began to reply first: after {seconds(low)}; {last} after {seconds(high)}."


def _agreement(session: Session) -> Iterator[str]:
    """How often all gave the same reply, among cases that all of them answered."""
    texts: dict[tuple[str, int], list[str]] = defaultdict(list)
    for reply in session.replies:
        if reply.finished:
            texts[reply.case, reply.repeat].append(reply.text)
    n_contenders = len(session.contenders)
    answered = [each for each in texts.values() if len(each) == n_contenders]
    if n_contenders > 1 and answered:
        n_same = sum(len(set(each)) == 1 for each in answered)
        who = "Both" if n_contenders == 2 else f"All {n_contenders}"
        if not n_same:
            each = "two" if n_contenders == 2 else str(n_contenders)
            yield f"The {each} never gave word for word the same reply."
            return
        often = f"{n_same:,} of {count(len(answered), 'time')}"
        yield f"{who} gave word for word the same reply {'every time' if n_same == len(answered) else often}."


def _failures(session: Session) -> Iterator[str]:
    failed = Counter(reply.contender for reply in session.replies if reply.finish_reason == "error")
    asked = Counter(reply.contender for reply in session.replies)
    for name, n_failed in failed.items():
        yield f"{name} failed {n_failed} of {count(asked[name], 'time')}."


def _unmeasured(session: Session) -> Iterator[str]:
    """What a run that was stopped or killed did not come to."""
    if session.kind == "bench" and session.speeds:
        n_done, n_tests = len(session.speeds), len(session.contenders) * len(session.tests)
        if n_done < n_tests:
            yield f"This run is not complete: {n_done} of {count(n_tests, 'test')} came to their end."
    elif session.kind in {"bench", "fidelity"} and session.fidelity is None:
        yield "Nothing was measured before this run ended."


def _cautions(session: Session) -> Iterator[str]:
    n_jobs = len(session.contenders) * len(session.cases) * session.repeats
    if len(session.replies) < n_jobs and session.kind in {"compare", "suite"}:
        n_replies = sum(reply.finish_reason != "error" for reply in session.replies)
        yield f"This session is not complete: {n_replies:,} of {n_jobs:,} replies are there."
    yield from _unmeasured(session)
    if any(reply.timing.shared for reply in session.replies):
        who = "Several prompts" if session.batched else "All contenders"
        yield (
            f"{who} ran at once, so the timings are those of a shared machine and say little"
            " about each alone."
        )
