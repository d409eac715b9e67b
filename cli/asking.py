"""A question before something is done for good."""

from __future__ import annotations

import sys

from cli.usage import WrongUsage


def agreed(question: str, undone: str) -> bool:
    """Whether the person at the terminal says yes; `undone` tells what was not done where there is nobody.

    Raises WrongUsage without a terminal: silence is no consent.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUsage(f"{undone}, for there is no terminal to ask at. Add --yes to do it.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
