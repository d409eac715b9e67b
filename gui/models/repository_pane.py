"""One repository of the hub: its quantizations, and the way to download one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox, QPushButton, QVBoxLayout, QWidget

from gui.figures import count, parameters, thousands
from gui.models.hub_model import HubModel
from gui.models.library_model import LibraryRole
from gui.models.tables import hub_table
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

if TYPE_CHECKING:
    from models.hub.client import Repository
    from models.hub.foretold import Facts
    from models.hub.listing import Choice


class RepositoryPane(QFrame):
    token_wanted = Signal()
    page_wanted = Signal(str)

    def __init__(self, theme: Theme, model: HubModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.setProperty("look", "card")
        self.setMinimumWidth(theme.characters(88))
        self.title = label("No repository is open", "title", wrap=True, parent=self)
        self.facts = label("Choose one of the results.", "muted", wrap=True, parent=self)
        self.gate = label("", wrap=True, parent=self)
        self.gate.setProperty("badge", "warning")
        self.choices = hub_table(
            theme, model.choices, "Quantizations of the repository", (18, 8, 13, 22, 20)
        )
        self.page = QPushButton("Open its page", self)
        self.token = QPushButton("Access token…", self)
        self.download = MainButton(theme, "download", "Download", parent=self)
        self._lay_out()
        self.page.clicked.connect(self._open_page)
        self.token.clicked.connect(self.token_wanted)
        self.download.clicked.connect(self._download)
        self.choices.activated.connect(self._download)
        self.choices.selectionModel().selectionChanged.connect(self._show_availability)
        model.repository_changed.connect(self._show_repository)
        model.facts_changed.connect(self._show_facts)
        model.state_changed.connect(self._show_availability)
        model.choices.dataChanged.connect(self._show_availability)
        self.gate.hide()
        self.page.setEnabled(False)
        self._show_availability()

    @property
    def chosen(self) -> Choice | None:
        rows = self.choices.selectionModel().selectedRows()
        choice: Choice | None = rows[0].data(LibraryRole.ITEM) if rows else None
        return choice

    def _show_repository(self) -> None:
        repository = self._model.repository
        if repository is None:
            return
        self.title.setText(repository.repo)
        self._show_facts()
        self.gate.setVisible(repository.gated)
        self.gate.setText(
            "Gated: accept its licence on its page, with your account there. Then enter an access "
            "token of that account here, and download."
        )
        self.page.setEnabled(True)
        if repository.listing.choices:
            flags = QItemSelectionModel.SelectionFlag
            first = self._model.choices.index(0, 0)
            self.choices.selectionModel().setCurrentIndex(first, flags.ClearAndSelect | flags.Rows)

    def _show_facts(self) -> None:
        if self._model.repository is not None:
            words = [*_header_facts(self._model.facts), *_facts(self._model.repository)]
            self.facts.setText(" · ".join(words))

    def _show_availability(self) -> None:
        why = self._model.why_not_download(self.chosen)
        self.download.setEnabled(not why)
        self.download.setToolTip(why)

    def _download(self) -> None:
        chosen = self.chosen
        if chosen is None or self._model.why_not_download(chosen):
            return
        newer = self._model.choices.standing(chosen) == "newer"
        if not newer or self._agrees_to_replace(chosen):
            self._model.download(chosen, replaces=newer)

    def _agrees_to_replace(self, choice: Choice) -> bool:
        answer = QMessageBox.question(
            self,
            "Newer file",
            f"An earlier revision of {choice.label} is on this machine.\n\nDownload the newer one? In "
            "Steelyard's own folder it then replaces the earlier one, once it is here whole; files of "
            "other programs stay as they are.",
        )
        return answer == QMessageBox.StandardButton.Yes

    def _open_page(self) -> None:
        if self._model.repository is not None:
            self.page_wanted.emit(f"{self._model.endpoint}/{self._model.repository.repo}")

    def _lay_out(self) -> None:
        space = self._theme.space
        foot = QHBoxLayout()
        foot.setSpacing(space.s)
        foot.addWidget(self.download, 1)
        foot.addWidget(self.page)
        foot.addWidget(self.token)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.title)
        column.addWidget(self.facts)
        column.addWidget(self.gate)
        column.addWidget(self.choices, 1)
        column.addLayout(foot)


def _header_facts(facts: Facts | None) -> list[str]:
    if facts is None:
        return []
    words = [facts.architecture or "architecture not named"]
    if facts.parameters:
        words.append(f"{parameters(facts.parameters)} parameters")
    if facts.n_ctx_train:
        words.append(f"trained for {thousands(facts.n_ctx_train)} tokens")
    words.append("chat template" if facts.has_chat_template else "no chat template: a base model")
    return words


def _facts(repository: Repository) -> list[str]:
    words = [f"revision {repository.commit[:12]}"]
    if repository.licence:
        words.insert(0, f"licence {repository.licence}")
    if repository.changed is not None:
        words.append(f"changed {repository.changed:%Y-%m-%d}")
    if repository.listing.other_files:
        words.append(count(repository.listing.other_files, "other file"))
    if not repository.listing.choices:
        words.append("no GGUF files")
    return words
