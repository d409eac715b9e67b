"""cost: what a session's models cost in money and CO2, and what the cheaper one saves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from cli.cost_assumptions import assumptions_of, named
from cli.cost_options import CostOptions
from cli.cost_view import print_cost
from cli.terminal import result_console, write_json
from cli.usage import WrongUsage
from engine.contract import Session, Verdict
from engine.cost.assumptions import Assumptions
from engine.cost.calibrated import calibration_for
from engine.cost.report import cost_report
from engine.errors import StorageError
from storage.document import parse
from storage.energy_settings import energy_settings_file, load_energy_settings
from storage.folders import database_path
from storage.history import History
from storage.judged import judgement_on

_FILE_ENDING: Final = ".json"


def cost(source: str, options: CostOptions) -> int:
    """`source` is a session's id, or a file that `suite --json` or `sessions export` wrote."""
    assumptions = assumptions_of(options, datetime.now().astimezone().date())
    session = _read(source)
    verdicts, whence = _quality(session, options.verdicts)
    settings = load_energy_settings(energy_settings_file())
    calibration = None if options.components_only else calibration_for(session, settings)
    compare_with = _compared_with(options.compare_with, session, assumptions)
    assumptions = replace(assumptions, compare_with=compare_with, calibration=calibration)
    report = cost_report(session, assumptions, verdicts)
    report = replace(report, notes=(*report.notes, *whence))
    if options.as_json:
        write_json(report)
    else:
        print_cost(result_console(), report)
    return 0


def _read(source: str) -> Session:
    if not source.lower().endswith(_FILE_ENDING):
        with History.open(database_path()) as history:
            return history.session(source)
    try:
        return parse(Path(source).read_bytes(), source)
    except OSError as error:
        raise WrongUsage(f"{source} cannot be read: {error.strerror}.") from error


def _quality(session: Session, given: str | None) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """Verdicts that were named, else the session's own, else a suite's in the history; and whence."""
    if given is not None:
        verdicts = _read_verdicts(given)
        _require_same_models(verdicts, session, given)
        return verdicts, ()
    if session.verdicts or not database_path().exists():
        return session.verdicts, ()
    try:
        with History.open(database_path()) as history:
            judgement = judgement_on(session, history)
    except StorageError:
        # The session may be a file, which a damaged history must not keep from being priced.
        judgement = None
    return ((), ()) if judgement is None else (judgement.verdicts, (judgement.sentence(),))


def _read_verdicts(source: str) -> tuple[Verdict, ...]:
    try:
        return _read(source).verdicts
    except StorageError as error:
        raise WrongUsage(f"--verdicts: {error}") from error


def _require_same_models(verdicts: tuple[Verdict, ...], session: Session, source: str) -> None:
    names = {each.name for each in session.contenders}
    if not any({each.contender, each.reference} <= names for each in verdicts):
        raise WrongUsage(
            f"{source} has no verdict on two of this session's models: {', '.join(sorted(names))}."
            " Give a session of `suite` for the same files."
        )


def _compared_with(typed: str | None, session: Session, assumptions: Assumptions) -> str | None:
    """None: the one that a suite judged against, or the dearest."""
    if typed is None:
        return None
    local = [each.name for each in session.contenders]
    return named(typed, [*local, *(each.name for each in assumptions.paid)], "--compare-with")
