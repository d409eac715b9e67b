"""What a fidelity run can be measured on: texts, or prompts that the reference answers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import PlanError
from engine.quality.bundled import DEFAULT_TEXT, bundled_text, read_bundled

MOST_BYTES = 50_000_000


class Bundled(msgspec.Struct, frozen=True, tag="bundled"):
    """A text that comes with the program."""

    name: str = DEFAULT_TEXT


class TextFile(msgspec.Struct, frozen=True, tag="file"):
    path: str = ""


class PastedText(msgspec.Struct, frozen=True, tag="pasted"):
    text: str = ""


class PromptsFile(msgspec.Struct, frozen=True, tag="prompts"):
    """A suite of any form, or a text with one prompt a line."""

    path: str = ""


class RecordedReplies(msgspec.Struct, frozen=True, tag="recorded"):
    """What the reference replied in a session of the history."""

    session: str = ""
    title: str = ""


TextSource = Bundled | TextFile | PastedText
RepliesSource = PromptsFile | RecordedReplies
Source = TextSource | RepliesSource


def why_no_text(source: Source) -> str:
    """Why the source gives nothing yet, in a sentence, or empty; the file itself is not looked at."""
    match source:
        case TextFile(path=""):
            return "Choose a text file first."
        case PromptsFile(path=""):
            return "Choose a file of prompts first."
        case RecordedReplies(session=""):
            return "Choose a session first."
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
        case Bundled(name=name):
            bundled = bundled_text(name)
            return bundled.title, read_bundled(bundled)


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
