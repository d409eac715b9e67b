"""From a case of a suite to the tokens of the reference's reply, as another model finds them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from engine.contract import Case, Contender, Reply
from gui.divergence.divergence_model import Question, why_not_read
from gui.divergence.words import brief_names
from gui.quality.suite_work import SuiteFound
from gui.theme import Theme
from gui.widgets.buttons import TextButton

_TIP = "Put the reference's reply to this case through another model, token by token."


class CaseTokens(TextButton):
    """`wanted` carries the Question, after a choice where there are several candidates."""

    wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        name = "Show where another model would leave the reference's reply"
        super().__init__(theme, "diverge", "Show its tokens…", name, parent=parent)
        self._found: SuiteFound | None = None
        self._case: Case | None = None
        self._held = ""
        self.choices: QMenu | None = None
        self.clicked.connect(self._ask)

    def show_case(self, found: SuiteFound, case: Case | None) -> None:
        self._found, self._case = found, case
        self._show_availability()

    def hold(self, why_not: str) -> None:
        """Let nothing be opened for this reason, as long as it holds."""
        self._held = why_not
        self._show_availability()

    def why_not(self) -> str:
        """Why no tokens can be shown, in a sentence; empty where they can."""
        found, case = self._found, self._case
        if self._held or found is None or case is None:
            return self._held or "Choose a case."
        if case.right is not None:
            return "A multiple choice has no reply."
        reply = self._reply()
        if reply is None or not reply.text:
            return f"{found.contenders[0].name} gave no reply to this case."
        missing = why_not_read(found.contenders[0])
        return missing or ("" if self._others() else "No other model can read the reply.")

    def _show_availability(self) -> None:
        why = self.why_not()
        self.setEnabled(not why)
        self.setToolTip(why or _TIP)

    def _reply(self) -> Reply | None:
        """The reference's first one."""
        assert self._found is not None
        assert self._case is not None
        name, case = self._found.contenders[0].name, self._case.id
        given = (r for r in self._found.replies if (r.contender, r.case) == (name, case))
        return min(given, key=lambda each: each.repeat, default=None)

    def _others(self) -> list[Contender]:
        assert self._found is not None
        return [each for each in self._found.contenders[1:] if not why_not_read(each)]

    def _ask(self) -> None:
        if self.why_not() or self._found is None:
            return
        others = self._others()
        if len(others) == 1:
            self._want(others[0])
            return
        reference = self._found.contenders[0]
        menu = self.choices = QMenu(self)
        menu.setAccessibleName(f"Who reads the reply of {reference.name}")
        menu.aboutToHide.connect(menu.deleteLater)
        for other in others:
            brief = brief_names(reference, other)[1].replace("&", "&&")
            action = menu.addAction(f"Where would {brief} differ?")
            action.triggered.connect(partial(self._want, other))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _want(self, other: Contender, _checked: bool = False) -> None:
        reply = self._reply()
        if self.why_not() or self._found is None or self._case is None or reply is None:
            return
        self.wanted.emit(
            Question(
                reference=self._found.contenders[0],
                candidate=other,
                case=self._case,
                reply=reply.text,
                reasoned=bool(reply.reasoning),
            )
        )
