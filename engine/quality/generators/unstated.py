"""Questions about a text, half of which it does not answer: does the model say so or invent?"""

from __future__ import annotations

from engine.quality.generators.draw import Draw
from engine.quality.generators.letters import MISSING, QUESTIONS, write_letter
from engine.quality.generators.made import Made


def make(draw: Draw) -> Made:
    letter = write_letter(draw)
    stated = draw.chance(0.5)
    asked = draw.one(tuple(QUESTIONS if stated else MISSING))
    question = (QUESTIONS if stated else MISSING)[asked]
    prompt = (
        f"Answer only from this text.\n\n{letter.text}\n\nWhat is {question}? "
        "If the text does not say, answer with the words: not stated."
    )
    if stated:
        answer = letter.facts[asked]
        checks = (
            {"type": "icontains", "value": answer},
            {"type": "not-icontains", "value": "not stated"},
        )
        return Made(prompt=prompt, answer=answer, checks=checks)
    return Made(
        prompt=prompt,
        answer="Not stated.",
        checks=(
            {"type": "icontains", "value": "not stated"},
            {"type": "word-count", "value": {"max": 25}},
        ),
    )
