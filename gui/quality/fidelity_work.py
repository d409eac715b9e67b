"""What a fidelity run is asked to do, and its work in the background: reading, preparing, recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.contract import (
    BundledSource,
    Contender,
    PastedSource,
    PromptsSource,
    TextFileSource,
)
from engine.contract import RepliesSource as AnsweredSource
from engine.errors import PlanError
from gui.collaborators import Collaborators, FidelityBench, History
from gui.quality.texts import (
    Bundled,
    PastedText,
    PromptsFile,
    RepliesSource,
    Source,
    TextFile,
    TextSource,
    read_text,
)
from storage.summary import SessionSummary

if TYPE_CHECKING:  # the engine's fidelity brings numpy, which a start must not wait for
    from engine.fidelity import FidelityPlan, GivenReply, RepliesPlan

_SESSIONS_OFFERED: Final = 100


class FidelitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """until: the ± of the mean KLD, in nats, at which the run may end early; None runs to the end."""

    source: Source = Bundled()
    n_ctx: int = 512
    max_chunks: int | None = 20
    max_tokens: int = 256
    until: float | None = None
    noise_floor: bool = True


def sessions_with_replies(history: History) -> tuple[SessionSummary, ...]:
    """The latest that hold replies."""
    offered = history.sessions(_SESSIONS_OFFERED, 0)
    return tuple(each for each in offered if each.kind in {"compare", "suite"} and each.n_replies)


def prepare_fidelity(
    given: Collaborators,
    history: History | None,
    settings: FidelitySettings,
    reference: Contender,
    candidates: tuple[Contender, ...],
) -> tuple[FidelityBench, FidelityPlan | RepliesPlan]:
    """A run that can begin; raises SteelyardError."""
    from engine.fidelity import FidelityPlan

    if not isinstance(settings.source, TextSource):
        plan = _on_replies(settings.source, history, settings, reference, candidates)
        return given.make_fidelity_bench(), plan
    name, text = read_text(settings.source)
    if not text.strip():
        raise PlanError(f"{name} is empty. Choose another text.")
    return given.make_fidelity_bench(), FidelityPlan(
        reference=reference,
        candidates=candidates,
        text=text,
        text_name=name,
        n_ctx=settings.n_ctx,
        max_chunks=settings.max_chunks,
        until=settings.until,
        noise_floor=settings.noise_floor,
        source=_text_source(settings.source),
    )


def recorded_run(
    given: Collaborators,
    history: History | None,
    bench: FidelityBench,
    plan: FidelityPlan | RepliesPlan,
) -> Iterator[object]:
    """The run's events; it is recorded where there is a history."""
    from engine.fidelity_recording import recorded_fidelity

    recorder = None if history is None else history.recorder("fidelity")
    return recorded_fidelity(bench.run(plan), plan, given.environment, recorder)


def _text_source(source: TextSource) -> BundledSource | TextFileSource | PastedSource:
    from engine.fidelity_again import source_file

    match source:
        case Bundled(name=name):
            return BundledSource(name=name)
        case TextFile(path=path):
            return source_file(TextFileSource, Path(path))
        case PastedText():
            return PastedSource()


def _on_replies(
    source: RepliesSource,
    history: History | None,
    settings: FidelitySettings,
    reference: Contender,
    candidates: tuple[Contender, ...],
) -> RepliesPlan:
    from engine.fidelity import RepliesPlan
    from engine.fidelity_again import source_file
    from engine.quality.prompts import read_prompts
    from engine.recorded_replies import recorded_replies

    if isinstance(source, PromptsFile):
        path = Path(source.path)
        name, cases = path.name, read_prompts(path)
        replies: dict[str, GivenReply] = {}
        kept: PromptsSource | AnsweredSource = source_file(PromptsSource, path)
    else:
        assert history is not None  # it offered the session
        name = source.title
        cases, replies = recorded_replies(history.session(source.session), reference)
        kept = AnsweredSource(session=source.session)
    return RepliesPlan(
        reference=reference,
        candidates=candidates,
        cases=cases,
        name=name,
        replies=replies,
        max_tokens=settings.max_tokens,
        until=settings.until,
        noise_floor=settings.noise_floor,
        source=kept,
    )
