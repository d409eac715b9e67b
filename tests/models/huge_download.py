"""Downloads on loopback, large and timed: `python -m tests.models.huge_download [GIGABYTES]`.

Prints our speed beside that of hf_hub_download alone on the same file, and the memory at its peak.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from models.download.partial import Wanted
from models.download.throttle import Throttle
from models.download.transfer import Transfer
from models.fingerprint import Fingerprints
from models.hub.http import HubHttp
from models.hub.settings import HubSettings
from models.hub.wires import Stopping
from tests.models.fakehub import FakeHub, File


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(endpoint: str, file: File, folder: Path) -> float:
    http = HubHttp(HubSettings(endpoint=endpoint), lambda: None)
    wanted = Wanted(
        endpoint=endpoint,
        repo="owner/model",
        file="m.gguf",
        commit="c" * 40,
        size_bytes=file.size,
        sha256=file.sha256,
    )
    begun = time.perf_counter()
    Transfer(http, Throttle()).fetch(wanted, folder / "m.gguf", Stopping(), lambda here_bytes: None)
    elapsed_s = time.perf_counter() - begun
    http.close()
    return elapsed_s


def theirs(endpoint: str, folder: Path) -> float:
    from huggingface_hub import close_session, hf_hub_download

    begun = time.perf_counter()
    hf_hub_download("owner/model", "m.gguf", local_dir=folder, endpoint=endpoint, token=False)
    elapsed_s = time.perf_counter() - begun
    close_session()
    return elapsed_s


def serve_forever(path: Path, sha256: str) -> tuple[int, str]:
    """The hub in a process of its own, so that it does not share our interpreter's lock."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with FakeHub() as hub:
            hub.add("owner/model", {"m.gguf": File(path=path, sha256=sha256)})
            os.write(write_end, hub.endpoint.encode())
            os.close(write_end)
            threading.Event().wait()
    os.close(write_end)
    return child, os.read(read_end, 100).decode()


def main(gigabytes: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source"
        with source.open("wb") as sparse:
            sparse.truncate(int(gigabytes * 1e9))
        sha256 = Fingerprints(folder / "cache").of(source)
        child, endpoint = serve_forever(source, sha256)
        try:
            for turn in range(3 if gigabytes <= 2 else 1):
                mine = ours(endpoint, File(path=source, sha256=sha256), folder / f"ours{turn}")
                print(f"ours   {gigabytes * 1e3 / mine:8.0f} MB/s, peak {peak_mb():.0f} MB")
                (folder / f"ours{turn}" / "m.gguf.part").unlink()
                if gigabytes <= 2:
                    other = theirs(endpoint, folder / f"theirs{turn}")
                    print(f"theirs {gigabytes * 1e3 / other:8.0f} MB/s")
                    (folder / f"theirs{turn}" / "m.gguf").unlink()
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
