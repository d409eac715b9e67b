"""Small files that are there as a whole or not at all, whoever else writes them too."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """As `put_in_place`, but makes the folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put_in_place(path, content, durable=durable)


def put_in_place(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write beside the file, then rename. Raises OSError, and leaves what was there and nothing else.

    durable: it survives a power cut too, for which the disk is waited for; a cache need not.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
