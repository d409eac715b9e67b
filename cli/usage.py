"""What the user got wrong when typing, as against what the world got wrong."""

from __future__ import annotations

from pathlib import Path


class WrongUsage(Exception):
    """Its text is shown as it is, and the command ends with 2."""


def require_file(path: Path) -> None:
    """Raises WrongUsage where there is none."""
    if path.is_dir():
        raise WrongUsage(f"{path} is a folder. Name a GGUF file in it.")
    if not path.exists():
        raise WrongUsage(f"There is no file {path}. Check its name and folder.")


def read_text(path: Path, option: str) -> str:
    """A text file that an option names; raises WrongUsage."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its text is not UTF-8"
        raise WrongUsage(f"{path}, given to {option}, cannot be read: {reason}.") from error
