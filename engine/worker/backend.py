"""llama.cpp itself: started once, its log kept, its devices listed and RPC servers added.

The package binds libllama only; what it leaves out (ggml's device registry, RPC) is bound here.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace
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
_CONNECT_LIMIT_S = 5.0


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
        self._ggml = _bind_ggml()
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
            _check_answers(endpoint)
            registry = self._add_server()(endpoint.encode())
            if not registry:
                raise DeviceError(
                    f"What answers at {endpoint} is not an RPC server of this llama.cpp."
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

    def _add_server(self) -> Any:
        """ggml_backend_rpc_add_server, found the way llama.cpp's own tools find it."""
        rpc = self._ggml.ggml_backend_reg_by_name(b"RPC")
        if not rpc:
            raise DeviceError(
                "This build of llama.cpp has no RPC backend; run `make setup` to build it with one."
            )
        address = self._ggml.ggml_backend_reg_get_proc_address(rpc, b"ggml_backend_rpc_add_server")
        return ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(address)

    def _describe(self, handle: int) -> DeviceInfo:
        free, total = ctypes.c_size_t(0), ctypes.c_size_t(0)
        self._ggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
        kind = _KINDS.get(self._ggml.ggml_backend_dev_type(handle), "other")
        registry = self._ggml.ggml_backend_dev_backend_reg(handle)
        return DeviceInfo(
            name=_text(self._ggml.ggml_backend_dev_name(handle)),
            description=_text(self._ggml.ggml_backend_dev_description(handle)),
            kind=kind,
            backend=_text(self._ggml.ggml_backend_reg_name(registry)),
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


def _bind_ggml() -> Any:
    """ggml's registry, in the very library that libllama uses.

    A wheel holds copies where the build made links, so loading libggml.so by its path would give a second
    registry that llama.cpp never looks at. The loader finds the right one through libllama's own handle;
    Windows keeps one module a name and has no such search.
    """
    if sys.platform == "win32":
        ggml = ctypes.CDLL("ggml.dll")
        base = ctypes.CDLL("ggml-base.dll")
    else:
        ggml = base = lib._lib
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    bound = SimpleNamespace()
    for library, name, arguments, result in (
        (ggml, "ggml_backend_dev_count", [], size),
        (ggml, "ggml_backend_dev_get", [size], pointer),
        (ggml, "ggml_backend_register", [pointer], None),
        (ggml, "ggml_backend_reg_by_name", [ctypes.c_char_p], pointer),
        (base, "ggml_backend_reg_get_proc_address", [pointer, ctypes.c_char_p], pointer),
        (base, "ggml_backend_reg_name", [pointer], ctypes.c_char_p),
        (base, "ggml_backend_dev_name", [pointer], ctypes.c_char_p),
        (base, "ggml_backend_dev_description", [pointer], ctypes.c_char_p),
        (base, "ggml_backend_dev_type", [pointer], ctypes.c_int),
        (base, "ggml_backend_dev_backend_reg", [pointer], pointer),
        (
            base,
            "ggml_backend_dev_memory",
            [pointer, ctypes.POINTER(size), ctypes.POINTER(size)],
            None,
        ),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
        setattr(bound, name, function)
    return bound


def _check_answers(endpoint: str) -> None:
    """ggml aborts the process when nobody answers, so look first."""
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal():
        raise DeviceError(f"“{endpoint}” is no RPC server address. Write it as host:port.")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_LIMIT_S).close()
    except OSError as error:
        raise DeviceError(
            f"The RPC server {endpoint} does not answer: {error.strerror or error}. Start it, or take it "
            "out of the settings."
        ) from error


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
