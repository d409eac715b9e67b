"""The file of a suite and those beside it that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from engine.quality.reading.located import Document, LocatedList
from engine.quality.reading.tables import TableFault, read_table
from engine.quality.reading.templates import NotSupported
from engine.quality.reading.yaml_text import YamlFault, read_yaml

MOST_BYTES: Final = 5_000_000
MOST_FILES: Final = 100

_CODE: Final = {".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".sh", ".go", ".exe", ".bat"}


class FileFault(Exception):
    """A file that cannot be read; the text is the reason, `line` where it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Folder:
    """Reads the files of one suite: only those in its own folder, bounded in size and number.

    path None: the suite came from the clipboard, and no file stands beside it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read = 0

    def text(self, reference: str) -> str:
        """The text of `file://…`; raises FileFault and NotSupported."""
        name = reference.removeprefix("file://")
        if Path(name.split(":")[0]).suffix in _CODE:
            raise NotSupported(f"“{name}” is code, which is not run")
        if any(mark in name for mark in "*?["):
            raise NotSupported(f"“{name}” is a pattern; name each file")
        if self._path is None:
            raise FileFault(f"“{name}” cannot be found from a text without a folder")
        path = (self._path / name).resolve()
        if not path.is_relative_to(self._path.resolve()):
            raise FileFault(f"“{name}” lies outside the folder of the suite")
        self._read += 1
        if self._read > MOST_FILES:
            raise FileFault(f"it names more than {MOST_FILES} files")
        return file_text(path, name)

    def document(self, reference: str) -> Document:
        """The values in `file://…`; raises FileFault and NotSupported."""
        name = reference.removeprefix("file://")
        return parse_text(name, self.text(reference), Path(name).suffix)


def file_text(path: Path, name: str) -> str:
    """The UTF-8 text of a file, of at most 5 MB; raises FileFault."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as e:
        raise FileFault(f"“{name}” cannot be read: {e.strerror or e}") from e
    if len(data) > MOST_BYTES:
        raise FileFault(f"“{name}” is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data[: e.start].count(b"\n") + 1
        raise FileFault(f"“{name}” is not in UTF-8; save it so", line) from e
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_text(name: str, text: str, suffix: str) -> Document:
    """The values of a text in the form that the suffix tells; raises FileFault and NotSupported."""
    match suffix.lower():
        case ".yaml" | ".yml":
            return _yaml(name, text)
        case ".json":
            return _json(name, text)
        case ".jsonl" | ".ndjson":
            return _json_lines(name, text)
        case ".csv" | ".tsv":
            return _table(name, text)
        case _:
            raise NotSupported(f"“{name}” is no YAML, JSON, JSONL or CSV file")


def _yaml(name: str, text: str) -> Document:
    try:
        return read_yaml(name, text)
    except YamlFault as e:
        raise FileFault(e.reason, e.line) from e


def _table(name: str, text: str) -> Document:
    try:
        return read_table(name, text)
    except TableFault as e:
        raise FileFault(e.reason, e.line) from e


def _json(name: str, text: str) -> Document:
    return Document(file=name, value=_loaded(text, 1), first_line=None)


def _json_lines(name: str, text: str) -> Document:
    rows = LocatedList()
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            rows.append(_loaded(line, number))
            rows.lines.append(number)
    return Document(file=name, value=rows)


def _loaded(text: str, first_line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        raise FileFault(f"it is no JSON: {e.msg}", first_line + e.lineno - 1) from e
    except (ValueError, RecursionError) as e:
        raise FileFault(f"it is no JSON: {e}", first_line) from e
