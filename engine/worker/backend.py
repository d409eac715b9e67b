"""llama.cpp itself: started once, its log kept, its devices listed and RPC servers added.

The package binds libllama only. What it leaves out (ggml's device registry, RPC) is bound here on the
libraries that lie beside it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections import deque
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import llama_cpp.llama_cpp as lib

from engine.contract import DeviceInfo
from engine.errors import DeviceError

LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_CONTINUE = 1, 2, 3, 4, 5
_KINDS: dict[int, Literal["cpu", "gpu", "igpu", "accelerator", "other"]] = {
    0: "cpu",
    1: "gpu",
    2: "igpu",
    3: "accelerator",
}
_KEPT_LINES = 4000


class Backend:
    """The process's one llama.cpp; its warnings and errors also go to standard error.

    `on_line` is called with each line of the log as it comes, in whatever thread llama.cpp logs from.
    """

    def __init__(self) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=_KEPT_LINES)
        self._level = LEVEL_INFO
        self.on_line: Callable[[str], None] | None = None
        self._callback = lib.llama_log_callback(self._log)
        lib.llama_log_set(self._callback, ctypes.c_void_p(0))
        lib.llama_backend_init()
        folder = Path(lib.__file__).parent / "lib"
        self._ggml = _bind(folder, "ggml")
        self._base = _bind(folder, "ggml-base")
        self._rpc = _bind(folder, "ggml-rpc", optional=True)
        _declare(self._ggml, self._base, self._rpc)
        self._servers: set[str] = set()

    def clear_log(self) -> None:
        self._lines.clear()

    def log(self) -> list[tuple[int, str]]:
        """The lines since `clear_log`, each with its level."""
        return list(self._lines)

    def build(self) -> str:
        return f"llama-cpp-python {version('llama-cpp-python')}, llama.cpp {_text(lib.llama_version())}"

    def system_info(self) -> str:
        return str(_text(lib.llama_print_system_info()))

    def add_rpc_servers(self, endpoints: tuple[str, ...]) -> None:
        """Make the devices of ggml RPC servers ("host:port") known; raises DeviceError."""
        for endpoint in endpoints:
            if endpoint in self._servers:
                continue
            if self._rpc is None:
                raise DeviceError(
                    "This build of llama.cpp has no RPC backend; run `make setup` to build it with one."
                )
            self.clear_log()
            registry = self._rpc.ggml_backend_rpc_add_server(endpoint.encode())
            if not registry:
                raise DeviceError(
                    f"The RPC server {endpoint} does not answer. Start it, or take it out of the settings."
                )
            self._ggml.ggml_backend_register(registry)
            self._servers.add(endpoint)

    def devices(self) -> list[tuple[int, DeviceInfo]]:
        """Every device with its ggml handle, in ggml's order."""
        found = []
        for index in range(self._ggml.ggml_backend_dev_count()):
            handle = self._ggml.ggml_backend_dev_get(index)
            found.append((handle, self._describe(handle)))
        return found

    def select(self, names: tuple[str, ...]) -> Any | None:
        """A NULL-terminated array for llama_model_params.devices, or None for all; raises DeviceError."""
        if not names:
            return None
        handles = {info.name: handle for handle, info in self.devices()}
        for name in names:
            if name not in handles:
                known = ", ".join(handles) or "none"
                raise DeviceError(f"There is no device called {name}. This machine has: {known}.")
        chosen = [handles[name] for name in names]
        return (ctypes.c_void_p * (len(chosen) + 1))(*chosen, None)

    def _describe(self, handle: int) -> DeviceInfo:
        free, total = ctypes.c_size_t(0), ctypes.c_size_t(0)
        self._base.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
        kind = _KINDS.get(self._base.ggml_backend_dev_type(handle), "other")
        registry = self._base.ggml_backend_dev_backend_reg(handle)
        return DeviceInfo(
            name=_text(self._base.ggml_backend_dev_name(handle)),
            description=_text(self._base.ggml_backend_dev_description(handle)),
            kind=kind,
            backend=_text(self._base.ggml_backend_reg_name(registry)),
            # ggml reports all of the RAM as free for the CPU; the caller asks the system instead.
            total_bytes=None if kind == "cpu" else total.value,
            free_bytes=None if kind == "cpu" else free.value,
        )

    def _log(self, level: int, text: bytes, _user: Any) -> None:
        if level == LEVEL_CONTINUE:
            level = self._level
        self._level = level
        if level == LEVEL_DEBUG:
            return
        line = text.decode("utf-8", "replace")
        self._lines.append((level, line))
        if self.on_line is not None:
            self.on_line(line)
        if level >= LEVEL_WARN:
            os.write(2, text)


def _bind(folder: Path, name: str, optional: bool = False) -> Any:
    suffix = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    path = folder / (name + suffix if sys.platform == "win32" else f"lib{name}{suffix}")
    if optional and not path.exists():
        return None
    return ctypes.CDLL(str(path))


def _declare(ggml: Any, base: Any, rpc: Any) -> None:
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    signatures: list[tuple[Any, str, list[Any], Any]] = [
        (ggml, "ggml_backend_dev_count", [], size),
        (ggml, "ggml_backend_dev_get", [size], pointer),
        (ggml, "ggml_backend_register", [pointer], None),
        (base, "ggml_backend_dev_name", [pointer], ctypes.c_char_p),
        (base, "ggml_backend_dev_description", [pointer], ctypes.c_char_p),
        (base, "ggml_backend_dev_type", [pointer], ctypes.c_int),
        (base, "ggml_backend_dev_backend_reg", [pointer], pointer),
        (base, "ggml_backend_reg_name", [pointer], ctypes.c_char_p),
        (
            base,
            "ggml_backend_dev_memory",
            [pointer, ctypes.POINTER(size), ctypes.POINTER(size)],
            None,
        ),
    ]
    if rpc is not None:
        signatures.append((rpc, "ggml_backend_rpc_add_server", [ctypes.c_char_p], pointer))
    for library, name, arguments, result in signatures:
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
