"""Tells whether a folder lies on another machine, where SQLite's locks cannot be relied on.

https://www.sqlite.org/useovernet.html
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

import psutil

_NETWORK: Final = re.compile(
    r"9p|afpfs|afs|ceph|cifs|davfs|(fuse\.)?(davfs2|glusterfs|sshfs)|lustre|ncpfs|nfs[34]?|smb(fs|[23])?"
    r"|webdav"
)


def warn_once(folder: Path) -> str | None:
    """`network_warning`, unless it was given for this folder before, as a file in it then tells."""
    told = folder / ".network-drive-told"
    if told.exists():
        return None
    warning = network_warning(folder)
    if warning is not None:
        with contextlib.suppress(OSError):  # where nothing can be written, it is told again
            told.touch()
    return warning


def network_warning(folder: Path) -> str | None:
    """A sentence for the user if the folder is on a network drive."""
    place = folder.absolute()
    mounts = [
        mount
        for mount in psutil.disk_partitions(all=True)
        if place.is_relative_to(mount.mountpoint)
    ]
    nearest = max(mounts, key=lambda mount: len(mount.mountpoint), default=None)
    if nearest is None:
        return None
    # Windows names the drive's own file system, and says apart that it is elsewhere.
    remote = "remote" in nearest.opts.split(",")
    if not remote and not _NETWORK.fullmatch(nearest.fstype.lower()):
        return None
    return (
        f"{folder} is on a network drive ({nearest.fstype}), where a database can be damaged when two"
        " machines use it. Set STEELYARD_HOME to a folder on this machine."
    )
