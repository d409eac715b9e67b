"""Reads a suite from a file or from pasted text."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Literal

from engine.contract import Case
from engine.errors import SuiteError
from engine.quality.reading.build import CaseBuilder
from engine.quality.reading.files import FileFault, Folder, file_text, parse_text
from engine.quality.reading.gathering import Gathering, TooManyFaults
from engine.quality.reading.located import Document
from engine.quality.reading.tables import DELIMITERS
from engine.quality.reading.templates import NotSupported
from engine.quality.suite import Suite

TextForm = Literal["yaml", "json", "jsonl", "csv"]


def read_suite(path: Path) -> Suite:
    """The suite in a YAML, JSON, JSONL or CSV file, or in a promptfoo configuration.

    Raises SuiteError, whose faults name line, field and reason.
    """
    gathering = Gathering()
    try:
        text = file_text(path, path.name)
        _require_content(text)
        document = parse_text(path.name, text, path.suffix)
    except FileFault as e:
        raise _refused(path.name, e.reason, e.line) from e
    except NotSupported as e:
        raise _refused(path.name, str(e), None) from e
    return _suite(document, path.name, Folder(path.parent), gathering)


def read_pasted_suite(text: str, form: TextForm | None = None, name: str | None = None) -> Suite:
    """The suite in a text from elsewhere; it can name no files. Raises SuiteError.

    form None: as the text looks. name: where it came from, None: from the clipboard.
    """
    form = form or form_of(text)
    name = name or f"pasted.{form}"
    try:
        _require_content(text)
        document = parse_text(name, text, f".{form}")
    except FileFault as e:
        raise _refused(name, e.reason, e.line) from e
    return _suite(document, name, Folder(None), Gathering())


def form_of(text: str) -> TextForm:
    """What a text looks like; what is nothing else may be YAML."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if first.lstrip().startswith(("{", "[")):
        try:
            json.loads(first)
        except ValueError:
            return "json"
        return "jsonl" if len(lines) > 1 else "json"
    parted = any(delimiter in first for delimiter in DELIMITERS)
    is_table = parted and not first.lstrip().startswith(("-", "#")) and ": " not in first
    return "csv" if is_table else "yaml"


def _require_content(text: str) -> None:
    if not text.strip():
        raise FileFault("it is empty")


def _suite(document: Document, name: str, folder: Folder, gathering: Gathering) -> Suite:
    cases: list[Case] = []
    with contextlib.suppress(TooManyFaults):
        cases = CaseBuilder(folder, gathering).build(document)
    gathering.raise_faults(name)
    if not cases:
        # What left cases out tells more than what has no effect on them.
        told = sorted(gathering.not_supported, key=lambda each: "left out" not in each.reason)
        why = f" {told[0].sentence()}" if told else ""
        raise SuiteError(f"The suite “{name}” holds no case that can be run.{why}")
    title = document.value.get("description") if isinstance(document.value, dict) else None
    if isinstance(document.value, dict) and isinstance(document.value.get("title"), str):
        title = document.value["title"]
    return Suite(
        name=title if isinstance(title, str) else name,
        cases=tuple(cases),
        not_supported=tuple(gathering.not_supported),
    )


def _refused(name: str, reason: str, line: int | None) -> SuiteError:
    place = f"{name}, line {line}" if line is not None else name
    told = line is None and reason.startswith(f"“{name}”")
    sentence = f"{reason}." if told else f"{place}: {reason}."
    return SuiteError(f"The suite “{name}” cannot be used.", (sentence,))
