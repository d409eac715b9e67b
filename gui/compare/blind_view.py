"""Replies side by side under letters, and the buttons that say which is best."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QUrl, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.contract import NoBest, Reply
from gui.compare.blind_model import BlindModel
from gui.theme import Theme
from gui.widgets.buttons import MainButton, TextButton
from gui.widgets.labels import label
from gui.widgets.reply import ReplyView
from gui.widgets.scrolling import scrolling

_FAILED: Final = "*This model failed. Its error is shown with the names.*"
_NONE_BEST: Final[tuple[tuple[NoBest, str, str], ...]] = (
    ("tie", "Equally good", "All are as good as each other"),
    ("all_bad", "None is good", "No reply is good enough to be chosen"),
)


class BlindView(QWidget):
    link_chosen = Signal(QUrl)

    def __init__(self, theme: Theme, model: BlindModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._shown: tuple[Reply, ...] | None = None
        self.cards: list[BlindCard] = []
        self.hint = label("", "muted", wrap=True, parent=self)
        self.none_best = {kind: self._none_button(kind, name) for kind, name, _ in _NONE_BEST}
        words = "Show names and figures without choosing"
        self.reveal = TextButton(theme, "compare", "Reveal names", words, parent=self)
        self.reveal.clicked.connect(model.reveal)
        self._lay_out(theme)
        model.changed.connect(self._show)

    def _lay_out(self, theme: Theme) -> None:
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.space.s)
        scroll = scrolling(inner, self, sideways=True)
        scroll.setAccessibleName("Replies without names")
        foot = QHBoxLayout()
        foot.setSpacing(theme.space.m)
        foot.addWidget(self.hint, 1)
        for button in self.none_best.values():
            foot.addWidget(button)
        foot.addWidget(self.reveal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(scroll, 1)
        column.addLayout(foot)

    def _show(self) -> None:
        model = self._model
        if not model.hiding:
            return
        letters = model.letters
        if [card.letter for card in self.cards] != list(letters):
            self._make_cards(letters)
        why, replies = model.why_not_vote(), model.replies()
        for place, card in enumerate(self.cards):
            card.allow(why or ("" if replies is None else _why_not_best(replies[place])))
            if replies != self._shown:
                card.show_reply(None if replies is None else replies[place])
        self._shown = replies
        for kind, _, meaning in _NONE_BEST:
            self.none_best[kind].setEnabled(not why)
            self.none_best[kind].setToolTip(why or meaning)
        self.hint.setText(
            why or "Read all, then choose. Names and figures are shown after your choice."
        )

    def _make_cards(self, letters: tuple[str, ...]) -> None:
        for old in self.cards:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.cards = [BlindCard(self._theme, letter, self) for letter in letters]
        self._shown = None
        for place, card in enumerate(self.cards):
            card.best.clicked.connect(partial(self._vote_for, place))
            card.reply.link_chosen.connect(self.link_chosen)
            self._row.addWidget(card, 1)

    def _none_button(self, kind: NoBest, name: str) -> QPushButton:
        button = QPushButton(name, self)
        button.setAutoDefault(False)
        button.clicked.connect(partial(self._vote_for_none, kind))
        return button

    def _vote_for(self, place: int, _checked: bool = False) -> None:
        self._model.vote(place)

    def _vote_for_none(self, kind: NoBest, _checked: bool = False) -> None:
        self._model.vote_for_none(kind)


class BlindCard(QFrame):
    def __init__(self, theme: Theme, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self.setProperty("look", "card")
        self.setAccessibleName(f"Reply {letter}")
        self.setMinimumWidth(theme.characters(40))
        self.reply = ReplyView(theme, letter, self)
        self.best = MainButton(theme, "check", f"{letter} is best", look="", parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space.m, theme.space.s, theme.space.m, theme.space.m)
        column.setSpacing(theme.space.s)
        column.addWidget(label(letter, "title", parent=self))
        column.addWidget(self.reply, 1)
        column.addWidget(self.best)

    def allow(self, why_not: str) -> None:
        """Let it be called the best, unless there is a reason why not."""
        self.best.setEnabled(not why_not)
        self.best.setToolTip(why_not or f"Reply {self.letter} is the best")

    def show_reply(self, reply: Reply | None) -> None:
        """None: it is not to be seen yet."""
        if reply is None:
            self.reply.show_text("", "", whole=False)
        elif reply.error is not None:
            self.reply.show_text(_FAILED, "", whole=True)
        else:
            self.reply.show_text(reply.text, reply.reasoning, whole=True)


def _why_not_best(reply: Reply) -> str:
    return "" if reply.error is None else "This model failed, so there is no reply to choose."
