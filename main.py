"""Steelyard's one entry: the window, the command line, or a worker, chosen by its arguments."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path

_ENVIRONMENT = Path(__file__).resolve().parent / ".venv"


def main() -> int:
    arguments = sys.argv[1:]
    if importlib.util.find_spec("msgspec") is None:
        return _in_own_environment(arguments)
    if arguments == ["--worker"]:
        # Ctrl+C in a terminal reaches every process of the program; only the one that asked for the work
        # decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        from engine.worker.serve import main as serve

        serve()
    if arguments[:1] == ["--render-templates"]:
        from engine.worker.rendering import main as render

        render(arguments[1:])
        return 0
    if arguments[:1] == ["--print-report"]:
        from gui.printing.press import main as print_report

        return print_report(arguments[1:])
    if not arguments:
        from gui.start import start_window

        return start_window()
    from cli.app import run

    return run(arguments)


def _in_own_environment(arguments: list[str]) -> int:
    """Go on with the Python that `make setup` made; this one lacks the packages."""
    own = _ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    advice = "Run `make setup` first"
    # That Python may lack them too, where setting up was cut short: then it would start itself for ever.
    if own.exists() and Path(sys.prefix).resolve() != _ENVIRONMENT.resolve():
        advice = f"Use {own}"
        if os.name != "nt":  # there exec leaves the terminal before the program has ended
            os.execv(own, [str(own), *sys.argv])
    print(f"{sys.executable} has none of Steelyard's packages. {advice}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
