"""A suite: cases, what a good reply to each must satisfy, and what of its file is not supported."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.contract import Case, Remark
from engine.errors import PlanError


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """not_supported: what the file asks for and this program does not do, each with its place."""

    name: str
    cases: tuple[Case, ...]
    not_supported: tuple[Remark, ...] = ()


def cases_by_id(suite: Suite) -> dict[str, Case]:
    return {each.id: each for each in suite.cases}


def joined(name: str, suites: Sequence[Suite]) -> Suite:
    """Several suites as one; raises PlanError when two cases have the same id."""
    cases = tuple(case for suite in suites for case in suite.cases)
    seen: set[str] = set()
    for each in cases:
        if each.id in seen:
            raise PlanError(f"Two cases are called “{each.id}”: give one of them another id.")
        seen.add(each.id)
    remarks = tuple(remark for suite in suites for remark in suite.not_supported)
    return Suite(name=name, cases=cases, not_supported=remarks)
