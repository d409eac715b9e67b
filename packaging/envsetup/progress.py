"""Reads how far a tool has come from the lines that it prints."""

import re
from collections.abc import Callable

NINJA_STEP = re.compile(r"\s*\[(\d+)/(\d+)\] ")
PIP_FOUND = ("Collecting ", "Requirement already satisfied: ")
# pip first finds every package, then unpacks them all at once.
PIP_FINDING_SHARE = 0.8


def nothing_known(_line: str) -> float | None:
    return None


def ninja_fraction(line: str) -> float | None:
    """Read "[120/310] c++ …", as ninja prints it for each finished step."""
    step = NINJA_STEP.match(line)
    if step is None or int(step[2]) == 0:
        return None
    return int(step[1]) / int(step[2])


def pip_fraction(packages: int) -> Callable[[str], float | None]:
    """Give a reader that counts the packages which pip has found so far."""
    found = 0

    def fraction(line: str) -> float | None:
        nonlocal found
        if line.startswith("Installing collected packages"):
            return PIP_FINDING_SHARE
        if not line.startswith(PIP_FOUND):
            return None
        found += 1
        return PIP_FINDING_SHARE * min(found / packages, 1.0)

    return fraction
