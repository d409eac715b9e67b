"""What a generator gives for one case."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.contract import Case, Message
from engine.quality.checks.parse import parse_checks


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """answer: a reply that passes; checks: as a file would hold them."""

    prompt: str
    answer: str
    checks: tuple[dict[str, Any], ...]

    def case(self, name: str) -> Case:
        return Case(
            id=name,
            messages=(Message(role="user", content=self.prompt),),
            checks=parse_checks([dict(check) for check in self.checks]),
            answers=(self.answer,),
        )


def number_check(value: int | str) -> dict[str, Any]:
    """The last number of the reply is this one."""
    return {"type": "exact-match", "value": str(value), "filter": "last-number"}


def whole_reply(pattern: str) -> dict[str, Any]:
    """The reply is this from end to end, but for spaces around it."""
    return {"type": "regex", "value": rf"^\s*{pattern}\s*$"}
