"""The Models page: what is on this machine, and messages above it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.actions import Command
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
        Command("models-rescan", "Look for models again", "Models", page.rescan, ("F5",)),
        Command("models-search", "Search the models", "Models", page.search, ("Ctrl+F",), part=1),
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
    name = "Models on this machine"
    changed = page.model.availability_changed
    return Page("models", "Models", name, page, page.take_focus, commands, changed)


class ModelsPage(QWidget):
    compare_wanted = Signal(object)

    def __init__(self, theme: Theme, model: ModelsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.banners = BannerStack(theme, self)
        self.machine = MachinePage(theme, model, self)
        space = theme.space
        head = QHBoxLayout()
        head.addWidget(label("Models", "title", parent=self), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.m, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(self.banners)
        column.addLayout(head)
        column.addWidget(self.machine, 1)
        self.machine.compare_wanted.connect(self.compare_wanted)
        model.noticed.connect(partial(self.banners.add, "notice"))
        model.failed.connect(partial(self.banners.add, "error"))

    def take_focus(self) -> None:
        self.machine.take_focus()

    def add_files(self, paths: list[Path]) -> None:
        self.model.add_files(paths)

    def rescan(self) -> None:
        self.model.rescan()

    def search(self) -> None:
        self.machine.library.search.setFocus()
        self.machine.library.search.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.open()
