"""Steelyard's one entry: the window, the command line, or a worker, chosen by its arguments."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    arguments = sys.argv[1:]
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


if __name__ == "__main__":
    sys.exit(main())
