"""Where exceptions end: each as a sentence on standard error and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Final

import typer

from cli.program import program_name
from cli.usage import WrongUsage, plain_reason
from engine.errors import DamagedHistory, Misnamed, PlanError, SteelyardError, SuiteError

EXIT_FAILED: Final = 1
EXIT_WRONG_USAGE: Final = 2
EXIT_OWN_FAULT: Final = 70
EXIT_INTERRUPTED: Final = 130
_DEBUG: Final = "STEELYARD_DEBUG"
_WRONG_USAGE: Final = (WrongUsage, PlanError, Misnamed)
"""What was typed cannot be done, whoever noticed it."""


def guarded(action: Callable[[], int]) -> int:
    """The exit code of the action, or of what it raised."""
    try:
        code = action()
        sys.stdout.flush()
    except DamagedHistory as error:
        return _complain(f"{error} Run: {program_name()} sessions salvage", EXIT_FAILED)
    except _WRONG_USAGE as error:
        return _complain(str(error), EXIT_WRONG_USAGE)
    except SteelyardError as error:
        told = error.told() if isinstance(error, SuiteError) else str(error)
        return _complain(told, EXIT_FAILED)
    except typer.TyperException as error:
        return _show(error)
    except (KeyboardInterrupt, typer.Abort):
        return _complain("Stopped.", EXIT_INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001 - the command line's last resort
        return _apologise(error)
    return code


def _complain(sentence: str, code: int) -> int:
    from cli.terminal import complain

    complain(sentence)
    return code


def _show(error: typer.TyperException) -> int:
    """What Typer says of wrong usage: the command's usage line, then the reason."""
    show = getattr(error, "show", None)
    if show is None:
        return _complain(error.format_message(), EXIT_WRONG_USAGE)
    error.message = plain_reason(error.message)
    show(file=sys.stderr)
    return error.exit_code


def _reader_left() -> int:
    """Whoever read our output has closed it, as `| head` does; nothing more can be said there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_FAILED


def _apologise(error: Exception) -> int:
    if os.environ.get(_DEBUG):
        traceback.print_exception(error)
    else:
        _complain(
            f"Sorry, this is a fault of Steelyard's own ({type(error).__name__}: {error}). Run the same"
            f" command with {_DEBUG}=1 for the details, and please report them.",
            EXIT_OWN_FAULT,
        )
    return EXIT_OWN_FAULT
