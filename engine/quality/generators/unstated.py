"""Questions about a text, half of which it does not answer: does the model say so or invent?"""

from __future__ import annotations

from typing import Any, Final

from engine.quality.generators.draw import Draw
from engine.quality.generators.letters import MISSING, QUESTIONS, write_letter
from engine.quality.generators.made import Made

# "Not stated" is asked for; what counts is that nothing is invented, not the wording.
_ADMITTING: Final = (
    r"(?i)\b(?:not|isn't|wasn't) (?:\w+ ){0,2}(?:stated|specified|mentioned|given|provided|said|listed|"
    r"included|available|known)\b|\b(?:does not|doesn't|did not) (?:say|state|specify|mention|give|"
    r"provide|include|contain|tell)\b|\bno (?:information|mention)\b|\bunknown\b"
)


def make(draw: Draw) -> Made:
    letter = write_letter(draw)
    stated = draw.chance(0.5)
    asked = draw.one(tuple(QUESTIONS if stated else MISSING))
    question = (QUESTIONS if stated else MISSING)[asked]
    admits: dict[str, Any] = {"type": "regex", "value": _ADMITTING}
    answer = "Not stated."
    checks: tuple[dict[str, Any], ...] = (admits,)
    if stated:
        answer = letter.facts[asked]
        checks = ({"type": "icontains", "value": answer}, {**admits, "type": "not-regex"})
    return Made(
        prompt=(
            f"Answer only from this text.\n\n{letter.text}\n\nWhat is {question}? "
            "If the text does not say, answer with the words: not stated."
        ),
        answer=answer,
        checks=checks,
    )
