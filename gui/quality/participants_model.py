"""Which contender is the reference, and which are measured against it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from engine.contract import Contender
from gui.compare.contenders_model import ContendersModel


class ParticipantsModel(QObject):
    """Follows the contenders of the window; the largest file is the reference until another is chosen."""

    changed = Signal()

    def __init__(self, contenders: ContendersModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._contenders = contenders
        self._chosen_reference = ""
        self._left_out: set[str] = set()
        contenders.changed.connect(self.changed)

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return self._contenders.contenders

    @property
    def reference(self) -> Contender | None:
        chosen = self._contenders.named(self._chosen_reference)
        if chosen is not None:
            return chosen
        return max(self.contenders, key=_size, default=None)

    @property
    def candidates(self) -> tuple[Contender, ...]:
        return tuple(each for each in self.contenders if self.is_candidate(each.name))

    def is_candidate(self, name: str) -> bool:
        reference = self.reference
        return reference is not None and name != reference.name and name not in self._left_out

    def choose_reference(self, name: str) -> None:
        if self.reference is None or name != self.reference.name:
            self._chosen_reference = name
            self.changed.emit()

    def set_candidate(self, name: str, takes_part: bool) -> None:
        if (name not in self._left_out) != takes_part:
            (self._left_out.discard if takes_part else self._left_out.add)(name)
            self.changed.emit()

    def take(self, contenders: Sequence[Contender]) -> None:
        """Let just these take part, the first as the reference."""
        self._chosen_reference = contenders[0].name if contenders else ""
        self._left_out = set()
        self._contenders.replace_all(contenders)

    def why_not_enough(self) -> str:
        """Why these cannot be compared, in a sentence; empty where they can."""
        if self.reference is None:
            return "Add a reference and a candidate first."
        if len(self.contenders) < 2:
            return "Add a second model to compare with the first."
        return "" if self.candidates else "Tick at least one candidate."


def _size(contender: Contender) -> int:
    return contender.model.size_bytes
