"""What changed from one session to another: settings, machine, speeds, replies and quality."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from engine.contract import (
    Case,
    Contender,
    Reply,
    ResolvedRuntime,
    Sampling,
    Session,
)
from storage.comparison_quality import (
    FidelityChange,
    ScoreChange,
    fidelity_changes,
    score_changes,
)
from storage.comparison_speeds import SpeedChange, bench_changes, speed_changes

_LONGEST_PROMPT: Final = 60
_ENVIRONMENT: Final = {
    "app": "Steelyard",
    "llama_cpp": "llama.cpp",
    "os": "operating system",
    "cpu": "processor",
    "ram_bytes": "bytes of memory",
    "physical_cores": "physical cores",
    "power_source": "power",
}
_SESSION: Final = {"together": "all at once", "batched": "in batches", "warm_up": "warm-up"}
_SUITE: Final = {"name": "suite", "margin": "margin", "metric": "metric"}
_TEXT: Final = {"name": "text", "sha256": "text's content"}
_CHUNKS: Final = {"n_ctx": "tokens a chunk", "chunks": "chunks"}
_SAMPLING: Final = {name: name for name in Sampling.__struct_fields__}
_RUNTIME: Final = {
    name: name
    for name in ResolvedRuntime.__struct_fields__
    if name not in {"devices", "llama_cpp", "absent"}
}

Part = TypeVar("Part")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A setting or property that differs; contender None: it is the whole session's."""

    what: str
    contender: str | None = None
    before: str
    after: str


class ReplyPair(msgspec.Struct, frozen=True, kw_only=True):
    """The replies to the same case and repeat; None where a session has none."""

    contender: str
    case: str
    repeat: int
    before: Reply | None
    after: Reply | None

    @property
    def same(self) -> bool:
        """Both are there and say the same."""
        return (
            self.before is not None
            and self.after is not None
            and (self.before.text, self.before.reasoning) == (self.after.text, self.after.reasoning)
        )


class SessionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Contenders and cases go by the names of the later session.

    What only one session has is named, and takes no part in the rest.
    """

    differences: tuple[Difference, ...]
    speeds: tuple[SpeedChange, ...]
    replies: tuple[ReplyPair, ...]
    scores: tuple[ScoreChange, ...]
    fidelity: tuple[FidelityChange, ...]
    contenders_only_before: tuple[str, ...]
    contenders_only_after: tuple[str, ...]
    cases_only_before: tuple[str, ...]
    cases_only_after: tuple[str, ...]


def compare_sessions(before: Session, after: Session) -> SessionComparison:
    """Contenders are matched by their model's content, else its file's name; cases by what they say."""
    contenders = _pairs(before.contenders, after.contenders, _contender_keys)
    cases = _pairs(before.cases, after.cases, _case_keys)
    names = {one.name: other.name for one, other in contenders}
    ids = {one.id: other.id for one, other in cases}
    asked = set(ids.values())
    return SessionComparison(
        differences=(
            *_session_differences(before, after),
            *_contender_differences(before, after, contenders),
        ),
        speeds=(*speed_changes(before, after, names), *bench_changes(before, after, names)),
        replies=tuple(_reply_pairs(before, after, names, ids)),
        scores=tuple(score_changes(before, after, names, ids)),
        fidelity=tuple(fidelity_changes(before, after, names)),
        contenders_only_before=_without((c.name for c in before.contenders), names.keys()),
        contenders_only_after=_without((c.name for c in after.contenders), names.values()),
        cases_only_before=tuple(_case_name(c) for c in before.cases if c.id not in ids),
        cases_only_after=tuple(_case_name(c) for c in after.cases if c.id not in asked),
    )


def _pairs(
    before: Sequence[Part],
    after: Sequence[Part],
    keys_of: Callable[[Part], tuple[Hashable, ...]],
) -> list[tuple[Part, Part]]:
    """What belongs together by the first key that two share; stronger keys go before weaker ones."""
    left, right = dict(enumerate(before)), dict(enumerate(after))
    found: dict[int, tuple[Part, Part]] = {}
    n_keys = max((len(keys_of(part)) for part in before), default=0)
    for level in range(n_keys):
        waiting: dict[Hashable, list[int]] = {}
        for place, part in left.items():
            waiting.setdefault(keys_of(part)[level], []).append(place)
        for place, part in tuple(right.items()):
            key = keys_of(part)[level]
            if key is not None and waiting.get(key):
                found[place] = (left.pop(waiting[key].pop(0)), right.pop(place))
    return [found[place] for place in sorted(found)]


def _contender_keys(contender: Contender) -> tuple[Hashable, ...]:
    content, file = contender.model.sha256, contender.model.file
    return ((contender.name, content or file), content, (contender.name, file), file)


def _case_keys(case: Case) -> tuple[Hashable, ...]:
    return ((case.format, tuple((message.role, message.content) for message in case.messages)),)


def _case_name(case: Case) -> str:
    """With what it asks: cases of two comparisons are both numbered from 1."""
    asked = " ".join(case.messages[-1].content.split()) if case.messages else ""
    short = asked if len(asked) <= _LONGEST_PROMPT else f"{asked[: _LONGEST_PROMPT - 1]}…"
    return f"{case.id}: {short}" if short else case.id


def _without(names: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    paired = set(taken)
    return tuple(name for name in names if name not in paired)


def _session_differences(before: Session, after: Session) -> Iterator[Difference]:
    yield from _fields(before.environment, after.environment, _ENVIRONMENT)
    one, other = (
        ", ".join(device.description for device in session.environment.devices)
        for session in (before, after)
    )
    yield from _if_different("devices", one, other)
    yield from _fields(before, after, _SESSION)
    yield from _fields(before.sampling, after.sampling, _SAMPLING)
    if before.suite is not None and after.suite is not None:
        yield from _fields(before.suite, after.suite, _SUITE)
    if before.fidelity is not None and after.fidelity is not None:
        yield from _fields(before.fidelity.text, after.fidelity.text, _TEXT)
        yield from _fields(before.fidelity, after.fidelity, _CHUNKS)


def _contender_differences(
    before: Session, after: Session, pairs: Iterable[tuple[Contender, Contender]]
) -> Iterator[Difference]:
    for one, other in pairs:
        name = other.name
        if one.model.sha256 and other.model.sha256:
            yield from _if_different("model file", one.model.sha256, other.model.sha256, name)
        if one.sampling or other.sampling:
            samplings = (one.sampling or before.sampling, other.sampling or after.sampling)
            yield from _fields(*samplings, _SAMPLING, name)
        loaded, loaded_later = _runtime(before, one.name), _runtime(after, other.name)
        if loaded and loaded_later:
            yield from _fields(loaded, loaded_later, _RUNTIME, name)


def _runtime(session: Session, contender: str) -> ResolvedRuntime | None:
    loads = (reply.runtime for reply in session.replies if reply.contender == contender)
    return next((runtime for runtime in loads if runtime is not None), None)


def _fields(
    before: msgspec.Struct,
    after: msgspec.Struct,
    words: Mapping[str, str],
    contender: str | None = None,
) -> Iterator[Difference]:
    for name, word in words.items():
        one, other = _text(getattr(before, name)), _text(getattr(after, name))
        yield from _if_different(word, one, other, contender)


def _if_different(
    what: str, before: str, after: str, contender: str | None = None
) -> Iterator[Difference]:
    if before != after:
        yield Difference(what=what, contender=contender, before=before, after=after)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _reply_pairs(
    before: Session, after: Session, names: Mapping[str, str], ids: Mapping[str, str]
) -> Iterator[ReplyPair]:
    earlier = {
        (names[reply.contender], ids[reply.case], reply.repeat): reply
        for reply in before.replies
        if reply.contender in names and reply.case in ids
    }
    paired, asked = set(names.values()), set(ids.values())
    later = {
        (reply.contender, reply.case, reply.repeat): reply
        for reply in after.replies
        if reply.contender in paired and reply.case in asked
    }
    for place in dict.fromkeys((*earlier, *later)):
        contender, case, repeat = place
        yield ReplyPair(
            contender=contender,
            case=case,
            repeat=repeat,
            before=earlier.get(place),
            after=later.get(place),
        )
