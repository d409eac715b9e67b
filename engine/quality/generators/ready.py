"""The ready suites by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.contract import Case
from engine.errors import PlanError
from engine.quality.generators import (
    arithmetic,
    classification,
    constraints,
    extraction,
    formats,
    human_eval,
    json_objects,
    unstated,
)
from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made
from engine.quality.suite import Suite

MOST_CASES: Final = 1_000
_TRIES: Final = 200


class ReadySuite(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    about: str
    most: int = MOST_CASES


_MAKERS: Final[dict[str, tuple[str, str, Callable[[Draw], Made]]]] = {
    "arithmetic": ("Arithmetic", "Sums of one to three steps.", arithmetic.make),
    "extraction": ("Extraction", "One fact out of a short letter.", extraction.make),
    "format": ("Format following", "The form that was asked for, and no more.", formats.make),
    "classification": (
        "Classification",
        "Mood of a review, subject of a message, language.",
        classification.make,
    ),
    "json": ("JSON by schema", "A text as a JSON object of a given shape.", json_objects.make),
    "constraints": ("Instructions", "Free writing under two checkable rules.", constraints.make),
    "unstated": (
        "What the text does not say",
        "Questions that the text answers or not: does the model invent?",
        unstated.make,
    ),
}


def ready_suites() -> tuple[ReadySuite, ...]:
    made = tuple(
        ReadySuite(name=name, title=title, about=about)
        for name, (title, about, _) in _MAKERS.items()
    )
    tasks = ReadySuite(
        name=human_eval.NAME, title=human_eval.TITLE, about=human_eval.ABOUT, most=human_eval.MOST
    )
    return (*made, tasks)


def ready_suite(name: str, n: int, seed: int = 1) -> Suite:
    """n different cases; the same name, number and seed give the same ones everywhere.

    Raises PlanError for a name that is none and for more cases than there are.
    """
    if name == human_eval.NAME:
        return human_eval.human_eval(n, seed)
    if name not in _MAKERS:
        names = ", ".join(each.name for each in ready_suites())
        raise PlanError(f"There is no ready suite “{name}”. There are: {names}.")
    if not 1 <= n <= MOST_CASES:
        raise PlanError(f"A ready suite has 1 to {MOST_CASES} cases, not {n}.")
    title, _, make = _MAKERS[name]
    draw = Draw(name, seed)
    prompts: set[str] = set()
    cases: list[Case] = []
    tries = 0
    while len(cases) < n:
        made = make(draw)
        tries += 1
        if made.prompt not in prompts:
            prompts.add(made.prompt)
            cases.append(made.case(f"{name}/{seed}/{len(cases) + 1}"))
        elif tries > n * _TRIES:
            raise PlanError(f"The ready suite “{name}” cannot give {n} different cases.")
    return Suite(name=f"{title}, seed {seed}", cases=tuple(cases))
