"""The Models page: what is on this machine, and messages above it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Origin
from gui.actions import Command
from gui.model_files import local_files
from gui.models.hub_model import HubModel
from gui.models.hub_page import HubPage
from gui.models.machine_page import MachinePage
from gui.models.models_model import ModelsModel
from gui.pages import Page
from gui.theme import Theme
from gui.widgets.banner import BannerStack
from gui.widgets.labels import label


def page_of_models(page: ModelsPage) -> Page:
    """The page as the window takes it, with what its menu offers."""
    machine = page.machine
    commands = (
        Command("models-files", "Add model files…", "Models", machine.choose_files),
        Command("models-folder", "Add a folder of models…", "Models", machine.choose_folder),
        Command("models-hub", "Search the hub", "Models", page.show_hub, ("Ctrl+Shift+F",)),
        Command(
            "models-newer", "Look for newer files on the hub", "Models", machine.look_for_newer
        ),
        Command("models-rescan", "Look for models again", "Models", page.rescan, ("F5",)),
        Command("models-search", "Search the models", "Models", page.search, ("Ctrl+F",), part=1),
        *_commands_on_the_chosen(page),
    )
    name = "Models on this machine"
    changed = page.model.availability_changed
    return Page("models", "Models", name, page, page.take_focus, commands, changed)


def _commands_on_the_chosen(page: ModelsPage) -> tuple[Command, ...]:
    machine = page.machine
    return (
        Command(
            "models-compare",
            "Compare the chosen models",
            "Models",
            machine.compare,
            ("Ctrl+Shift+C",),
            page.model.why_not_compare,
            part=2,
        ),
        Command(
            "models-quantize",
            "Quantize the chosen model…",
            "Models",
            machine.quantize,
            ("Ctrl+Shift+K",),
            page.model.why_not_quantize,
            part=2,
        ),
        Command(
            "models-remove",
            "Remove the chosen models…",
            "Models",
            machine.ask_remove,
            ("Del",),
            page.model.why_not_remove,
            part=2,
        ),
    )


class ModelsPage(QWidget):
    compare_wanted = Signal(object)

    def __init__(
        self, theme: Theme, model: ModelsModel, hub: HubModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.setAcceptDrops(True)
        self.banners = BannerStack(theme, self)
        self.machine = MachinePage(theme, model, self)
        self.hub = HubPage(theme, hub, self)
        self._sides = QStackedWidget(self)
        self._sides.addWidget(self.machine)
        self._sides.addWidget(self.hub)
        self._buttons = QButtonGroup(self)
        space = theme.space
        head = QHBoxLayout()
        head.setSpacing(space.s)
        head.addWidget(label("Models", "title", parent=self))
        head.addSpacing(space.m)
        for place, words in enumerate(("On this machine", "Hub")):
            button = QToolButton(self)
            button.setText(words)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(f"Models: {words}")
            self._buttons.addButton(button, place)
            head.addWidget(button)
        head.addStretch(1)
        self._buttons.button(0).setChecked(True)
        self._buttons.idClicked.connect(self.show_side)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addLayout(head)
        column.addWidget(self._sides, 1)
        self._hub_model = hub
        self._connect()

    def _connect(self) -> None:
        model, hub = self.model, self._hub_model
        self.machine.compare_wanted.connect(self.compare_wanted)
        model.noticed.connect(partial(self.banners.add, "notice"))
        model.failed.connect(partial(self.banners.add, "error"))
        hub.noticed.connect(partial(self.banners.add, "notice"))
        hub.failed.connect(partial(self.banners.add, "error"))
        hub.downloaded.connect(model.rescan)
        hub.newer_known.connect(model.show_newer)
        self.machine.newer_wanted.connect(hub.look_for_newer)
        self.machine.repository_wanted.connect(self._show_repository)
        model.fit.runtime_changed.connect(self._judge_hub)

    def take_focus(self) -> None:
        side = self.hub if self._sides.currentWidget() is self.hub else self.machine
        side.take_focus()

    def show_side(self, place: int) -> None:
        """0 is this machine, 1 the hub."""
        self._buttons.button(place).setChecked(True)
        self._sides.setCurrentIndex(place)
        self.take_focus()

    def _judge_hub(self) -> None:
        self._hub_model.change_runtime(self.model.fit.runtime)

    def show_hub(self) -> None:
        self.show_side(1)

    def _show_repository(self, origin: Origin) -> None:
        if self._hub_model.why_not_contact():
            self.banners.add("error", self._hub_model.why_not_contact())
            return
        self.show_hub()
        self._hub_model.show_repository(origin.repo)

    def rescan(self) -> None:
        self.model.rescan()

    def search(self) -> None:
        if self._sides.currentWidget() is self.hub:
            self.hub.take_focus()
        else:
            self.machine.library.search.setFocus()
            self.machine.library.search.selectAll()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Files dropped here join the list; on Compare they would be compared."""
        self.model.add_files(local_files(event.mimeData()))
        event.acceptProposedAction()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.open()
        self.model.reload_uses()
