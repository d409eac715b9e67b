"""The texts that a fidelity run can score."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from engine.errors import PlanError

MOST_BYTES = 50_000_000


class TextFile(msgspec.Struct, frozen=True, tag="file"):
    path: str = ""


class PastedText(msgspec.Struct, frozen=True, tag="pasted"):
    text: str = ""


class PythonReference(msgspec.Struct, frozen=True, tag="python"):
    """The language reference that every Python carries in `pydoc_data`: English, some code."""


TextSource = TextFile | PastedText | PythonReference


def why_no_text(source: TextSource) -> str:
    """Why the source gives nothing yet, in a sentence, or empty; the file itself is not looked at."""
    match source:
        case TextFile(path=""):
            return "Choose a text file first."
        case PastedText(text=text) if not text.strip():
            return "Paste a text first."
    return ""


def read_text(source: TextSource) -> tuple[str, str]:
    """The text's name and the text; raises PlanError."""
    match source:
        case TextFile(path=path):
            return Path(path).name, _file_text(Path(path))
        case PastedText(text=text):
            return "pasted text", text
    from pydoc_data.topics import topics  # 700 kB, needed here alone

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"Python {version} language reference", "\n\n".join(topics.values())


def _file_text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PlanError(
                f"{path} has more than {MOST_BYTES // 1_000_000} MB. Choose a part of it: "
                "100 kB give a close estimate."
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise PlanError(f"{path} cannot be read: {fault.strerror}. Choose another file.") from fault
    except UnicodeDecodeError as fault:
        raise PlanError(
            f"{path} is not a text in UTF-8. Save it as UTF-8 in an editor, or choose another file."
        ) from fault
