"""Where the cases of `suite` come from: a file, standard input, a ready suite or a recorded session."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.suite_options import SuiteOptions
from cli.terminal import clean_line, complain
from cli.usage import WrongUsage
from cli.wording import count
from engine.errors import PlanError
from engine.quality.adding import short_check, with_check, without_checks
from engine.quality.cases import read_pasted_suite, read_suite
from engine.quality.generators.ready import ready_suite
from engine.quality.suite import Suite
from engine.quality.writing import suite_of_session, suite_yaml
from storage.files import write_whole
from storage.history import History

_SOURCES = "Give one of --cases FILE, --ready NAME (--ready list names them) and --from-session ID."


def asked_suite(options: SuiteOptions, history: History) -> Suite:
    """The cases that were asked for, with the checks added to them."""
    given = (options.cases, options.ready, options.from_session)
    if sum(each is not None for each in given) != 1:
        raise WrongUsage(_SOURCES)
    suite = _read(options, history)
    for text in options.check:
        try:
            suite = with_check(suite, short_check(text))
        except PlanError as error:
            raise WrongUsage(f"--check: {error}") from error
    return suite


def must_be_judged(suite: Suite) -> None:
    """Nothing is run whose replies could not be judged."""
    bare = without_checks(suite.cases)
    if bare == len(suite.cases):
        raise WrongUsage(
            "None of these cases has a check, so no reply could be judged. Add one to all of them "
            "(--check 'icontains: …'), or save them (--save-cases FILE.yaml), add checks and run that file."
        )
    if bare:
        complain(f"{count(bare, 'case')} without a check: no verdict rests on them.")


def save_cases(suite: Suite, path: Path) -> None:
    write_whole(path, suite_yaml(suite).encode())
    complain(clean_line(f"{count(len(suite.cases), 'case')} written to {path}."))


def _read(options: SuiteOptions, history: History) -> Suite:
    if options.from_session is not None:
        return _of_session(options, history)
    if options.ready is not None:
        try:
            return ready_suite(options.ready, options.number, options.seed)
        except PlanError as error:
            raise WrongUsage(str(error)) from error
    assert options.cases is not None
    if str(options.cases) == "-":
        return read_pasted_suite(sys.stdin.read(), name="standard input")
    if not options.cases.is_file():
        raise WrongUsage(f"There is no file {options.cases}, given to --cases.")
    return read_suite(options.cases)


def _of_session(options: SuiteOptions, history: History) -> Suite:
    session = history.session(str(options.from_session))
    names = [contender.name for contender in session.contenders]
    if options.answers_of is not None and options.answers_of not in names:
        raise WrongUsage(
            f"--answers-of: the session has no “{options.answers_of}”. It has: {', '.join(names)}."
        )
    return suite_of_session(session, options.answers_of)
