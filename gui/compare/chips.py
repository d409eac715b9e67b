"""The contenders as chips in a row: a click opens the settings, dragging or Alt+arrows reorder."""

from __future__ import annotations

import itertools
from functools import partial
from html import escape
from typing import Final

from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMenu, QWidget

from engine.contract import Contender
from gui.compare.contenders_model import settings_summary, short_name
from gui.figures import size
from gui.model_files import local_files
from gui.theme import Theme
from gui.widgets.buttons import IconButton, TextButton
from gui.widgets.flow import FlowLayout
from gui.widgets.labels import label

CHIP_MIME: Final = "application/x-steelyard-contender"


class Chip(QFrame):
    """One contender; `why_locked` is a sentence while it must not be changed, or empty."""

    settings_wanted = Signal()
    swap_wanted = Signal()
    duplicate_wanted = Signal()
    remove_wanted = Signal()
    shift_wanted = Signal(int)

    def __init__(self, theme: Theme, contender: Contender, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contender = contender
        self._pressed_at: QPoint | None = None
        self._locked = ""
        self.setProperty("look", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._extra = settings_summary(contender)
        row = QHBoxLayout(self)
        space = theme.space
        row.setContentsMargins(space.s, space.xs, space.xs, space.xs)
        row.setSpacing(space.s)
        model = contender.model
        row.addWidget(label(short_name(contender), parent=self))
        if model.quantization:
            row.addWidget(label(model.quantization, "tag", parent=self))
        row.addWidget(label(size(model.size_bytes), "small-muted", parent=self))
        if self._extra:
            row.addWidget(label(f"· {self._extra}", "small-muted", parent=self))
        self._remove = IconButton(theme, "close", f"Remove {contender.name}", self)
        self._remove.clicked.connect(self.remove_wanted)
        row.addWidget(self._remove)
        self.set_locked("")

    def set_locked(self, why: str) -> None:
        self._locked = why
        self._remove.setEnabled(not why)
        facts = [self.contender.name, size(self.contender.model.size_bytes), self._extra]
        self.setAccessibleName(", ".join(fact for fact in facts if fact) + ", model settings")
        hint = (
            why
            or "Click for settings. Drag, or Alt+Left and Alt+Right, to reorder. Delete removes."
        )
        path = escape(self.contender.model.path)
        self.setToolTip(f"<p>{path}</p><p>{escape(hint)}</p>")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or self._locked:
            return
        travelled = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if travelled >= QApplication.startDragDistance():
            self._drag(self._pressed_at)
            self._pressed_at = None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is not None and not self._locked:
            self.settings_wanted.emit()
        self._pressed_at = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if self._locked:
            super().keyPressEvent(event)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.settings_wanted.emit()
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.remove_wanted.emit()
        elif alt and key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self.shift_wanted.emit(-1 if key == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, signal in (
            ("Settings…", self.settings_wanted),
            ("Swap for another model…", self.swap_wanted),
            ("Duplicate with other settings…", self.duplicate_wanted),
            ("Remove", self.remove_wanted),
        ):
            action = menu.addAction(text)
            action.setEnabled(not self._locked)
            action.triggered.connect(signal)
        menu.popup(event.globalPos())

    def _drag(self, grip: QPoint) -> None:
        drag = QDrag(self)
        named = QMimeData()
        named.setData(CHIP_MIME, QByteArray(self.contender.name.encode()))
        drag.setMimeData(named)
        drag.setPixmap(self.grab())
        drag.setHotSpot(grip)
        drag.exec(Qt.DropAction.MoveAction)


class ChipRow(QWidget):
    """All chips and the button that adds a model."""

    add_wanted = Signal()
    settings_wanted = Signal(str)
    swap_wanted = Signal(str)
    duplicate_wanted = Signal(str)
    remove_wanted = Signal(str)
    shift_wanted = Signal(str, int)
    move_wanted = Signal(str, int)
    files_dropped = Signal(list)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: list[Chip] = []
        self._locked = ""
        self.setAcceptDrops(True)
        self.setAccessibleName("Models to compare")
        self._flow = FlowLayout(theme.space.s, self)
        self.add = TextButton(
            theme, "plus", "Add model", "Add model files", look="outline", parent=self
        )
        self.add.clicked.connect(self.add_wanted)
        self._flow.addWidget(self.add)

    @property
    def chips(self) -> list[Chip]:
        return list(self._chips)

    def chip(self, name: str) -> Chip | None:
        return next((chip for chip in self._chips if chip.contender.name == name), None)

    def show_contenders(self, contenders: tuple[Contender, ...]) -> None:
        focused = next((chip.contender.name for chip in self._chips if chip.hasFocus()), None)
        old = {chip.contender.name: chip for chip in self._chips}
        self._chips = []
        for contender in contenders:
            kept = old.pop(contender.name, None)
            if kept is not None and kept.contender != contender:
                self._drop(kept)
                kept = None
            self._chips.append(self._make(contender) if kept is None else kept)
        for chip in old.values():
            self._drop(chip)
        for widget in (*self._chips, self.add):
            self._flow.removeWidget(widget)
            self._flow.addWidget(widget)
            widget.show()
        self._set_tab_order()
        if focused is not None and (still := self.chip(focused)) is not None:
            still.setFocus()
        self.updateGeometry()

    def set_locked(self, why: str) -> None:
        self._locked = why
        self.add.setEnabled(not why)
        self.add.setToolTip(why or "Add model files")
        for chip in self._chips:
            chip.set_locked(why)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        named = event.mimeData()
        if not self._locked and (named.hasFormat(CHIP_MIME) or named.hasUrls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        # Qt asks only the innermost widget that takes drops, so files end up here too.
        if not event.mimeData().hasFormat(CHIP_MIME):
            self.files_dropped.emit(local_files(event.mimeData()))
            event.acceptProposedAction()
            return
        name = bytes(event.mimeData().data(CHIP_MIME).data()).decode()
        others = [chip for chip in self._chips if chip.contender.name != name]
        at = event.position().toPoint()
        before = [chip for chip in others if _stands_before(chip, at)]
        self.move_wanted.emit(name, len(before))
        event.acceptProposedAction()

    def _make(self, contender: Contender) -> Chip:
        name = contender.name
        chip = Chip(self._theme, contender, self)
        chip.settings_wanted.connect(partial(self.settings_wanted.emit, name))
        chip.swap_wanted.connect(partial(self.swap_wanted.emit, name))
        chip.duplicate_wanted.connect(partial(self.duplicate_wanted.emit, name))
        chip.remove_wanted.connect(partial(self.remove_wanted.emit, name))
        chip.shift_wanted.connect(partial(self.shift_wanted.emit, name))
        chip.set_locked(self._locked)
        return chip

    def _drop(self, chip: Chip) -> None:
        self._flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _set_tab_order(self) -> None:
        stops = [*self._chips, self.add]
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)


def _stands_before(chip: Chip, point: QPoint) -> bool:
    box = chip.geometry()
    if box.bottom() < point.y():
        return True
    return box.top() <= point.y() and box.center().x() < point.x()
