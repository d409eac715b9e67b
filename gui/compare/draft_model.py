"""What the composer holds: the prompt to be run, and how."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.contract import Case, Contender, Message, Plan, Sampling


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """blind: names stay hidden until somebody has said which reply is best.

    cases: those of an earlier session, asked all and as they are in place of the prompt.
    """

    prompt: str = ""
    system: str = ""
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    warm_up: bool = True
    blind: bool = False
    cases: tuple[Case, ...] = ()


class DraftModel(QObject):
    """`changed` follows every edit; `replaced` tells the fields to show another draft."""

    changed = Signal()
    replaced = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._draft = Draft()

    @property
    def draft(self) -> Draft:
        return self._draft

    def edit(self, **values: object) -> None:
        """Take what was typed or chosen in a field."""
        edited = msgspec.structs.replace(self._draft, **values)
        if edited != self._draft:
            self._draft = edited
            self.changed.emit()

    def replace(self, draft: Draft) -> None:
        self._draft = draft
        self.replaced.emit()
        self.changed.emit()

    def plan(self, contenders: tuple[Contender, ...]) -> Plan:
        """A contender's own sampling counts for its temperature; all else is the same for everyone."""
        draft = self._draft
        return Plan(
            contenders=tuple(_with_sampling(each, draft.sampling) for each in contenders),
            cases=draft.cases or (_case(draft),),
            sampling=draft.sampling,
            repeats=draft.repeats,
            together=draft.together and len(contenders) > 1,
            warm_up=draft.warm_up,
        )


def draft_of(plan: Plan, case: int = 0) -> Draft:
    """The draft that would ask one case of the plan again."""
    messages = plan.cases[case].messages if plan.cases else ()
    asked = [message.content for message in messages if message.role == "user"]
    system = [message.content for message in messages if message.role == "system"]
    return Draft(
        prompt=asked[-1] if asked else "",
        system=system[0] if system else "",
        sampling=plan.sampling,
        repeats=plan.repeats,
        together=plan.together,
        warm_up=plan.warm_up,
    )


def draft_of_all(plan: Plan) -> Draft:
    """The draft that would ask all cases of the plan again; a single plain prompt can be edited in it."""
    draft = draft_of(plan)
    return (
        draft if (_case(draft),) == plan.cases else msgspec.structs.replace(draft, cases=plan.cases)
    )


def _case(draft: Draft) -> Case:
    messages = [Message(role="user", content=draft.prompt.strip())]
    if draft.system.strip():
        messages.insert(0, Message(role="system", content=draft.system.strip()))
    return Case(id="1", messages=tuple(messages))


def prompt_text(case: Case) -> str:
    """What was asked, as one text: the user's message, or all turns where there are more."""
    turns = [message for message in case.messages if message.role != "system"]
    if len(turns) == 1:
        return turns[0].content
    return "\n".join(f"{message.role}: {message.content}" for message in turns)


def _with_sampling(contender: Contender, sampling: Sampling) -> Contender:
    if contender.sampling is None:
        return contender
    own = msgspec.structs.replace(sampling, temperature=contender.sampling.temperature)
    return msgspec.structs.replace(contender, sampling=own)
