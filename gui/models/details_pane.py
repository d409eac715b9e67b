"""What is chosen in the library: whether it fits, what it is, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count, size
from gui.models.entry_rows import entry_rows, metadata_text, tensor_rows, tensors_text
from gui.models.fit_card import FitCard
from gui.models.library_columns import Unusable
from gui.models.shelf import Anatomy
from gui.theme import Theme
from gui.widgets.buttons import FoldButton, MainButton
from gui.widgets.labels import label
from gui.widgets.rows import RowsView
from gui.widgets.scrolling import scrolling

if TYPE_CHECKING:
    from gui.models.fit_words import FitResult
    from gui.models.library_columns import Item
    from storage.uses import Use


class DetailsPane(QFrame):
    compare_wanted = Signal()
    quantize_wanted = Signal()
    remove_wanted = Signal()
    repository_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("look", "card")
        self.setMinimumWidth(theme.characters(58))
        self.setMaximumWidth(theme.characters(72))
        self.title = label("", "title", wrap=True, parent=self)
        self.summary = label("", "muted", wrap=True, parent=self)
        self.fit = FitCard(theme, self)
        self._rows = _Replaced(self)
        self._mix_fold = FoldButton(theme, "Tensor types", "the tensor types", self)
        self._mix = _Replaced(self)
        self._tensors_fold = FoldButton(theme, "Tensors", "the tensors", self)
        self._tensors = self._text("Tensors of the file")
        self._metadata_fold = FoldButton(theme, "Metadata", "the metadata", self)
        self._metadata = self._text("Metadata of the file")
        self.compare = MainButton(theme, "compare", "Compare", parent=self)
        self.quantize = QPushButton("Quantize…", self)
        self.remove = QPushButton("Remove…", self)
        self.repository = QPushButton("Show on the hub", self)
        self.repository.setToolTip("Open the repository that it came from")
        self._lay_out()
        self.compare.clicked.connect(self.compare_wanted)
        self.quantize.clicked.connect(self.quantize_wanted)
        self.remove.clicked.connect(self.remove_wanted)
        self.repository.clicked.connect(self.repository_wanted)
        self._mix_fold.toggled.connect(self._mix.setVisible)
        self._tensors_fold.toggled.connect(self._tensors.setVisible)
        self._metadata_fold.toggled.connect(self._metadata.setVisible)

    def show_items(
        self, items: tuple[Item, ...], use: Use | None = None, *, newer: bool = False
    ) -> None:
        """use: of the only one on this machine. newer: the hub has a newer file of it."""
        one = items[0] if len(items) == 1 else None
        entry = None if one is None or isinstance(one, Unusable) else one
        folds = (self._mix_fold, self._tensors_fold, self._metadata_fold)
        for part in (self.fit, self._rows, *folds):
            part.setVisible(entry is not None)
        self.repository.setVisible(entry is not None and entry.model.origin is not None)
        if entry is not None:
            self.title.setText(entry.name)
            self.summary.setText(
                ""
                if entry.details.model.has_chat_template
                else "A base model: it has no chat template."
            )
            self._rows.show_widget(RowsView(self._theme, entry_rows(entry, use, newer=newer)))
        elif isinstance(one, Unusable):
            self.title.setText(one.path.name)
            self.summary.setText(one.sentence)
        else:
            self._show_many(items)
        self.summary.setVisible(bool(self.summary.text()))

    def show_fit(self, result: FitResult | None, free_bytes: int | None, use: Use | None) -> None:
        self.fit.show_fit(result, free_bytes, use)

    def show_anatomy(self, anatomy: Anatomy | None) -> None:
        known = anatomy is not None
        for fold, part in (
            (self._mix_fold, self._mix),
            (self._tensors_fold, self._tensors),
            (self._metadata_fold, self._metadata),
        ):
            fold.setEnabled(known)
            part.setVisible(known and fold.isChecked())
        if anatomy is not None:
            self._mix.show_widget(RowsView(self._theme, tensor_rows(anatomy)))
            self._tensors.setPlainText(tensors_text(anatomy))
            self._metadata.setPlainText(metadata_text(anatomy))

    def show_availability(self, no_compare: str, no_quantize: str, no_remove: str) -> None:
        for button, why in (
            (self.compare, no_compare),
            (self.quantize, no_quantize),
            (self.remove, no_remove),
        ):
            button.setEnabled(not why)
            button.setToolTip(why)

    def _show_many(self, items: tuple[Item, ...]) -> None:
        usable = [item for item in items if not isinstance(item, Unusable)]
        if not items:
            self.title.setText("Nothing is chosen")
            self.summary.setText("Choose a model to see what it is and whether it fits.")
            return
        self.title.setText(f"{count(len(items), 'model')} chosen")
        self.summary.setText(
            f"{size(sum(each.details.model.size_bytes for each in usable))} in all"
        )

    def _text(self, name: str) -> QPlainTextEdit:
        text = QPlainTextEdit(self)
        text.setReadOnly(True)
        text.setAccessibleName(name)
        text.setFont(self._theme.mono(self._theme.type.small))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setTabChangesFocus(True)
        text.setMinimumHeight(self._theme.lines(14))
        return text

    def _lay_out(self) -> None:
        space = self._theme.space
        inner = QWidget()
        inner.setProperty("look", "clear")
        body = QVBoxLayout(inner)
        body.setContentsMargins(space.l, space.l, space.l, space.s)
        body.setSpacing(space.m)
        for part in (
            self.title,
            self.summary,
            self.fit,
            self._rows,
            self.repository,
            self._mix_fold,
            self._mix,
            self._tensors_fold,
            self._tensors,
            self._metadata_fold,
            self._metadata,
        ):
            body.addWidget(part)
        body.setAlignment(self.repository, Qt.AlignmentFlag.AlignLeft)
        body.addStretch(1)
        scroll = scrolling(inner, self)
        foot = QHBoxLayout()
        foot.setContentsMargins(space.l, 0, space.l, space.l)
        foot.setSpacing(space.s)
        foot.addWidget(self.compare, 1)
        foot.addWidget(self.quantize)
        foot.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(space.s)
        column.addWidget(scroll, 1)
        column.addLayout(foot)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.characters(62), super().sizeHint().height())


class _Replaced(QWidget):
    """Holds one widget, which another one replaces."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._held: QWidget | None = None

    def show_widget(self, widget: QWidget) -> None:
        if self._held is not None:
            self._column.removeWidget(self._held)
            self._held.hide()
            self._held.deleteLater()
        self._held = widget
        # A word that does not break would make the pane wider than its frame.
        for part in widget.findChildren(QLabel):
            part.setMinimumWidth(1)
        self._column.addWidget(widget)
