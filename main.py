"""Steelyard's one entry: the window, the command line, or a worker, chosen by its arguments."""

from __future__ import annotations

import sys


def main() -> int:
    arguments = sys.argv[1:]
    if arguments == ["--worker"]:
        from engine.worker.serve import main as serve

        serve()
    if not arguments:
        from gui.start import start_window

        return start_window()
    from cli.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
