"""The same content in the form that was asked for, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made, whole_reply
from engine.quality.generators.words import ANIMALS, CITIES, FRUITS, MONTHS, PRODUCTS

_ONLY: Final = "Reply with that alone."


def make(draw: Draw) -> Made:
    return draw.one(_KINDS)(draw)


def _iso_date(draw: Draw) -> Made:
    day, month, year = draw.whole(1, 28), draw.whole(1, 12), draw.whole(1980, 2035)
    answer = f"{year}-{month:02}-{day:02}"
    prompt = f"Write the date {day} {MONTHS[month - 1]} {year} as YYYY-MM-DD. {_ONLY}"
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(re.escape(answer)),))


def _clock(draw: Draw) -> Made:
    hour, minute = draw.whole(1, 11), draw.whole(1, 59)
    answer = f"{hour + 12}:{minute:02}"
    prompt = f"Write the time {hour}:{minute:02} pm on the 24-hour clock as HH:MM. {_ONLY}"
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(re.escape(answer)),))


def _capitals(draw: Draw) -> Made:
    words = " ".join(draw.some(PRODUCTS, 3))
    prompt = f"Write these words in capital letters: {words}. {_ONLY}"
    answer = words.upper()
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(rf"{re.escape(answer)}\.?"),))


def _sorted_list(draw: Draw) -> Made:
    words = draw.some(draw.one((FRUITS, ANIMALS, CITIES)), 4)
    answer = ", ".join(sorted(words))
    prompt = (
        f"Put these words into alphabetical order, separated by commas: {', '.join(words)}. {_ONLY}"
    )
    pattern = r",\s*".join(map(re.escape, sorted(words)))
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(rf"(?i:{pattern})\.?"),))


def _bullets(draw: Draw) -> Made:
    words = draw.some(PRODUCTS, 3)
    answer = "\n".join(f"- {word}" for word in words)
    prompt = (
        f"Write these words as a list, each on a line of its own that begins with a hyphen and a "
        f"space: {', '.join(words)}. {_ONLY}"
    )
    pattern = r"\s*\n\s*".join(f"- {re.escape(word)}" for word in words)
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(f"(?i:{pattern})"),))


def _decimals(draw: Draw) -> Made:
    thousandths = draw.whole(1001, 98998)
    # A last digit of 5 would leave the rounding to the reader's school.
    thousandths += thousandths % 10 == 5
    answer = f"{(thousandths + 5) // 10 // 100}.{(thousandths + 5) // 10 % 100:02}"
    number = f"{thousandths // 1000}.{thousandths % 1000:03}"
    prompt = f"Round {number} to two decimals. {_ONLY}"
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(re.escape(answer)),))


def _between(draw: Draw) -> Made:
    word, (left, right) = draw.one(ANIMALS), draw.one((("<", ">"), ("[", "]"), ("#", "#")))
    answer = f"{left}{word}{right}"
    prompt = f"Write the word {word} between {left} and {right}, without spaces. {_ONLY}"
    return Made(prompt=prompt, answer=answer, checks=(whole_reply(re.escape(answer)),))


_KINDS: Final[tuple[Callable[[Draw], Made], ...]] = (
    _iso_date,
    _clock,
    _capitals,
    _sorted_list,
    _bullets,
    _decimals,
    _between,
)
