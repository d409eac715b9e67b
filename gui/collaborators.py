"""What the window needs from the parts below it, as small as it uses them; `main.py` hands them in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.contract import (
    Case,
    Contender,
    Environment,
    Event,
    Findings,
    Loading,
    ModelFile,
    Plan,
    Recorder,
    Session,
    SessionKind,
)
from storage.exports.paper import Paper
from storage.exports.redaction import Omit
from storage.query import EVERYTHING, Query
from storage.summary import Choices, SessionSummary

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.divergence import Divergence
    from engine.fidelity import FidelityEvent, FidelityPlan, RepliesPlan
    from engine.speed import SpeedEvent, SpeedPlan
    from gui.models.hub_desk import HubPlaces
    from gui.models.shelf import Shelf
    from storage.importing import Imported
    from storage.uses import Use


class Bench(Protocol):
    """Runs plans. `run` returns at once and blocks while it is iterated; `stop` may come from any thread."""

    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]: ...

    def stop(self) -> None: ...

    def close(self) -> None:
        """End every worker process."""


class HistoryWatch(Protocol):
    """Belongs to one thread; asking costs some microseconds."""

    def changed(self) -> bool:
        """Whether anything was written since the last call; raises StorageError."""

    def close(self) -> None: ...


class History(Protocol):
    """The recorded sessions; every method does input and output, and raises StorageError."""

    @property
    def read_only(self) -> str | None:
        """The sentence to show where nothing can be recorded or changed; else None."""

    def sessions(
        self, limit: int, offset: int, query: Query = EVERYTHING
    ) -> tuple[SessionSummary, ...]:
        """Newest first if the query does not say otherwise."""

    def count(self, query: Query = EVERYTHING) -> int: ...

    def choices(self) -> Choices: ...

    def session(self, session_id: str) -> Session: ...

    def uses(self, machine: str) -> tuple[Use, ...]:
        """When each model was used last on a machine, named by its processor, and how fast it was."""

    def rename(self, session_id: str, title: str) -> None: ...

    def set_notes(self, session_id: str, notes: str) -> None: ...

    def set_starred(self, ids: Sequence[str], *, starred: bool) -> None: ...

    def add_tag(self, ids: Sequence[str], tag: str) -> None: ...

    def remove_tag(self, ids: Sequence[str], tag: str) -> None: ...

    def keep(self, session_id: str, findings: Findings) -> None:
        """Put what was found of a session in place of what was found before."""

    def discard(self, ids: Sequence[str]) -> None:
        """Take sessions out of sight; `restore` brings them back until `empty_bin`."""

    def restore(self, ids: Sequence[str]) -> None: ...

    def empty_bin(
        self,
        ids: Collection[str] | None = None,
        until: datetime | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """Delete for good what was discarded: these sessions, or what lay there by then.

        go_on: called between its steps; what it raises ends the work.
        """

    def import_file(self, path: Path) -> Imported: ...

    def watch(self) -> HistoryWatch:
        """For one thread, which closes it."""

    def recorder(self, kind: SessionKind = "compare") -> Recorder: ...

    def close(self) -> None: ...


class FidelityBench(Protocol):
    """Measures candidates against a reference; `stop` may come from any thread while it is iterated."""

    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]: ...

    def stop(self) -> None: ...


class SpeedBench(Protocol):
    """Measures prompt and generation speed; `stop` may come from any thread while it is iterated."""

    def run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]: ...

    def stop(self) -> None: ...

    def close(self) -> None:
        """End every worker process."""


class DivergenceBench(Protocol):
    """Puts a reply through two models; `stop` may come from any thread while it is iterated."""

    def run(
        self, reference: Contender, candidate: Contender, case: Case, reply: str
    ) -> Iterator[Loading | Divergence]: ...

    def stop(self) -> None: ...


class ExportSessions(Protocol):
    """Writes sessions in the format that the path's ending names, without what is to be left out."""

    def __call__(
        self, sessions: Sequence[Session], path: Path, omit: Omit, /, paper: Paper = "a4"
    ) -> None: ...


PrintFirstPage = Callable[[Sequence[Session], Omit, Paper], bytes]
"""A picture of what their PDF begins with."""

RenderSessions = Callable[[Sequence[Session], str, Omit], bytes]
"""What a file with this ending would hold."""

Progress = Callable[[str, float], None]
"""Takes a sentence on what is being done, and the fraction of the whole that is done."""


@dataclass(frozen=True)
class Collaborators:
    """All that the window is given; each is called off the window's thread.

    make_bench: recorder None leaves runs unrecorded. demo: makes the contenders of the built-in comparison.
    environment: this machine, with llama.cpp's devices.
    make_shelf: called on the window's thread, so it only stores.
    salvage: takes what can be read of a damaged history into a new one, and says what became of it;
    nothing may have it open. network_warning: a sentence where the history lies on a network drive.
    """

    make_bench: Callable[[Recorder | None], Bench]
    open_history: Callable[[], History]
    describe: Callable[[Path], ModelFile]
    demo: Callable[[Progress], tuple[Contender, ...]]
    export_sessions: ExportSessions
    render_sessions: RenderSessions
    first_page: PrintFirstPage
    make_fidelity_bench: Callable[[], FidelityBench]
    make_divergence_bench: Callable[[], DivergenceBench]
    make_speed_bench: Callable[[], SpeedBench]
    environment: Callable[[], Environment]
    make_shelf: Callable[[], Shelf]
    hub: HubPlaces
    salvage: Callable[[], str]
    network_warning: Callable[[], str | None]
    settings_file: Path
    version: str

    @property
    def folder(self) -> Path:
        """Where all that is the user's lies."""
        return self.settings_file.parent
