"""The hub: a search, the repository that was opened from it, and the downloads below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QModelIndex, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count
from gui.models.downloads_view import DownloadsView
from gui.models.found_model import FOUND_ROLE
from gui.models.hub_model import HubModel
from gui.models.repository_pane import RepositoryPane
from gui.models.search_filters import SearchFilters
from gui.models.tables import hub_table
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

if TYPE_CHECKING:
    from models.hub.client import SortedBy

SORTS: Final = {
    "downloads": "Most downloaded",
    "likes": "Most liked",
    "recency": "Newest",
    "trending": "Trending",
}


class HubPage(QWidget):
    def __init__(self, theme: Theme, model: HubModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._searched = False
        self.words = QLineEdit(self)
        self.words.setPlaceholderText("Words, owner/model, or a model's address")
        self.words.setAccessibleName("Search the hub")
        self.words.setClearButtonEnabled(True)
        self.sort = ChoiceField(SORTS, "downloads", self)
        self.sort.setAccessibleName("Order of the results")
        self.search = MainButton(theme, "search", "Search", parent=self)
        self.offline = QCheckBox("Stay offline", self)
        self.offline.setChecked(model.offline)
        self.filters = SearchFilters(theme, self)
        self.state = label("", "muted", wrap=True, parent=self)
        self.results = hub_table(
            theme, model.found, "Repositories that were found", (38, 17, 16, 11, 22)
        )
        self.repository = RepositoryPane(theme, model, self)
        made = model.choices_made
        self.downloads = DownloadsView(theme, made.mb_per_s, made.at_once, self)
        self._lay_out()
        self._connect()
        self._show_state()

    def take_focus(self) -> None:
        self.words.setFocus()
        self.words.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.open()

    def _lay_out(self) -> None:
        space = self._theme.space
        top = QHBoxLayout()
        top.setSpacing(space.s)
        top.addWidget(self.words, 1)
        top.addWidget(self.sort)
        top.addWidget(self.search)
        top.addSpacing(space.m)
        top.addWidget(self.offline)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(space.m)
        split.addWidget(self.results)
        split.addWidget(self.repository)
        split.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.s)
        column.addLayout(top)
        column.addWidget(self.filters)
        column.addWidget(self.state)
        column.addWidget(split, 1)
        column.addWidget(self.downloads)

    def _connect(self) -> None:
        model = self._model
        self.words.returnPressed.connect(self._search)
        self.search.clicked.connect(self._search)
        self.sort.currentIndexChanged.connect(self._search_again)
        self.filters.edited.connect(self._search_again)
        self.offline.toggled.connect(model.set_offline)
        self.results.clicked.connect(self._open)
        self.results.activated.connect(self._open)
        self.repository.token_wanted.connect(self._ask_token)
        self.repository.page_wanted.connect(self._open_page)
        self.downloads.pause_wanted.connect(model.pause)
        self.downloads.resume_wanted.connect(model.resume)
        self.downloads.cancel_wanted.connect(model.cancel)
        self.downloads.limits_edited.connect(model.set_limits)
        model.state_changed.connect(self._show_state)
        model.downloads_changed.connect(self._show_downloads)

    # What the model says -----------------------------------------------------------------------

    def _show_state(self) -> None:
        why = self._model.why_not_contact()
        self.state.setText(
            why
            or self._model.busy
            or self._found_words()
            or "Nothing is sent or fetched until you search, open a model or download."
        )
        self.search.setEnabled(not why)
        self.search.setToolTip(why)
        self.offline.setEnabled(not self._model.forced_offline)

    def _found_words(self) -> str:
        found = self._model.found
        if not self._searched or not found.rowCount():
            return ""
        more = "; more follow as you scroll" if found.canFetchMore(QModelIndex()) else ""
        return f"{count(found.rowCount(), 'repository')}{more}"

    def _show_downloads(self) -> None:
        self.downloads.show_downloads(self._model.downloads)

    # What the user does ------------------------------------------------------------------------

    def _search(self) -> None:
        from models.hub.client import Query

        self._searched = True
        sorted_by = cast("SortedBy", self.sort.choice)
        query = self.filters.narrow(Query(words=self.words.text().strip(), sorted_by=sorted_by))
        self._model.search(query, only_fitting=self.filters.only_fitting)

    def _search_again(self) -> None:
        """Only what was searched for once is narrowed unasked, and no repository opened anew."""
        from models.hub.address import parse_address

        if self._searched and parse_address(self.words.text()) is None:
            self._search()

    def _open(self, index: QModelIndex) -> None:
        self._model.show_repository(index.siblingAtColumn(0).data(FOUND_ROLE).repo)

    def _open_page(self, address: str) -> None:
        QDesktopServices.openUrl(QUrl(address))

    def _ask_token(self) -> None:
        token, agreed = QInputDialog.getText(
            self,
            "Access token",
            "A token of your account on the hub. It is kept in this system's keyring.",
            QLineEdit.EchoMode.Password,
        )
        if agreed and token.strip():
            self._model.keep_token(token.strip())
