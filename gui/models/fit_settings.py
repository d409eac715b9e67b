"""The settings in which the library is judged: context, cache type and layers on the GPU."""

from __future__ import annotations

from typing import Final, cast, get_args

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract import CacheType, Runtime
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, NumberField
from gui.widgets.labels import label

_LAYERS: Final = {"auto": "as many as fit", "all": "all", "0": "none", "number": "this many:"}
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
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(label("Judged for a context of", "muted", parent=self))
        for text, field in (
            ("Context for the verdicts", self.n_ctx),
            ("KV cache", self.cache),
            ("Layers on the GPU", self.layers),
        ):
            field.setAccessibleName(text)
            if field is not self.n_ctx:
                row.addSpacing(theme.space.s)
                row.addWidget(label(text, "muted", parent=self))
            row.addWidget(field)
        row.addWidget(self.layer_count)
        row.addStretch(1)
        self.n_ctx.valueChanged.connect(self._tell)
        self.layer_count.valueChanged.connect(self._tell)
        self.cache.currentIndexChanged.connect(self._tell)
        self.layers.currentIndexChanged.connect(self._tell)

    def _tell(self) -> None:
        self.layer_count.setVisible(self.layers.choice == "number")
        cache = cast("CacheType", self.cache.choice)
        self._runtime = msgspec.structs.replace(
            self._runtime,
            n_ctx=self.n_ctx.number,
            type_k=cache,
            type_v=cache,
            n_gpu_layers=self._chosen_layers(),
        )
        self.edited.emit(self._runtime)

    def _chosen_layers(self) -> object:
        match self.layers.choice:
            case "auto" | "all" as choice:
                return choice
            case "0":
                return 0
        return self.layer_count.number or 0
