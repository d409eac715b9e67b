"""The settings in which the library is judged: context, cache, layers on the GPU, attention, batches."""

from __future__ import annotations

from typing import Final, cast, get_args

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import CacheType, Runtime, Switch
from gui.theme import Theme
from gui.widgets.buttons import FoldButton
from gui.widgets.fields import ChoiceField, NumberField
from gui.widgets.labels import label

_LAYERS: Final = {"auto": "as many as fit", "all": "all", "0": "none", "number": "this many:"}
_ATTENTION: Final = {each: each for each in get_args(Switch)}
_CACHE: Final = {each: each for each in get_args(CacheType)}


class FitSettings(QWidget):
    edited = Signal(object)
    """The Runtime as it is set now."""

    def __init__(self, theme: Theme, runtime: Runtime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runtime = runtime
        self.n_ctx = NumberField(
            runtime.n_ctx, 256, 10_000_000, nothing="as trained, up to 4096", step=1024
        )
        self.cache = ChoiceField(_CACHE, runtime.type_k)
        self.layers = ChoiceField(_LAYERS, "auto")
        self.layer_count = NumberField(1, 1, 999)
        self.layer_count.setAccessibleName("Number of layers on the GPU")
        self.layer_count.hide()
        self.n_ctx.setMinimumWidth(theme.characters(23))
        self.flash_attention = ChoiceField(_ATTENTION, runtime.flash_attention)
        self.n_batch = NumberField(runtime.n_batch, 1, 65_536, step=256)
        self.n_ubatch = NumberField(runtime.n_ubatch, 1, 65_536, step=128)
        self.more = FoldButton(theme, "More", "further settings", self)
        self._second = QWidget(self)
        self._second.hide()
        self._lay_out(theme)
        self.n_ctx.valueChanged.connect(self._tell)
        self.layer_count.valueChanged.connect(self._tell)
        self.cache.currentIndexChanged.connect(self._tell)
        self.layers.currentIndexChanged.connect(self._tell)
        self.flash_attention.currentIndexChanged.connect(self._tell)
        self.n_batch.valueChanged.connect(self._tell)
        self.n_ubatch.valueChanged.connect(self._tell)
        self.more.toggled.connect(self._second.setVisible)

    def _lay_out(self, theme: Theme) -> None:
        first, second = QHBoxLayout(), QHBoxLayout(self._second)
        for row in (first, second):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.space.s)
        first.addWidget(label("Judged for a context of", "muted", parent=self))
        self.n_ctx.setAccessibleName("Context for the verdicts")
        first.addWidget(self.n_ctx)
        for row, text, field in (
            (first, "KV cache", self.cache),
            (first, "Layers on the GPU", self.layers),
            (second, "Flash attention", self.flash_attention),
            (second, "Batch", self.n_batch),
            (second, "Tokens computed at once", self.n_ubatch),
        ):
            field.setAccessibleName(text)
            if row.count():
                row.addSpacing(theme.space.s)
            row.addWidget(label(text, "muted", parent=self))
            row.addWidget(field)
        first.addWidget(self.layer_count)
        first.addWidget(self.more)
        for row in (first, second):
            row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addLayout(first)
        column.addWidget(self._second)

    def _tell(self) -> None:
        self.layer_count.setVisible(self.layers.choice == "number")
        cache = cast("CacheType", self.cache.choice)
        self._runtime = msgspec.structs.replace(
            self._runtime,
            n_ctx=self.n_ctx.number,
            type_k=cache,
            type_v=cache,
            n_gpu_layers=self._chosen_layers(),
            flash_attention=cast("Switch", self.flash_attention.choice),
            n_batch=self.n_batch.number,
            n_ubatch=self.n_ubatch.number,
        )
        self.edited.emit(self._runtime)

    def _chosen_layers(self) -> object:
        match self.layers.choice:
            case "auto" | "all" as choice:
                return choice
            case "0":
                return 0
        return self.layer_count.number or 0
