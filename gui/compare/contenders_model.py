"""The contenders of the next run, in the order of their columns."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.contract import Contender, ModelFile, Runtime
from engine.naming import display_name, free_name
from engine.wording import count


class ContendersModel(QObject):
    """Their names are unique, since replies refer to contenders by name."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._contenders: tuple[Contender, ...] = ()

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return self._contenders

    def named(self, name: str) -> Contender | None:
        return next((each for each in self._contenders if each.name == name), None)

    def add_models(self, models: Iterable[ModelFile]) -> None:
        self.add(Contender(name=display_name(model), model=model) for model in models)

    def add(self, contenders: Iterable[Contender]) -> None:
        result = list(self._contenders)
        for contender in contenders:
            taken = {each.name for each in result}
            result.append(_renamed(contender, free_name(contender.name, taken)))
        self._set(result)

    def replace_all(self, contenders: Iterable[Contender]) -> None:
        self._contenders = ()
        self.add(contenders)

    def change(self, name: str, contender: Contender) -> str:
        """Put the contender in the place of the one of that name; gives the name it then has."""
        taken = {each.name for each in self._contenders if each.name != name}
        wanted = contender.name.strip() or name
        changed = _renamed(contender, free_name(wanted, taken))
        self._set([changed if each.name == name else each for each in self._contenders])
        return changed.name

    def swap(self, name: str, model: ModelFile) -> None:
        """Let another model take the contender's place, in the same settings."""
        contender = self._contenders[self._place(name)]
        swapped = msgspec.structs.replace(contender, name=display_name(model), model=model)
        self.change(name, swapped)

    def duplicate(self, name: str) -> str:
        """Put a copy beside it, to be given other settings; gives the copy's name."""
        place = self._place(name)
        original = self._contenders[place]
        copy_name = free_name(original.name, {each.name for each in self._contenders})
        result = list(self._contenders)
        result.insert(place + 1, _renamed(original, copy_name))
        self._set(result)
        return copy_name

    def remove(self, name: str) -> None:
        self._set([each for each in self._contenders if each.name != name])

    def move(self, name: str, place: int) -> None:
        """Bring it to that place among the others."""
        contender = self._contenders[self._place(name)]
        result = [each for each in self._contenders if each.name != name]
        result.insert(max(0, min(place, len(result))), contender)
        self._set(result)

    def shift(self, name: str, steps: int) -> None:
        self.move(name, self._place(name) + steps)

    def _place(self, name: str) -> int:
        return next(i for i, each in enumerate(self._contenders) if each.name == name)

    def _set(self, contenders: list[Contender]) -> None:
        if tuple(contenders) != self._contenders or not contenders:
            self._contenders = tuple(contenders)
            self.changed.emit()


def short_name(contender: Contender) -> str:
    """The name without the quantization, for places that show that apart."""
    quantization = contender.model.quantization
    if quantization and contender.name.endswith(f" {quantization}"):
        return contender.name.removesuffix(f" {quantization}")
    return contender.name


def settings_summary(contender: Contender) -> str:
    """What differs from the defaults, in a few words; empty where nothing does."""
    runtime, default = contender.runtime, Runtime()
    words = []
    if runtime.n_ctx is not None:
        words.append(f"context {runtime.n_ctx}")
    if runtime.n_gpu_layers != default.n_gpu_layers:
        words.append(
            "no GPU" if runtime.n_gpu_layers == 0 else f"GPU layers {runtime.n_gpu_layers}"
        )
    if runtime.threads is not None:
        words.append(count(runtime.threads, "thread"))
    if (runtime.type_k, runtime.type_v) != (default.type_k, default.type_v):
        words.append(f"KV {runtime.type_k}/{runtime.type_v}")
    if runtime.flash_attention != default.flash_attention:
        words.append(f"flash attention {runtime.flash_attention}")
    thinking = runtime.template_arguments.get("enable_thinking")
    if thinking is not None:
        words.append("thinking on" if thinking else "thinking off")
    if contender.sampling is not None:
        words.append(f"temperature {contender.sampling.temperature:g}")
    rest = (runtime.n_batch, runtime.n_ubatch, runtime.threads_batch, runtime.mmap, runtime.mlock)
    if rest != (default.n_batch, default.n_ubatch, None, default.mmap, default.mlock):
        words.append("other settings")
    return " · ".join(words)


def same_settings(one: Contender, other: Contender) -> bool:
    """Whether both would answer alike, as far as what is chosen for a contender goes."""
    temperatures = [each.sampling and each.sampling.temperature for each in (one, other)]
    return (
        one.model.path == other.model.path
        and one.runtime == other.runtime
        and temperatures[0] == temperatures[1]
    )


def _renamed(contender: Contender, name: str) -> Contender:
    return msgspec.structs.replace(contender, name=name)
