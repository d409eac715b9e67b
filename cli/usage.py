"""What the user got wrong when typing, as against what the world got wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

# What Pydantic, which checks the options for Typer, says of a value, and how it is said to a person.
_REASONS: Final = (
    (r"Value error, ", ""),
    (r"'(.*)' does not match the formats '%Y-%m-%d'", r"“\1” is no date such as 2026-03-01"),
    (r"'(.*)' is not one of (.*)", r"“\1” is none of \2"),
    (r"Input should be a valid integer, .*", "it takes a whole number"),
    (r"Input should be a valid number, .*", "it takes a number"),
    (r"Input should be greater than or equal to (\S+)", r"it takes \1 or more"),
    (r"Input should be greater than (\S+)", r"it takes more than \1"),
    (r"Input should be less than or equal to (\S+)", r"it takes \1 at most"),
    (r"Input should be less than (\S+)", r"it takes less than \1"),
)


class WrongUsage(Exception):
    """Its text is shown as it is, and the command ends with 2."""


def require_file(path: Path) -> None:
    """Raises WrongUsage where there is none."""
    if path.is_dir():
        raise WrongUsage(f"{path} is a folder. Name a GGUF file in it.")
    if not path.exists():
        raise WrongUsage(f"There is no file {path}. Check its name and folder.")


def require_place(path: Path, option: str) -> None:
    """Raises WrongUsage where no file could be written, so that nothing is run in vain."""
    folder = path.absolute().parent
    if path.is_dir():
        raise WrongUsage(f"{path}, given to {option}, is a folder. Name a file in it.")
    if not folder.is_dir():
        raise WrongUsage(f"There is no folder {folder}, where {option} is to write. Make it first.")
    if not os.access(folder, os.W_OK):
        raise WrongUsage(f"{option} cannot write into the folder {folder}. Name another one.")


def read_text(path: Path, option: str) -> str:
    """A text file that an option names; raises WrongUsage."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its text is not UTF-8"
        raise WrongUsage(f"{path}, given to {option}, cannot be read: {reason}.") from error


def plain_reason(reason: str) -> str:
    """The same in plain words, as a sentence; a reason that is not known stays as it is."""
    said = reason.rstrip(".")
    for pattern, plain in _REASONS:
        said = re.sub(f"^{pattern}", plain, said)
    return said if said == reason.rstrip() else f"{said}."
