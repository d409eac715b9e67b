"""The session as a JSON document: written for exchange, read from anybody.

JSON has no infinity and no NaN, which a logit bias or a broken model's log-probability may be. They
are written as the strings "Infinity", "-Infinity" and "NaN", as Protocol Buffers do in JSON.
"""

from __future__ import annotations

import math
import re
from datetime import UTC
from typing import Any, Final

import msgspec

from engine.contract import SESSION_FORMAT, SESSION_VERSION, Session
from engine.errors import StorageError
from storage.document_checks import contradiction

MAX_BYTES: Final = 100_000_000

_NOT_FINITE = (b'"NaN"', b'"Infinity"', b'"-Infinity"')
_PLAIN_WORDS = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`bool`": "true or false",
    "`str`": "text",
    "`array`": "a list",
    "`object`": "an object",
    "`datetime`": "a date and time",
    "`null`": "nothing",
}


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


def dump(session: Session) -> bytes:
    """The document, indented, in UTF-8; raises StorageError for text that is not Unicode."""
    return msgspec.json.format(_encoded(session), indent=2) + b"\n"


def dump_line(session: Session) -> bytes:
    """The document on one line, as a .jsonl file has it."""
    return _encoded(session) + b"\n"


def parse(content: bytes, source: str) -> Session:
    """The session in a document of any origin; raises StorageError naming `source` and field."""
    if len(content) > MAX_BYTES:
        raise StorageError(
            f"{source} has {len(content) / 10**6:.0f} MB; sessions of at most"
            f" {MAX_BYTES // 10**6} MB are read."
        )
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        _check_head(msgspec.json.decode(content, type=_Head), source)
        # Only a document that has those three may give numbers as strings.
        spelled = any(word in content for word in _NOT_FINITE)
        session = msgspec.json.decode(content, type=Session, strict=not spelled)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StorageError(
            f"{source} cannot be read as a session: {_reason(error, content)}."
        ) from error
    reason = contradiction(session)
    if reason:
        raise StorageError(f"{source} cannot be read as a session: {reason}.")
    return _in_utc(session, source)


def _encoded(session: Session) -> bytes:
    plain = _spell_not_finite(msgspec.to_builtins(session, str_keys=True))
    try:
        return msgspec.json.encode(plain)
    except UnicodeEncodeError as error:
        raise StorageError(f"“{session.title}” cannot be written as JSON: {error}.") from error


def _check_head(head: _Head, source: str) -> None:
    if head.format != SESSION_FORMAT:
        raise StorageError(
            f"{source} is not a Steelyard session: its “format” is not “{SESSION_FORMAT}”."
        )
    if head.version > SESSION_VERSION:
        raise StorageError(
            f"{source} was made by a newer version of Steelyard (format version {head.version};"
            f" this one reads up to {SESSION_VERSION}). Install that version to open it."
        )
    if head.version < 1:
        raise StorageError(f"{source} cannot be read as a session: version must be 1 or more.")


def _reason(error: Exception, content: bytes) -> str:
    """What is wrong and where: the field, or the line where there is no telling the field."""
    if isinstance(error, RecursionError):
        return "its lists and objects are nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "its text is not UTF-8"
    text = str(error)
    for word, plain in _PLAIN_WORDS.items():
        text = text.replace(word, plain)
    text = text.replace("`", "").replace("Object", "an object")
    reason, _, field = text.partition(" - at ")
    if not reason.startswith("JSON"):
        reason = reason[:1].lower() + reason[1:]
    if field:
        return f"{field.removeprefix('$.')}: {reason}"
    byte = re.search(r"\(byte (\d+)\)", reason)
    line = content.count(b"\n", 0, int(byte[1]) if byte else len(content)) + 1
    return f"line {line}: {reason}"


def _spell_not_finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _spell_not_finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spell_not_finite(part) for part in value]
    return value


def _in_utc(session: Session, source: str) -> Session:
    if session.created.tzinfo is None:
        raise StorageError(f"{source} cannot be read as a session: created: it lacks a time zone.")
    try:
        return msgspec.structs.replace(session, created=session.created.astimezone(UTC))
    except OverflowError as error:
        raise StorageError(
            f"{source} cannot be read as a session: created: {session.created} is out of range."
        ) from error
