"""A ggml RPC server on loopback: `python rpc_server.py PORT` serves this machine's CPU as a device.

It gives a real second device to test offload with, on a machine that has no GPU.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def rpc_servers(count: int) -> Iterator[list[tuple[str, subprocess.Popen[bytes]]]]:
    """Endpoints ("127.0.0.1:port") with their processes, ready to be connected to."""
    servers = []
    try:
        for _ in range(count):
            port = _free_port()
            process = subprocess.Popen(
                [sys.executable, __file__, str(port)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            servers.append((f"127.0.0.1:{port}", process))
        for endpoint, process in servers:
            _wait_until_listening(endpoint, process)
        yield servers
    finally:
        for _, process in servers:
            process.kill()
            process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    """Look at the kernel's table of sockets: a connection of ours would use up the server's only turn."""
    import psutil

    port = int(endpoint.rpartition(":")[2])
    for _ in range(2000):
        assert process.poll() is None, "the RPC server ended"
        for connection in psutil.Process(process.pid).net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"no RPC server at {endpoint}")


def serve(port: int) -> None:
    import llama_cpp.llama_cpp as lib

    folder = Path(lib.__file__).parent / "lib"
    ggml = ctypes.CDLL(str(folder / "libggml.so"))
    rpc = ctypes.CDLL(str(folder / "libggml-rpc.so"))
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    rpc.ggml_backend_rpc_start_server.argtypes = [
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_void_p),
    ]
    lib.llama_backend_init()
    devices = (ctypes.c_void_p * 1)(ggml.ggml_backend_dev_get(0))
    rpc.ggml_backend_rpc_start_server(f"127.0.0.1:{port}".encode(), None, 1, 1, devices)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
