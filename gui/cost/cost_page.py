"""The Cost page: what is assumed on the left, what follows on the right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QDesktopServices,
    QHideEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.cost.cost_form import CostForm
from gui.cost.cost_model import CostModel
from gui.figures import when
from gui.pages import Page
from gui.theme import Theme
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from gui.cost.cost_view import CostView

_WIDTH = 50
_WAITING = "Reckoning…"


def page_of_cost(page: CostPage) -> Page:
    return Page("cost", "Cost", "See what a session costs in money and CO2", page, page.take_focus)


class CostPage(QWidget):
    def __init__(self, theme: Theme, model: CostModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.sessions = ChoiceField({}, "", self)
        self.form = CostForm(theme, model.settings, self)
        self.title = label("", "muted", parent=self)
        self.why = label(_WAITING, "", wrap=True, parent=self)
        self.view: CostView | None = None
        self._lay_out()
        self._connect()

    def take_focus(self) -> None:
        """Put the keyboard where the user most likely goes on."""
        self.form.requests.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.hide()

    def event(self, event: QEvent) -> bool:
        """The user comes back from another program, in which a table may have been changed."""
        if event.type() == QEvent.Type.WindowActivate and self.isVisible():
            self._model.read_tables()
        return super().event(event)

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        self._found = QVBoxLayout()
        self._found.setContentsMargins(0, 0, 0, 0)
        self._found.setSpacing(space.s)
        self._found.addWidget(self.title)
        self._found.addWidget(self.why)
        self._found.addStretch(1)
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        inner.setLayout(self._found)
        row = QHBoxLayout(self)
        row.setContentsMargins(space.l, space.m, space.l, space.l)
        row.setSpacing(space.l)
        row.addWidget(self._settings())
        row.addWidget(scrolling(inner, self), 1)

    def _settings(self) -> QWidget:
        space = self._theme.space
        self.sessions.setAccessibleName("Session")
        self.sessions.setMinimumContentsLength(10)
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        column = QVBoxLayout(inner)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.m)
        column.addWidget(label("Session", "strong", parent=inner))
        column.addWidget(self.sessions)
        column.addWidget(label("What is assumed", "strong", parent=inner))
        column.addWidget(self.form)
        column.addStretch(1)
        card = QFrame(self)
        card.setProperty("look", "card")
        card.setFixedWidth(self._theme.characters(_WIDTH))
        whole = QVBoxLayout(card)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(scrolling(inner, self))
        return card

    def _connect(self) -> None:
        model = self._model
        self.form.edited.connect(model.edit)
        self.sessions.currentIndexChanged.connect(self._choose_session)
        model.sessions_listed.connect(self._list_sessions)
        model.tables_known.connect(self._offer_tables)
        model.own_list_made.connect(self._open_file)
        self.form.prices_wanted.connect(model.make_own_list)
        model.session_shown.connect(self._show_session)
        model.estimated.connect(self._show_report)
        model.refused.connect(self._refuse)

    # What the model says -----------------------------------------------------------------------

    def _list_sessions(self) -> None:
        now = datetime.now(UTC)
        self.sessions.blockSignals(True)
        self.sessions.clear()
        for each in self._model.sessions:
            title = " ".join(each.title.split())[:80]
            self.sessions.addItem(f"{title}, {when(each.created, now)}", each.id)
        self._mark_session()
        self.sessions.blockSignals(False)

    def _mark_session(self) -> None:
        session = self._model.session
        self.sessions.set_choice("" if session is None else session.id)

    def _offer_tables(self) -> None:
        self.form.offer_countries(self._model.countries)
        self.form.offer_paid(self._model.paid)

    def _open_file(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def _show_session(self) -> None:
        session = self._model.session
        assert session is not None
        self.title.setText(f"What “{' '.join(session.title.split())}” costs")
        self.sessions.blockSignals(True)
        self._mark_session()
        self.sessions.blockSignals(False)

    def _show_report(self) -> None:
        report = self._model.report
        assert report is not None
        if self.view is None:
            from gui.cost.cost_view import CostView

            self.view = CostView(self._theme, self)
            self._found.insertWidget(1, self.view)
            words = "The costs are there"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        assumed = report.assumptions
        self.form.show_averages(
            assumed.electricity_price,
            assumed.grid_g_per_kwh,
            self._model.countries.get(assumed.country or "", ""),
            assumed.origins,
        )
        self.form.offer_contenders([each.name for each in report.contenders])
        self.why.hide()
        self.view.show_report(report, self._model.verdicts)
        self.view.show()

    def _refuse(self, why: str) -> None:
        """Figures that no longer hold are taken away."""
        if self.view is not None:
            self.view.hide()
        self.why.setText(why)
        self.why.show()

    def _choose_session(self, place: int) -> None:
        if place >= 0:
            self._model.look_at(self.sessions.choice)
