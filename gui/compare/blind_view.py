"""Replies side by side under letters, and the buttons that say which is best."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.contract import Reply
from gui.compare.blind_model import BlindModel
from gui.theme import Theme
from gui.widgets.buttons import MainButton, TextButton
from gui.widgets.labels import label
from gui.widgets.reply import ReplyView

_FAILED = "*This model failed. Its error is shown with the names.*"


class BlindView(QWidget):
    link_chosen = Signal(QUrl)

    def __init__(self, theme: Theme, model: BlindModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._shown: tuple[Reply, ...] | None = None
        self.cards: list[BlindCard] = []
        self.hint = label("", "muted", wrap=True, parent=self)
        self.none = QPushButton("None is better", self)
        self.none.setAutoDefault(False)
        self.none.setToolTip("They are equally good, or equally bad")
        self.none.clicked.connect(self._vote_for_none)
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
        scroll = QScrollArea(self)
        scroll.setProperty("look", "plain")
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("Replies without names")
        scroll.setWidget(inner)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space.m)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.none)
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
            card.best.setEnabled(not why)
            card.best.setToolTip(why or f"Reply {card.letter} is the best")
            if replies != self._shown:
                card.show_reply(None if replies is None else replies[place])
        self._shown = replies
        self.none.setEnabled(not why)
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

    def _vote_for(self, place: int, _checked: bool = False) -> None:
        self._model.vote(place)

    def _vote_for_none(self) -> None:
        self._model.vote(None)


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

    def show_reply(self, reply: Reply | None) -> None:
        """None: it is not to be seen yet."""
        if reply is None:
            self.reply.show_text("", "", whole=False)
        elif reply.error is not None:
            self.reply.show_text(_FAILED, "", whole=True)
        else:
            self.reply.show_text(reply.text, reply.reasoning, whole=True)
