"""Tells whether a folder could be written to, also one that is not there yet; leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from storage.os_faults import file_in_the_way, os_sentence


def why_unusable(folder: Path) -> str | None:
    """A sentence for the user; None where files can be made in it, or it can be made.

    Tried and not asked for: rights say nothing of read-only disks, quotas and file systems of the kernel.
    """
    blocked = file_in_the_way(folder / "x")
    if blocked is not None:
        return f"{blocked} is a file and not a folder."
    try:
        nearest = next(each for each in (folder, *folder.parents) if each.is_dir())
        with tempfile.TemporaryDirectory(prefix=".steelyard-", dir=nearest):
            return None
    except FileNotFoundError:
        # What /proc and the like say.
        return f"No folder can be made in {nearest}."
    except OSError as error:
        return os_sentence(folder, error)
