"""Turns a column of the Compare page into a question: whose reply, and which other contender reads it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from engine.contract import Contender
from gui.compare.cells import Phase
from gui.compare.columns import Columns
from gui.compare.compare_model import CompareModel
from gui.divergence.divergence_model import Question, why_not_read
from gui.divergence.words import brief_names


class Asker(QObject):
    """`wanted` carries a Question once the user has chosen."""

    wanted = Signal(object)

    def __init__(self, model: CompareModel, columns: Columns, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._columns = columns
        self._widget = parent
        self.menu: QMenu | None = None

    def why_not(self, name: str) -> str:
        """Why nobody can read the reply in this column now, in a sentence; empty where it can be done."""
        model, board = self._model, self._model.board
        if model.why_not_measure():
            return model.why_not_measure()
        view = board.column(name) if board.has(name) and board.shown_case is not None else None
        if view is None or view.reply is None or view.phase is not Phase.DONE:
            return "There is no finished reply to compare."
        if not view.reply.text:
            return "The reply is empty."
        if why := why_not_read(view.contender):
            return why
        return "" if self._others(name) else "Add another model first."

    def why_none(self) -> str:
        """Why no column can be asked about."""
        reasons = [self.why_not(each.name) for each in self._model.contenders.contenders]
        return (
            "" if "" in reasons else next(iter(reasons), "There is no finished reply to compare.")
        )

    def ask_focused(self) -> None:
        """Ask about the column that has the keyboard, else about the first with a reply."""
        names = [each.name for each in self._model.contenders.contenders]
        focused = self._columns.focused()
        ordered = ([focused] if focused is not None else []) + names
        name = next((each for each in ordered if not self.why_not(each)), None)
        if name is not None:
            self.ask(name)

    def ask(self, name: str) -> None:
        """Let the user choose among the other contenders; a single one is taken at once."""
        if self.why_not(name):
            return
        others = self._others(name)
        if len(others) == 1:
            self._want(name, others[0])
            return
        column = self._columns.column(name)
        reference = self._model.board.column(name).contender
        menu = self.menu = QMenu(self._widget)
        menu.setAccessibleName(f"Who reads the reply of {name}")
        menu.aboutToHide.connect(menu.deleteLater)
        for other in others:
            brief = brief_names(reference, other)[1].replace("&", "&&")
            action = menu.addAction(f"Where would {brief} differ?")
            action.triggered.connect(partial(self._want, name, other))
        if column is not None:
            button = column.diverge
            menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _want(self, name: str, other: Contender, _checked: bool = False) -> None:
        case = self._model.board.shown_case
        if case is None or self.why_not(name):
            return
        view = self._model.board.column(name)
        assert view.reply is not None
        self.wanted.emit(
            Question(
                reference=view.contender,
                candidate=other,
                case=case,
                reply=view.reply.text,
                reasoned=bool(view.reply.reasoning),
            )
        )

    def _others(self, name: str) -> list[Contender]:
        contenders = self._model.contenders.contenders
        return [each for each in contenders if each.name != name and not why_not_read(each)]
