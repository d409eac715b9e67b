"""What a failed operation on a file means, for the user."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

NO_SPACE: Final = (
    "There is no space left on the disk that holds {path}. Free some space there, then try again."
)
READ_ONLY: Final = (
    "{path} cannot be written: the file or its folder is read-only. Allow writing there, or choose"
    " another folder."
)
ONLY_READ: Final = (
    "{path} is only read, because the file or its folder is read-only. Allow writing there, or choose"
    " another folder."
)
NO_FOLDER: Final = (
    "The folder {folder} is missing, so {path} cannot be opened. Make it, then try again."
)
NOT_A_FOLDER: Final = (
    "{file} is a file and not a folder, so {path} cannot be in it. Name a folder instead."
)
DISK_FAILS: Final = (
    "The disk that holds {path} could not be read or written. Check the disk, then try again."
)

_BY_ERRNO = {
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EROFS: READ_ONLY,
    errno.EIO: DISK_FAILS,
    errno.ENOENT: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
}


_BLOCKED: Final = {errno.EEXIST, errno.ENOTDIR, errno.ENOENT}


def file_in_the_way(path: Path) -> Path | None:
    """What lies where one of its folders should be."""
    return next((each for each in path.parents if each.is_file()), None)


def os_sentence(path: Path, error: OSError) -> str:
    blocked = file_in_the_way(path) if error.errno in _BLOCKED else None
    if blocked is not None:
        return NOT_A_FOLDER.format(file=blocked, path=path)
    sentence = _BY_ERRNO.get(error.errno or 0)
    if sentence is None:
        return f"{path} cannot be used: {error.strerror or error}."
    return sentence.format(path=path, folder=path.parent)
