"""Sums from one step to three, half of them in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made, number_check
from engine.quality.generators.words import FIRST_NAMES, PRODUCTS

_ONLY: Final = "Answer with the number only."


def make(draw: Draw) -> Made:
    question, result = draw.one(_KINDS)(draw)
    return Made(prompt=f"{question} {_ONLY}", answer=str(result), checks=(number_check(result),))


def _addition(draw: Draw) -> tuple[str, int]:
    a, b = draw.whole(12, 999), draw.whole(12, 999)
    return f"What is {a} + {b}?", a + b


def _subtraction(draw: Draw) -> tuple[str, int]:
    a, b = sorted((draw.whole(12, 999), draw.whole(12, 999)), reverse=True)
    return f"What is {a} - {b}?", a - b


def _product(draw: Draw) -> tuple[str, int]:
    a, b = draw.whole(3, 12), draw.whole(11, 99)
    return f"What is {a} × {b}?", a * b


def _quotient(draw: Draw) -> tuple[str, int]:
    a, b = draw.whole(3, 12), draw.whole(3, 60)
    return f"What is {a * b} divided by {a}?", b


def _percentage(draw: Draw) -> tuple[str, int]:
    percent, hundreds = draw.one((5, 10, 15, 20, 25, 40, 50, 75)), draw.whole(1, 20)
    base = hundreds * 20
    return f"What is {percent} % of {base}?", percent * base // 100


def _shopping(draw: Draw) -> tuple[str, int]:
    name, (first, second) = draw.one(FIRST_NAMES), draw.some(PRODUCTS, 2)
    n, a, b = draw.whole(2, 6), draw.whole(4, 30), draw.whole(4, 90)
    question = (
        f"{name} buys {n} items of the kind “{first}” for {a} euros each and one of the kind "
        f"“{second}” for {b} euros. How many euros is that in all?"
    )
    return question, n * a + b


def _stock(draw: Draw) -> tuple[str, int]:
    product, start = draw.one(PRODUCTS), draw.whole(60, 200)
    sold, back = draw.whole(10, 40), draw.whole(2, 9)
    question = (
        f"A shop has {start} items of the kind “{product}”. It sells {sold} of them, and {back} "
        "come back. How many are there now?"
    )
    return question, start - sold + back


def _journey(draw: Draw) -> tuple[str, int]:
    speed, hours, rest = draw.whole(4, 12) * 10, draw.whole(2, 6), draw.whole(5, 60)
    question = (
        f"A train goes {speed} kilometres an hour for {hours} hours and then {rest} kilometres "
        "more. How many kilometres is that in all?"
    )
    return question, speed * hours + rest


_KINDS: Final[tuple[Callable[[Draw], tuple[str, int]], ...]] = (
    _addition,
    _subtraction,
    _product,
    _quotient,
    _percentage,
    _shopping,
    _stock,
    _journey,
)
