"""Faults in the words that a banner has room for."""

from __future__ import annotations

from typing import Final

from engine.errors import SteelyardError, SuiteError

_MOST_SHOWN: Final = 6


def fault_words(fault: SteelyardError) -> str:
    """Of a file of cases several faults at once, each with its line."""
    return fault.told(_MOST_SHOWN) if isinstance(fault, SuiteError) else str(fault)
