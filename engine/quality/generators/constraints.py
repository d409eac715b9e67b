"""Free writing under two rules that a program can check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made
from engine.quality.generators.words import ANIMALS, FRUITS, TOPICS


class _Rule(msgspec.Struct, frozen=True, kw_only=True):
    """change: makes a text that keeps the rule out of one that may not; turn: when it is due."""

    text: str
    check: dict[str, Any]
    change: Callable[[str], str]
    turn: int = 0


def make(draw: Draw) -> Made:
    topic = draw.one(TOPICS)
    rules = [kind(draw) for kind in draw.some(_KINDS, 2)]
    answer = f"People like {topic} for many good reasons today"
    for rule in sorted(rules, key=lambda rule: rule.turn):
        answer = rule.change(answer)
    return Made(
        prompt=f"Write about {topic}. " + " ".join(rule.text for rule in rules),
        answer=answer,
        checks=tuple(rule.check for rule in rules),
    )


def _most_words(draw: Draw) -> _Rule:
    n = draw.whole(15, 40)
    return _Rule(
        text=f"Use at most {n} words.",
        check={"type": "word-count", "value": {"max": n}},
        change=lambda text: text,
    )


def _contains(draw: Draw) -> _Rule:
    word = draw.one(ANIMALS)
    return _Rule(
        text=f"Use the word “{word}”.",
        check={"type": "regex", "value": rf"(?i)\b{word}s?\b"},
        change=lambda text: f"{text} and {word}",
    )


def _avoids(draw: Draw) -> _Rule:
    word = draw.one(("the", "is", "and", "very", "it"))
    others = {"the": "a", "is": "was", "and": "or", "very": "quite", "it": "that"}
    return _Rule(
        text=f"Do not use the word “{word}”.",
        check={"type": "not-regex", "value": rf"(?i)\b{word}\b"},
        change=lambda text: " ".join(
            others[word] if each.lower() == word else each for each in text.split(" ")
        ),
        turn=1,
    )


def _starts(draw: Draw) -> _Rule:
    fruit = draw.one(FRUITS).capitalize()
    return _Rule(
        text=f"Begin with the word “{fruit}”.",
        check={"type": "regex", "value": rf"^\W*(?i:{fruit})\b"},
        change=lambda text: f"{fruit} {text}",
        turn=2,
    )


def _ends(draw: Draw) -> _Rule:
    fruit = draw.one(FRUITS)
    return _Rule(
        text=f"End with the word “{fruit}”.",
        check={"type": "regex", "value": rf"(?i)\b{fruit}\W*$"},
        change=lambda text: f"{text} {fruit}",
        turn=2,
    )


def _without_commas(_: Draw) -> _Rule:
    return _Rule(
        text="Use no commas.",
        check={"type": "not-contains", "value": ","},
        change=lambda text: text.replace(",", ""),
    )


_KINDS: Final[tuple[Callable[[Draw], _Rule], ...]] = (
    _most_words,
    _contains,
    _avoids,
    _starts,
    _ends,
    _without_commas,
)
