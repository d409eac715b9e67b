"""Energy meters of Windows through its own libraries; imported on Windows only."""

from __future__ import annotations

import ctypes
from typing import Any

INTERFACE = "{45BD8344-7ED6-49CF-A440-C276C933B053}"
GENERIC_READ = 0x80000000
SHARE_READ_WRITE = 0x3
OPEN_EXISTING = 3
INVALID_HANDLE = ctypes.c_void_p(-1).value


_windows: Any = ctypes  # its Windows half is unknown to checkers that run elsewhere


def open_devices() -> tuple[WindowsEmiDevice, ...]:
    """All energy meters that are present and let themselves be opened."""
    kernel = _windows.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = ctypes.c_void_p
    devices = []
    for path in _paths():
        handle = kernel.CreateFileW(
            path, GENERIC_READ, SHARE_READ_WRITE, None, OPEN_EXISTING, 0, None
        )
        if handle not in {None, INVALID_HANDLE}:
            devices.append(WindowsEmiDevice(path, kernel, handle))
    return tuple(devices)


class WindowsEmiDevice:
    def __init__(self, path: str, kernel: Any, handle: int) -> None:
        self.path = path
        self._kernel = kernel
        self._handle = handle

    def ask(self, request: int, size_bytes: int) -> bytes:
        answer = ctypes.create_string_buffer(size_bytes)
        returned = ctypes.c_uint32(0)
        done = self._kernel.DeviceIoControl(
            ctypes.c_void_p(self._handle),
            ctypes.c_uint32(request),
            None,
            0,
            answer,
            ctypes.c_uint32(size_bytes),
            ctypes.byref(returned),
            None,
        )
        if not done:
            code = _windows.get_last_error()
            raise OSError(code, _windows.FormatError(code), self.path)
        return answer.raw[: returned.value]

    def close(self) -> None:
        self._kernel.CloseHandle(ctypes.c_void_p(self._handle))


class _Guid(ctypes.Structure):
    _fields_ = (
        ("data1", ctypes.c_uint32),
        ("data2", ctypes.c_uint16),
        ("data3", ctypes.c_uint16),
        ("data4", ctypes.c_uint8 * 8),
    )


def _paths() -> list[str]:
    """The device paths of the interface, from a list of strings that each end in a NUL."""
    guid = _Guid()
    if _windows.WinDLL("ole32").CLSIDFromString(INTERFACE, ctypes.byref(guid)) != 0:
        return []
    manager = _windows.WinDLL("cfgmgr32")
    size = ctypes.c_ulong(0)
    if manager.CM_Get_Device_Interface_List_SizeW(ctypes.byref(size), ctypes.byref(guid), None, 0):
        return []
    buffer = ctypes.create_unicode_buffer(max(size.value, 1))
    if manager.CM_Get_Device_Interface_ListW(ctypes.byref(guid), None, buffer, size, 0):
        return []
    return [path for path in "".join(buffer).split("\0") if path]
