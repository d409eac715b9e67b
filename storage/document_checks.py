"""What a foreign session must hold to beyond its types: bounded sizes, parts that fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from engine.contract import Session
from storage.ids import PATTERN

MAX_CONTENDERS: Final = 1_000
MAX_CASES: Final = 100_000
MAX_REPLIES: Final = 1_000_000
MAX_REPEATS: Final = 1_000_000
MAX_NAME_LENGTH: Final = 1_000
MAX_TEXT_LENGTH: Final = 20_000_000
MAX_FIGURE: Final = 1e15
_MOST_DIGITS: Final = 40


def contradiction(session: Session) -> str | None:
    """Why the session cannot be used, with the field; None if it can."""
    contenders = [contender.name for contender in session.contenders]
    cases = [case.id for case in session.cases]
    names, ids = frozenset(contenders), frozenset(cases)
    return (
        _too_many(session)
        or _bad_id(session.id)
        or _bad_name("title", session.title)
        or _bad_names("contenders", "name", contenders)
        or _bad_names("cases", "id", cases)
        or _too_long(session)
        or _stray_reply(session, names, ids)
        or _stray_finding(session, names, ids)
        or _odd_figure(session)
    )


def _too_many(session: Session) -> str | None:
    counts = (
        ("contenders", len(session.contenders), MAX_CONTENDERS),
        ("cases", len(session.cases), MAX_CASES),
        ("replies", len(session.replies), MAX_REPLIES),
        ("scores", len(session.scores), MAX_REPLIES),
        ("verdicts", len(session.verdicts), MAX_CONTENDERS),
        ("votes", len(session.votes), MAX_REPLIES),
        ("speeds", len(session.speeds), MAX_CASES),
        ("tests", len(session.tests), MAX_CASES),
        ("repeats", session.repeats, MAX_REPEATS),
    )
    for field, n, most in counts:
        if n > most:
            return f"{field}: {n} are more than the {most} that are read"
    return None if session.repeats >= 0 else "repeats: it is below 0"


def _bad_id(session_id: str) -> str | None:
    if PATTERN.fullmatch(session_id):
        return None
    return "id: it must be up to 64 letters, digits, hyphens and underscores, beginning with one"


def _bad_name(field: str, name: str) -> str | None:
    if len(name) > MAX_NAME_LENGTH:
        return f"{field}: it is longer than {MAX_NAME_LENGTH} characters"
    return None


def _bad_names(list_field: str, name_field: str, names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for i, name in enumerate(names):
        field = f"{list_field}[{i}].{name_field}"
        if name in seen:
            return f"{field}: “{name[:80]}” is there twice"
        reason = _bad_name(field, name)
        if reason:
            return reason
        seen.add(name)
    return None


def _too_long(session: Session) -> str | None:
    for field, text in _texts(session):
        if len(text) > MAX_TEXT_LENGTH:
            return f"{field}: it is longer than {MAX_TEXT_LENGTH} characters"
    return None


def _texts(session: Session) -> Iterable[tuple[str, str]]:
    for i, case in enumerate(session.cases):
        for j, message in enumerate(case.messages):
            yield f"cases[{i}].messages[{j}].content", message.content
    for i, reply in enumerate(session.replies):
        yield f"replies[{i}].text", reply.text
        yield f"replies[{i}].reasoning", reply.reasoning


def _odd_figure(session: Session) -> str | None:
    """What no run can have measured; NaN is not within any range either."""
    for field, figure in _figures(session):
        if not abs(figure) <= MAX_FIGURE:
            return f"{field}: {str(figure)[:_MOST_DIGITS]} is out of range"
    return None


def _figures(session: Session) -> Iterator[tuple[str, float]]:
    yield from _numbers("environment", session.environment)
    for i, contender in enumerate(session.contenders):
        yield from _numbers(f"contenders[{i}].model", contender.model)
    for i, reply in enumerate(session.replies):
        for name in ("timing", "energy", "memory"):
            yield from _numbers(f"replies[{i}].{name}", getattr(reply, name))
    yield from _numbers("scores", session.scores)
    yield from _numbers("verdicts", session.verdicts)
    yield from _numbers("speeds", session.speeds)
    yield from _numbers("tests", session.tests)
    yield from _numbers("fidelity", session.fidelity)
    yield from _numbers("fidelity_task", session.fidelity_task)


def _numbers(field: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, int | float):
        yield field, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _numbers(f"{field}.{name}", getattr(value, name))
    elif isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from _numbers(f"{field}[{i}]", part)


def _stray_reply(session: Session, contenders: frozenset[str], cases: frozenset[str]) -> str | None:
    seen: set[tuple[str, str, int]] = set()
    for i, reply in enumerate(session.replies):
        place = (reply.contender, reply.case, reply.repeat)
        if reply.contender not in contenders:
            return f"replies[{i}].contender: “{reply.contender[:80]}” is not among the contenders"
        if reply.case not in cases:
            return f"replies[{i}].case: “{reply.case[:80]}” is not among the cases"
        if not 0 <= reply.repeat < MAX_REPEATS:
            return f"replies[{i}].repeat: {reply.repeat} is out of range"
        if place in seen:
            return f"replies[{i}]: contender, case and repeat are those of an earlier reply"
        seen.add(place)
    return None


def _stray_finding(
    session: Session, contenders: frozenset[str], cases: frozenset[str]
) -> str | None:
    """A score, verdict, vote or speed of what the session does not hold."""
    for field, contender, case in _findings(session):
        if contender is not None and contender not in contenders:
            return f"{field}: “{contender[:80]}” is not among the contenders"
        if case is not None and case not in cases:
            return f"{field}: “{case[:80]}” is not among the cases"
    return None


def _findings(session: Session) -> Iterator[tuple[str, str | None, str | None]]:
    """Each one's field, contender and case."""
    for i, score in enumerate(session.scores):
        yield f"scores[{i}]", score.contender, score.case
    for i, verdict in enumerate(session.verdicts):
        yield f"verdicts[{i}]", verdict.reference, None
        yield f"verdicts[{i}]", verdict.contender, None
    for i, vote in enumerate(session.votes):
        yield f"votes[{i}]", vote.best, vote.case
    for i, speed in enumerate(session.speeds):
        yield f"speeds[{i}]", speed.contender, None
