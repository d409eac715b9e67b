"""The Settings page: what tells this machine's energy, its design power, a plug meter, the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.energy.settings import MOST_TDP_WATTS
from gui.energy.energy_model import EnergyModel
from gui.energy.plug_card import PlugCard
from gui.energy.source_row import SourceRow
from gui.pages import Page
from gui.theme import Theme
from gui.widgets.banner import BannerStack
from gui.widgets.card import padded_card
from gui.widgets.fields import RealField
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling

_WIDTH: Final = 110
_SOURCES: Final = (
    "What this machine can say of its energy. One source counts for each part; the estimate stands in for "
    "the processor where no sensor tells it."
)
_TDP: Final = (
    "The estimate takes the processor's design power (TDP), from its firmware's limit or its name. If its "
    "maker states another figure, enter it."
)


def page_of_settings(page: SettingsPage) -> Page:
    return Page(
        "sliders",
        "Settings",
        "What tells this machine's energy, and where things are kept",
        page,
        page.take_focus,
    )


class SettingsPage(QWidget):
    def __init__(
        self, theme: Theme, model: EnergyModel, folder: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._folder = folder
        self.banners = BannerStack(theme, self)
        self.rows: list[SourceRow] = []
        self._sources = QVBoxLayout()
        self.tdp = RealField(0.0, 0.0, MOST_TDP_WATTS, step=5.0, parent=self)
        self.tdp.setSpecialValueText("automatic")
        self.tdp.setAccessibleName("Design power of the processor, in watts")
        self.tdp.setKeyboardTracking(False)
        self.basis = label("", "muted", wrap=True, parent=self)
        self.plug = PlugCard(theme, model, self)
        self.open_folder = QPushButton("Open the folder", self)
        self._lay_out()
        self.tdp.valueChanged.connect(self._type_tdp)
        self.open_folder.clicked.connect(self._open_folder)
        model.listed.connect(self._show_sources)
        model.changed.connect(self._show_tdp)
        model.refused.connect(self._refuse)

    def take_focus(self) -> None:
        """Put the keyboard where the user most likely goes on."""
        self.tdp.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._model.show()

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        inner.setMaximumWidth(self._theme.characters(_WIDTH))
        cards = QVBoxLayout(inner)
        cards.setContentsMargins(0, 0, space.s, 0)
        cards.setSpacing(space.m)
        for card in (self._sources_card(), self._tdp_card(), self.plug, self._folder_card()):
            cards.addWidget(card)
        cards.addStretch(1)
        area = scrolling(inner, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.s)
        column.addWidget(label("Settings", "title", parent=self))
        column.addWidget(self.banners)
        column.addWidget(area, 1)

    def _sources_card(self) -> QFrame:
        card, column = self._card("Sources of energy figures")
        column.addWidget(label(_SOURCES, "muted", wrap=True, parent=card))
        self._sources.addWidget(label("Looking for sensors…", "muted", parent=card))
        column.addLayout(self._sources)
        return card

    def _tdp_card(self) -> QFrame:
        card, column = self._card("Design power of the processor")
        column.addWidget(label(_TDP, "muted", wrap=True, parent=card))
        row = QHBoxLayout()
        row.setSpacing(self._theme.space.s)
        self.tdp.setFixedWidth(self._theme.characters(16))
        row.addWidget(self.tdp)
        row.addWidget(label("W", "", parent=card))
        row.addWidget(self.basis, 1)
        column.addLayout(row)
        return card

    def _folder_card(self) -> QFrame:
        card, column = self._card("Where everything is kept")
        words = label(
            f"{self._folder}; the environment variable STEELYARD_HOME names another folder.",
            "muted",
            wrap=True,
            selectable=True,
            parent=card,
        )
        column.addWidget(words)
        column.addWidget(self.open_folder, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def _card(self, title: str) -> tuple[QFrame, QVBoxLayout]:
        card, column = padded_card(self._theme, self)
        column.addWidget(label(title, "strong", parent=card))
        return card, column

    # What the model says -----------------------------------------------------------------------

    def _show_sources(self) -> None:
        while (item := self._sources.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = [SourceRow(self._theme, each, self) for each in self._model.sources]
        for row in self.rows:
            self._sources.addWidget(row)
        self.basis.setText(f"Taken now: {self._model.design_power}")

    def _show_tdp(self) -> None:
        self.tdp.blockSignals(True)
        self.tdp.set_number(self._model.settings.tdp_watts or 0.0)
        self.tdp.blockSignals(False)

    def _type_tdp(self, _value: float) -> None:
        self._model.set_design_power(self.tdp.number or None)

    def _refuse(self, why: str) -> None:
        self.banners.add("error", why)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
