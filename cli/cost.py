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
from engine.contract import Outcome, Session
from engine.cost.assumptions import Assumptions
from engine.cost.report import cost_report
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
    if options.verdicts is not None:
        verdicts = _verdicts(_content(options.verdicts), options.verdicts)
        _require_same_models(verdicts, session, options.verdicts)
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
    path = Path(source)
    content = _content(path)
    return parse(content, source), _verdicts(content, path)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}.") from error


def _verdicts(content: bytes, path: Path) -> tuple[_Verdict, ...]:
    try:
        return msgspec.json.decode(content, type=_Judged).verdicts
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The verdicts in {path} cannot be read: {error}.") from error


def _require_same_models(verdicts: tuple[_Verdict, ...], session: Session, path: Path) -> None:
    names = {each.name for each in session.contenders}
    if not any({each.contender, each.reference} <= names for each in verdicts):
        raise WrongUsage(
            f"{path} has no verdict on two of this session's models: {', '.join(sorted(names))}."
            " Give what `suite --json` wrote for the same files."
        )


def _reference(
    typed: str | None, session: Session, assumptions: Assumptions, verdicts: tuple[_Verdict, ...]
) -> str | None:
    """The one that was named, else the one that the suite judged against; None: the dearest."""
    if typed is not None:
        local = [each.name for each in session.contenders]
        names = [*local, *(each.name for each in assumptions.paid)]
        return named(typed, names, "--compare-with")
    ran = {each.name for each in session.contenders}
    return next((each.reference for each in verdicts if each.reference in ran), None)
