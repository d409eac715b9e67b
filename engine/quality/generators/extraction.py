"""One fact out of a short text that holds six."""

from __future__ import annotations

from engine.quality.generators.draw import Draw
from engine.quality.generators.letters import QUESTIONS, write_letter
from engine.quality.generators.made import Made


def make(draw: Draw) -> Made:
    letter = write_letter(draw)
    asked = draw.one(tuple(QUESTIONS))
    others = [value for name, value in letter.facts.items() if name != asked]
    return Made(
        prompt=(
            f"Read this text.\n\n{letter.text}\n\n"
            f"What is {QUESTIONS[asked]}? Answer with that alone, without a sentence."
        ),
        answer=letter.facts[asked],
        checks=(
            {"type": "icontains", "value": letter.facts[asked]},
            {"type": "not-icontains-any", "value": others},
            {"type": "word-count", "value": {"max": 8}},
        ),
    )
