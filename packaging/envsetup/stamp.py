"""Remembers what the environment was made from, so that it is made anew only when that changes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

NAME = "steelyard.json"


@dataclass(frozen=True)
class Stamp:
    """made: each step done, with the fingerprint of what it was made from.

    backend: the one asked for last, so that an override need not be repeated.
    """

    backend: str = "auto"
    made: dict[str, str] = field(default_factory=dict)

    def is_fresh(self, step: str, fingerprint: str) -> bool:
        return self.made.get(step) == fingerprint

    def with_made(self, step: str, fingerprint: str) -> "Stamp":
        return Stamp(self.backend, self.made | {step: fingerprint})

    def to_text(self) -> str:
        return json.dumps({"backend": self.backend, "made": self.made}, indent=1)

    @classmethod
    def from_text(cls, text: str) -> "Stamp":
        """Read a stamp; an empty one out of anything that is none."""
        try:
            content = json.loads(text)
            made = {str(step): str(mark) for step, mark in content["made"].items()}
            return cls(str(content["backend"]), made)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


def fingerprint_of(parts: Iterable[str | bytes]) -> str:
    """Give a hash that changes when any part does, or their borders."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()


def read_stamp(environment: Path) -> Stamp:
    """Read an environment's stamp; an empty one where there is none."""
    try:
        return Stamp.from_text((environment / NAME).read_text(encoding="utf-8"))
    except OSError:
        return Stamp()


def write_stamp(environment: Path, stamp: Stamp) -> None:
    path = environment / NAME
    partial = path.with_suffix(".part")
    partial.write_text(stamp.to_text(), encoding="utf-8")
    partial.replace(path)
