"""The settings of one contender, in a popover under its chip."""

from __future__ import annotations

from typing import Final, Literal, cast, get_args

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from engine.contract import CacheType, Contender, Runtime, Sampling, Switch
from engine.limits import MOST_THREADS
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, FoldedRows, NumberField, RealField, add_row, form
from gui.widgets.popover import Popover

_LAYERS: Final = {"auto": "as many as fit", "all": "all", "number": "this many:"}
_THINKING: Final = {"model": "as the model does", "on": "on", "off": "off"}
_SWITCH: Final = {each: each for each in get_args(Switch)}
_CACHE: Final = {each: each for each in get_args(CacheType)}
_THINKING_KEY: Final = "enable_thinking"


class RuntimeForm(Popover):
    """Shows a contender's settings; every change is told with the changed contender."""

    edited = Signal(object)
    swap_wanted = Signal()
    duplicate_wanted = Signal()
    remove_wanted = Signal()

    def __init__(self, theme: Theme, contender: Contender, parent: QWidget) -> None:
        super().__init__(theme, "Model settings", parent)
        self._contender = contender
        runtime = contender.runtime
        self.name = QLineEdit(contender.name)
        self.n_ctx = NumberField(
            runtime.n_ctx, 256, (1 << 31) - 1, nothing="as trained, at most 4096", step=1024
        )
        self.layers = ChoiceField(_LAYERS, "auto")
        self.layer_count = NumberField(0, 0, 999)
        self.threads = NumberField(runtime.threads, 1, MOST_THREADS, nothing="one per core")
        self.flash = ChoiceField(_SWITCH, runtime.flash_attention)
        self.type_k = ChoiceField(_CACHE, runtime.type_k)
        self.type_v = ChoiceField(_CACHE, runtime.type_v)
        self.own_temperature = QCheckBox("of its own:")
        self.temperature = RealField(0.0, 0.0, 5.0, step=0.1)
        self.thinking = ChoiceField(_THINKING, _thinking(runtime))
        self.n_batch = NumberField(runtime.n_batch, 1, 1 << 16, step=256)
        self.n_ubatch = NumberField(runtime.n_ubatch, 1, 1 << 16, step=64)
        self.threads_batch = NumberField(runtime.threads_batch, 1, MOST_THREADS, nothing="the same")
        self.mmap = QCheckBox("map the file into memory")
        self.mlock = QCheckBox("keep the model from being swapped out")
        self._show(contender)
        self._lay_out()
        self._listen()

    def _show(self, contender: Contender) -> None:
        runtime = contender.runtime
        number = runtime.n_gpu_layers
        self.layers.set_choice("number" if isinstance(number, int) else number)
        self.layer_count.set_number(number if isinstance(number, int) else 0)
        self.mmap.setChecked(runtime.mmap)
        self.mlock.setChecked(runtime.mlock)
        self.own_temperature.setChecked(contender.sampling is not None)
        self.temperature.set_number(contender.sampling.temperature if contender.sampling else 0.0)
        self._settle()

    def _settle(self) -> None:
        self.layer_count.setEnabled(self.layers.choice == "number")
        self.temperature.setEnabled(self.own_temperature.isChecked())

    def _lay_out(self) -> None:
        rows = form(self._theme)
        add_row(rows, "Name", self.name)
        add_row(rows, "Context", self.n_ctx, "Tokens that prompt and reply may take together.")
        self.layer_count.setAccessibleName("Number of layers on the GPU")
        layers = _side_by_side(self._theme, self.layers, self.layer_count)
        self.layers.setAccessibleName("Layers on the GPU")
        rows.addRow("Layers on the GPU", layers)
        add_row(rows, "Threads", self.threads)
        self.own_temperature.setAccessibleName("Use a temperature of its own")
        self.temperature.setAccessibleName("Temperature of this model")
        rows.addRow(
            "Temperature", _side_by_side(self._theme, self.own_temperature, self.temperature)
        )
        add_row(rows, "Thinking", self.thinking, "For models whose chat template can switch it.")
        more = FoldedRows(self._theme, rows, "More settings", "more settings")
        more.add("KV cache, keys", self.type_k)
        more.add("KV cache, values", self.type_v)
        more.add("Flash attention", self.flash)
        more.add("Batch", self.n_batch, "Prompt tokens handed over at once.")
        more.add("Micro-batch", self.n_ubatch, "Prompt tokens computed at once.")
        more.add("Threads for the prompt", self.threads_batch)
        more.add("Memory", self.mmap)
        more.add("", self.mlock)
        self.mmap.setAccessibleName("Map the file into memory")
        self.mlock.setAccessibleName("Keep the model from being swapped out")
        self.body.addLayout(rows)
        more.fold()
        more.button.toggled.connect(self.refit)
        self.body.addStretch(1)
        self._lay_out_foot()

    def _lay_out_foot(self) -> None:
        for text, signal in (
            ("Swap model…", self.swap_wanted),
            ("Duplicate", self.duplicate_wanted),
            ("Remove", self.remove_wanted),
        ):
            button = QPushButton(text)
            button.clicked.connect(self.close)
            button.clicked.connect(signal)
            self.foot.addWidget(button)
        self.foot.addStretch(1)
        done = QPushButton("Done")
        done.setProperty("look", "primary")
        done.clicked.connect(self.close)
        self.foot.addWidget(done)

    def _listen(self) -> None:
        self.name.editingFinished.connect(self._edit)
        numbers = (self.n_ctx, self.layer_count, self.threads, self.n_batch, self.n_ubatch)
        for number in (*numbers, self.threads_batch):
            number.valueChanged.connect(self._edit)
        self.temperature.valueChanged.connect(self._edit)
        for chosen in (self.layers, self.flash, self.type_k, self.type_v, self.thinking):
            chosen.currentIndexChanged.connect(self._edit)
        for box in (self.own_temperature, self.mmap, self.mlock):
            box.toggled.connect(self._edit)

    def _edit(self) -> None:
        self._settle()
        changed = self.contender()
        if changed != self._contender:
            self._contender = changed
            self.edited.emit(changed)

    def contender(self) -> Contender:
        """The contender as the fields have it."""
        layers = self.layers.choice
        runtime = msgspec.structs.replace(
            self._contender.runtime,
            n_ctx=self.n_ctx.number,
            n_gpu_layers=(
                self.layer_count.number or 0
                if layers == "number"
                else cast(Literal["auto", "all"], layers)
            ),
            threads=self.threads.number,
            threads_batch=self.threads_batch.number,
            flash_attention=cast(Switch, self.flash.choice),
            type_k=cast(CacheType, self.type_k.choice),
            type_v=cast(CacheType, self.type_v.choice),
            n_batch=self.n_batch.number or 1,
            n_ubatch=self.n_ubatch.number or 1,
            mmap=self.mmap.isChecked(),
            mlock=self.mlock.isChecked(),
            template_arguments=self._template_arguments(),
        )
        return msgspec.structs.replace(
            self._contender,
            name=self.name.text().strip() or self._contender.name,
            runtime=runtime,
            sampling=self._sampling(),
        )

    def _sampling(self) -> Sampling | None:
        if not self.own_temperature.isChecked():
            return None
        base = self._contender.sampling or Sampling()
        return msgspec.structs.replace(base, temperature=self.temperature.number)

    def _template_arguments(self) -> dict[str, bool | int | float | str]:
        arguments = dict(self._contender.runtime.template_arguments)
        arguments.pop(_THINKING_KEY, None)
        if self.thinking.choice != "model":
            arguments[_THINKING_KEY] = self.thinking.choice == "on"
        return arguments


def _thinking(runtime: Runtime) -> str:
    asked = runtime.template_arguments.get(_THINKING_KEY)
    return "model" if asked is None else "on" if asked else "off"


def _side_by_side(theme: Theme, *widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.space.s)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
