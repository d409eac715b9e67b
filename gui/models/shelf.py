"""The models of this machine as the page asks for them: found, judged, taken apart."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.contract import DeviceInfo, Runtime
from engine.errors import SteelyardError
from gui.models.making_workshop import Workshop

if TYPE_CHECKING:  # they bring numpy, which a start must not wait for
    from models.fit import Bandwidth, Fit, Machine, Profile
    from models.gguf import Tensor, Value
    from models.library import Contents, Entry, Library, Watched


class TensorKind(msgspec.Struct, frozen=True, kw_only=True):
    """All tensors of one type in a model."""

    name: str
    tensors: int
    elements: int
    size_bytes: int


class Anatomy(msgspec.Struct, frozen=True, kw_only=True):
    """What a header says in full. kinds: the largest first. tensors: in the order of the file."""

    metadata: dict[str, Value]
    kinds: tuple[TensorKind, ...]
    tensors: tuple[Tensor, ...]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What models are judged against; absent says what could not be found out and why."""

    host_free_bytes: int
    devices: tuple[DeviceInfo, ...]
    absent: dict[str, str]


class Shelf:
    """Its methods block and raise SteelyardError; each lane of jobs calls its own ones.

    make_library is called when it is first needed, off the window's thread. What makes smaller models is
    the workshop.
    """

    def __init__(
        self,
        own_folder: Path,
        make_library: Callable[[], Library],
        workshop: Workshop,
        devices: Callable[[], tuple[DeviceInfo, ...]],
        bandwidth: Callable[[], Bandwidth],
    ) -> None:
        self.own_folder = own_folder
        self._make_library = make_library
        self.workshop = workshop
        self._ask_devices = devices
        self._measure = bandwidth
        self._devices: tuple[DeviceInfo, ...] = ()
        self._bandwidth: Bandwidth | None = None
        self._absent: dict[str, str] = {}
        self._looking = threading.Lock()
        self._profiles: dict[tuple[Path, int], Profile] = {}

    # Finding -----------------------------------------------------------------------------------

    @cached_property
    def _library(self) -> Library:
        return self._make_library()

    def remembered(self) -> Contents:
        """What the last scan found, at once."""
        return self._library.remembered()

    def watched(self) -> Watched:
        """Which folders to watch, and a figure that changes with the models in them."""
        return self._library.watched()

    def scan(self, stopping: threading.Event) -> Contents:
        """What is there now; raises Stopped."""
        return self._library.scan(stopping)

    def compare_contents(
        self, contents: Contents, on_progress: Callable[[float], None], stopping: threading.Event
    ) -> Contents:
        """The same with equal files as one entry; computes each new file's sha256, or raises Stopped."""
        return self._library.compare_contents(contents, on_progress, stopping)

    def add_file(self, path: Path) -> None:
        self._library.add_file(path)

    def add_folder(self, folder: Path) -> None:
        self._library.add_folder(folder)

    def added_folders(self) -> tuple[Path, ...]:
        return self._library.added_folders()

    def remove_folder(self, folder: Path) -> None:
        """Stop looking into an added folder; nothing in it is touched."""
        self._library.remove_folder(folder)

    def remove(self, entry: Entry) -> None:
        """Our own files go to the bin, others only from the list."""
        self._library.remove(entry)

    # Judging -----------------------------------------------------------------------------------

    def look_around(self) -> Surroundings:
        """Find the devices and measure the memory; takes about two seconds, once."""
        from engine.machine import available_memory

        with self._looking:
            if self._bandwidth is None:
                try:
                    self._devices = self._ask_devices()
                except SteelyardError as fault:
                    self._absent["devices"] = str(fault)
                self._bandwidth = self._measure()
        return Surroundings(
            host_free_bytes=available_memory(), devices=self._devices, absent=self._absent
        )

    def parameters_that_fit(self) -> int:
        """About how many fit at Q4_K_M with what is free now."""
        from models.fit import parameters_that_fit

        return parameters_that_fit(self._machine())

    def fit(self, path: Path, runtime: Runtime) -> Fit:
        """Whether it fits with what is free now; its header is read once."""
        from models.fit import profile_of
        from models.gguf import read_model

        key = (path, path.stat().st_mtime_ns if path.exists() else 0)
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = profile_of(read_model(path))
        return self.judge(profile, runtime)

    def judge(self, profile: Profile, runtime: Runtime) -> Fit:
        from models.fit import judge

        return judge(profile, runtime, self._machine())

    def _machine(self) -> Machine:
        from engine.machine import available_memory
        from models.fit import Machine

        self.look_around()
        return Machine(
            host_free_bytes=available_memory(), devices=self._devices, bandwidth=self._bandwidth
        )

    def anatomy(self, path: Path) -> Anatomy:
        from models.gguf import read_model

        model = read_model(path)
        tensors: Counter[str] = Counter()
        elements: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for tensor in model.tensors:
            name = tensor.type.name
            tensors[name] += 1
            elements[name] += tensor.elements
            sizes[name] += tensor.size_bytes
        kinds = tuple(
            TensorKind(
                name=name, tensors=tensors[name], elements=elements[name], size_bytes=size_bytes
            )
            for name, size_bytes in sizes.most_common()
        )
        return Anatomy(metadata=model.metadata, kinds=kinds, tensors=model.tensors)
