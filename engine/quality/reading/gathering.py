"""Collects what is wrong with a suite and what of it is not supported, each with its place."""

from __future__ import annotations

from typing import Final

from engine.contract import Remark
from engine.errors import SuiteError
from engine.quality.fields import Place
from engine.quality.reading.located import Document, written

MOST_FAULTS: Final = 20
MOST_REMARKS: Final = 200


class TooManyFaults(Exception):
    """Reading further is of no use."""


class Gathering:
    def __init__(self) -> None:
        self.faults: list[Remark] = []
        self.not_supported: list[Remark] = []

    def fault(self, document: Document, place: Place, reason: str, line: int | None = None) -> None:
        remark = _remark(document, place, reason, line)
        if remark not in self.faults:
            self.faults.append(remark)
        if len(self.faults) >= MOST_FAULTS:
            raise TooManyFaults

    def unsupported(self, document: Document, place: Place, reason: str) -> None:
        remark = _remark(document, place, reason, None)
        if len(self.not_supported) < MOST_REMARKS and remark not in self.not_supported:
            self.not_supported.append(remark)

    def raise_faults(self, name: str) -> None:
        """Raises SuiteError when anything was wrong."""
        if not self.faults:
            return
        sentences = tuple(fault.sentence() for fault in self.faults)
        raise SuiteError(f"The suite “{name}” cannot be used.", sentences)


def _remark(document: Document, place: Place, reason: str, line: int | None) -> Remark:
    return Remark(
        file=document.file,
        line=document.line(place) if line is None else line,
        field=written(place),
        reason=reason.rstrip("."),
    )
