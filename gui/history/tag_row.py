"""The tags of what is chosen, each with a way to take it away, and a field for another."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.flow import FlowLayout


class TagRow(QWidget):
    added = Signal(str)
    removed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "clear")
        self._buttons: list[QPushButton] = []
        self._tags = QWidget(self)
        self._tags.setProperty("look", "clear")
        self._flow = FlowLayout(theme.space.xs, self._tags)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Add a tag, then Enter")
        self.field.setAccessibleName("Add a tag")
        self.field.returnPressed.connect(self._tell)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(self._tags)
        column.addWidget(self.field)

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(str(button.property("tag")) for button in self._buttons)

    def show_tags(self, tags: tuple[str, ...]) -> None:
        if tags == self.tags:
            return
        for old in self._buttons:
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._buttons = [self._button(tag) for tag in tags]
        self._tags.setVisible(bool(tags))
        self._tags.updateGeometry()

    def _button(self, tag: str) -> QPushButton:
        button = QPushButton(f"{tag.replace('&', '&&')}  ×", self._tags)
        button.setProperty("tag", tag)
        button.setAutoDefault(False)
        button.setAccessibleName(f"Remove the tag {tag}")
        button.setToolTip("Remove this tag")
        button.clicked.connect(self._tell_removed)
        self._flow.addWidget(button)
        button.show()
        return button

    def _tell(self) -> None:
        text = self.field.text().strip()
        if text:
            self.field.clear()
            self.added.emit(text)

    def _tell_removed(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.removed.emit(str(sender.property("tag")))
