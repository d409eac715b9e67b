"""The JSON Schema of the session document, made from the Structs.

`python -m storage.document_schema` writes it to docs/, where a test holds it against the Structs.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.contract import SESSION_FORMAT, SESSION_VERSION, Session

SCHEMA_FILE: Final = Path(__file__).parent.parent / "docs" / "session.schema.json"
_NUMBER = {
    "description": "A number; what JSON has no number for is spelled.",
    "anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}],
}


def schema_text() -> bytes:
    schema = _adapted(msgspec.json.schema(Session))
    schema["$defs"]["Number"] = _NUMBER
    # They have defaults in the Struct, but a document must say what it is.
    schema["$defs"]["Session"]["required"][:0] = ["format", "version"]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{SESSION_FORMAT} {SESSION_VERSION}",
        **schema,
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def _adapted(part: Any) -> Any:
    """Numbers as the document spells them; descriptions without the source's indentation."""
    if isinstance(part, list):
        return [_adapted(item) for item in part]
    if not isinstance(part, dict):
        return part
    adapted = {key: _adapted(value) for key, value in part.items()}
    if adapted.get("type") == "number":
        del adapted["type"]
        adapted = {"$ref": "#/$defs/Number", **adapted}
    if isinstance(adapted.get("description"), str):
        # Python 3.13 strips it itself, so the file is the same from every version.
        adapted["description"] = inspect.cleandoc(adapted["description"])
    return adapted


if __name__ == "__main__":
    SCHEMA_FILE.write_bytes(schema_text())
