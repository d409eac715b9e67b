"""The board: one run as it is shown, live or reopened; a column per contender, a cell per reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from engine.contract import (
    Began,
    Case,
    Contender,
    Event,
    Failed,
    Finished,
    Loaded,
    Loading,
    Notice,
    NotRecorded,
    Piece,
    Plan,
    Replied,
    Reply,
    Session,
    Started,
    Unloaded,
    WarmingUp,
)
from engine.energy.typical import with_pooled_energy
from gui.compare.cells import Cell, ColumnView, Phase
from gui.compare.standings import Standing, speed_of, standings

BoardStatus = Literal["empty", "running", "finished", "stopped", "interrupted"]
CellKey = tuple[str, str, int]


@dataclass
class _Load:
    phase: Phase | None = None
    fraction: float | None = None


class BoardModel(QObject):
    """Takes events, keeps cells. Signals name the contender whose column they concern."""

    rebuilt = Signal()
    """Another run: all columns are to be made again."""
    case_shown = Signal()
    changed = Signal(str)
    streamed = Signal(str, object)
    """A Piece for the cell that the contender's column shows."""
    cell_shown = Signal(str)
    """The column shows another cell, or the whole reply has come: its text is to be set anew."""
    replied = Signal(object)
    noticed = Signal(str)
    status_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status: BoardStatus = "empty"
        self.session_id: str | None = None
        self._clear(Plan(contenders=(), cases=()))

    # What is shown -----------------------------------------------------------------------------

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return self.plan.contenders

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.plan.cases

    @property
    def shown_case(self) -> Case | None:
        return self.cases[self.shown_case_index] if self.cases else None

    def has(self, contender: str) -> bool:
        return contender in self._loads

    def column(self, contender: str) -> ColumnView:
        case = self.shown_case
        assert case is not None
        cell = self._cell(contender, case.id, self._shown_repeat(contender))
        load = self._loads[contender]
        phase = self._phase(cell, load)
        return ColumnView(
            contender=next(each for each in self.contenders if each.name == contender),
            phase=phase,
            load_fraction=load.fraction if phase is Phase.LOADING else None,
            generated_tokens=cell.generated_tokens,
            live_tokens_per_s=cell.live_tokens_per_s,
            shown_repeat=cell.repeat,
            repeats=self.plan.repeats,
            reply=self._as_shown(cell),
            speed=speed_of(self.replies(contender, case.id)),
            standing=self._standing(contender, case.id),
        )

    def text(self, contender: str) -> tuple[str, str]:
        """Reply and reasoning of the cell that the column shows."""
        case = self.shown_case
        assert case is not None
        cell = self._cell(contender, case.id, self._shown_repeat(contender))
        return cell.text, cell.reasoning

    def _as_shown(self, cell: Cell) -> Reply | None:
        """A reply too short for its sensor shares the energy of the contender's other short ones."""
        if cell.reply is None:
            return None
        known = (each.reply for each in self._cells.values() if each.reply is not None)
        return with_pooled_energy(cell.reply, known)

    def replies(self, contender: str, case: str) -> tuple[Reply, ...]:
        cells = (self._cell(contender, case, repeat) for repeat in range(self.plan.repeats))
        return tuple(cell.reply for cell in cells if cell.reply is not None)

    @property
    def differing(self) -> tuple[int, ...]:
        """The places of the cases to which some contenders replied with another text than others."""
        return tuple(place for place, case in enumerate(self.cases) if self._differs(case.id))

    def _differs(self, case: str) -> bool:
        for repeat in range(self.plan.repeats):
            cells = (self._cells.get((name, case, repeat)) for name in self._loads)
            replies = [cell.reply for cell in cells if cell is not None and cell.reply is not None]
            if len({(reply.text, reply.error is None) for reply in replies}) > 1:
                return True
        return False

    @property
    def all_replies(self) -> tuple[Reply, ...]:
        return tuple(cell.reply for cell in self._cells.values() if cell.reply is not None)

    @property
    def unfinished(self) -> bool:
        """Whether a recorded run ended before all its replies were there."""
        ended_early = self.status in {"interrupted", "stopped"}
        return ended_early and self.session_id is not None

    @property
    def reply_count(self) -> int:
        return sum(cell.reply is not None for cell in self._cells.values())

    @property
    def planned_count(self) -> int:
        return len(self.contenders) * len(self.cases) * self.plan.repeats

    # What is chosen ----------------------------------------------------------------------------

    def show_case(self, index: int) -> None:
        """Show another prompt, and stay there while the run goes on."""
        self._follow_case = False
        self._go_to_case(index)

    def show_repeat(self, contender: str, repeat: int) -> None:
        self._chosen_repeat[contender] = max(0, min(repeat, self.plan.repeats - 1))
        self.cell_shown.emit(contender)
        self.changed.emit(contender)

    # What happens ------------------------------------------------------------------------------

    def clear(self) -> None:
        self._clear(Plan(contenders=(), cases=()))
        self._rebuild("empty")

    def begin(self, plan: Plan) -> None:
        self._clear(plan)
        self._rebuild("running")

    def open(self, session: Session, resuming: bool = False) -> None:
        """Show a recorded session as it was seen; with `resuming` its run goes on."""
        self._clear(session.plan())
        self.title = session.title
        self.session_id = session.id
        for reply in session.replies:
            if reply.contender in self._loads:
                cell = self._cell(reply.contender, reply.case, reply.repeat)
                cell.started = True
                cell.finish(reply)
                latest = self._latest_repeat[reply.contender]
                self._latest_repeat[reply.contender] = max(latest, reply.repeat)
        # A session that is still "running" and not ours belongs to another window: shown as it stands.
        self._follow_case = resuming
        status: BoardStatus = "interrupted" if session.status == "running" else session.status
        self._rebuild("running" if resuming else status)

    def take(self, event: Event) -> None:
        match event:
            case Piece():
                self._take_piece(event)
            case Loading(contender=name, fraction=fraction):
                self._set_load(name, Phase.LOADING, fraction)
            case WarmingUp(contender=name):
                self._set_load(name, Phase.WARMING_UP)
            case Loaded(contender=name) | Unloaded(contender=name):
                self._set_load(name, None)
            case Started():
                self._take_started(event)
            case Replied(reply=reply) | Failed(reply=reply):
                self._take_reply(reply)
            case Began():
                self.session_id = event.session
                self.status_changed.emit()
            case Notice(text=text):
                self.noticed.emit(text)
            case NotRecorded(reason=reason):
                self.noticed.emit(f"This session is not being recorded: {reason}")
            case Finished(status=status):
                self._end(status)

    def break_off(self) -> None:
        """The run ended by a fault of ours, without the events that close it."""
        self._end("stopped")

    # -------------------------------------------------------------------------------------------

    def _clear(self, plan: Plan) -> None:
        self.plan = plan
        self.title = plan.title or ""
        self.session_id = None
        self.shown_case_index = 0
        self._follow_case = True
        self._cells: dict[CellKey, Cell] = {}
        self._loads = {contender.name: _Load() for contender in plan.contenders}
        self._latest_repeat = dict.fromkeys(self._loads, 0)
        self._chosen_repeat: dict[str, int] = {}

    def _rebuild(self, status: BoardStatus) -> None:
        self.status = status
        self.rebuilt.emit()
        self.status_changed.emit()

    def _cell(self, contender: str, case: str, repeat: int) -> Cell:
        key = (contender, case, repeat)
        return self._cells.setdefault(key, Cell(contender, case, repeat))

    def _shown_repeat(self, contender: str) -> int:
        return self._chosen_repeat.get(contender, self._latest_repeat[contender])

    def _is_shown(self, contender: str, case: str, repeat: int) -> bool:
        shown = self.shown_case
        return shown is not None and shown.id == case and self._shown_repeat(contender) == repeat

    def _phase(self, cell: Cell, load: _Load) -> Phase:
        if cell.reply is not None:
            ends = {"error": Phase.FAILED, "stopped": Phase.STOPPED}
            return ends.get(cell.reply.finish_reason, Phase.DONE)
        if self.status != "running":
            return Phase.NOT_RUN
        if cell.started:
            return Phase.RUNNING if cell.generated_tokens else Phase.STARTED
        return load.phase or Phase.QUEUED

    def _standing(self, contender: str, case: str) -> Standing:
        """While a run goes on, a slower one may only not have had its turn."""
        if self.status == "running":
            return "", False
        speeds = {name: speed_of(self.replies(name, case)) for name in self._loads}
        return standings(speeds).get(contender, ("", False))

    def _go_to_case(self, index: int) -> None:
        if index != self.shown_case_index and 0 <= index < len(self.cases):
            self.shown_case_index = index
            self.case_shown.emit()

    def _set_load(self, contender: str, phase: Phase | None, fraction: float | None = None) -> None:
        if contender in self._loads:
            self._loads[contender] = _Load(phase, fraction)
            self.changed.emit(contender)

    def _take_started(self, event: Started) -> None:
        key = (event.contender, event.case, event.repeat)
        self._cells[key] = Cell(*key, started=True)
        self._set_load(event.contender, None)
        self._latest_repeat[event.contender] = event.repeat
        if self._follow_case:
            ids = [case.id for case in self.cases]
            self._go_to_case(ids.index(event.case))
        self.cell_shown.emit(event.contender)
        self.changed.emit(event.contender)

    def _take_piece(self, piece: Piece) -> None:
        cell = self._cell(piece.contender, piece.case, piece.repeat)
        first = cell.generated_tokens == 0
        cell.add(piece)
        if self._is_shown(piece.contender, piece.case, piece.repeat):
            self.streamed.emit(piece.contender, piece)
            if first:
                self.changed.emit(piece.contender)

    def _take_reply(self, reply: Reply) -> None:
        cell = self._cell(reply.contender, reply.case, reply.repeat)
        cell.started = True
        cell.finish(reply)
        if self._is_shown(reply.contender, reply.case, reply.repeat):
            self.cell_shown.emit(reply.contender)
        self.changed.emit(reply.contender)
        self.replied.emit(reply)

    def _end(self, status: Literal["finished", "stopped"]) -> None:
        self.status = status
        for name in self._loads:
            self.changed.emit(name)
        self.status_changed.emit()
