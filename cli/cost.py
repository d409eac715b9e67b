"""cost: what a session's models cost in money and CO2, and what the cheaper one saves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from cli.cost_assumptions import assumptions_of, named
from cli.cost_options import CostOptions
from cli.cost_view import print_cost
from cli.terminal import result_console, write_result
from cli.usage import WrongUsage
from engine.contract import Session
from engine.cost.assumptions import Assumptions
from engine.cost.report import cost_report
from engine.quality.verdict import Outcome
from storage.document import parse
from storage.folders import database_path
from storage.history import History

_FILE_ENDING: Final = ".json"


class _Verdict(msgspec.Struct, frozen=True):
    """What is read of a verdict."""

    contender: str
    reference: str
    outcome: Outcome
    margin: float
    vetoed_by: tuple[str, ...] = ()


class _Judged(msgspec.Struct, frozen=True):
    """What `suite --json` adds to its session, as far as it is read here."""

    verdicts: tuple[_Verdict, ...] = ()


def cost(source: str, options: CostOptions) -> int:
    """`source` is a session's id, or a file that `suite --json` or `sessions export` wrote."""
    assumptions = assumptions_of(options, datetime.now().astimezone().date())
    session, verdicts = _read(source)
    compare_with = _reference(options.compare_with, session, assumptions, verdicts)
    report = cost_report(session, replace(assumptions, compare_with=compare_with), verdicts)
    if options.as_json:
        write_result(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    else:
        print_cost(result_console(), report)
    return 0


def _read(source: str) -> tuple[Session, tuple[_Verdict, ...]]:
    if not source.lower().endswith(_FILE_ENDING):
        with History.open(database_path()) as history:
            return history.session(source), ()
    try:
        content = Path(source).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{source} cannot be read: {error.strerror}.") from error
    session = parse(content, source)
    try:
        return session, msgspec.json.decode(content, type=_Judged).verdicts
    except msgspec.ValidationError as error:
        raise WrongUsage(f"The verdicts in {source} cannot be read: {error}.") from error


def _reference(
    typed: str | None, session: Session, assumptions: Assumptions, verdicts: tuple[_Verdict, ...]
) -> str | None:
    """The one that was named, else the one that the suite judged against; None: the dearest."""
    if typed is not None:
        local = [each.name for each in session.contenders]
        names = [*local, *(each.name for each in assumptions.paid)]
        return named(typed, names, "--compare-with")
    return verdicts[0].reference if verdicts else None
