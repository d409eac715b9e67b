"""docs/cli.md, made from the commands themselves: `python -m cli.reference` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from cli.app import app
from cli.help_view import EXAMPLES

TARGET: Final = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
_HEAD: Final = """\
# The command line

Made by `python -m cli.reference` from the commands; `python main.py COMMAND --help` shows the same.

- Results go to standard output; progress, notes and errors to standard error. With `--json`, standard output
  holds one JSON document and nothing else; that of `compare`, `demo`, `sessions show` and `sessions export`
  is described by [session.schema.json](session.schema.json). That of `suite` is the same with `scores`,
  `standings`, `verdicts` and `sentences` added, and `cost --verdicts` reads it.
- Ctrl+C stops the run and keeps what was produced; pressed again, it leaves at once.
- Exit codes: 0 all well, 1 something failed (a sentence on standard error says what), 2 wrong usage, 130
  stopped by Ctrl+C, 70 a fault of Steelyard's own.
- `STEELYARD_HOME=/some/folder` moves sessions and models there; `STEELYARD_DEBUG=1` shows the traceback of a
  fault; `NO_COLOR=1` leaves out colours.
"""


def reference() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    parts = [_HEAD]
    for name, command in root.commands.items():
        for path, each in _leaves((name,), command):
            parts.append(_section(path, each))
    return "\n".join(parts)


def _leaves(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in inner.items():
        yield from _leaves((*path, name), each)


def _section(path: tuple[str, ...], command: Any) -> str:
    visible = [each for each in command.params if each.name != "help"]
    arguments = [each for each in visible if each.param_type_name == "argument"]
    options = [each for each in visible if each.param_type_name == "option"]
    usage = [f"python main.py {' '.join(path)}"]
    usage += ["[OPTIONS]"] if options else []
    usage += [_metavar(each) + ("…" if each.nargs < 0 else "") for each in arguments]
    lines = [f"## {' '.join(path)}", "", command.help or "", "", "```", " ".join(usage), "```", ""]
    examples = [f"python main.py {each}" for each in EXAMPLES.get(path, ())]
    if examples:
        lines += ["For example:", "", "```sh", *examples, "```", ""]
    panels = dict.fromkeys(getattr(each, "rich_help_panel", None) for each in options)
    for panel in panels:
        if panel:
            lines += [f"**{panel}**", ""]
        lines += ["| option | | |", "|---|---|---|"]
        lines += [_row(each) for each in options if each.rich_help_panel == panel]
        lines.append("")
    return "\n".join(lines)


def _row(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    metavar = "" if option.is_flag else f"`{_metavar(option)}`"
    text = " ".join(part for part in (option.help, _default(option)) if part)
    return f"| {names} | {_cell(metavar)} | {_cell(text)} |"


def _default(option: Any) -> str:
    if isinstance(option.show_default, str):
        return f"Default: {option.show_default}."
    if option.is_flag or option.default is None or option.default in ([], ()):
        return ""
    return f"Default: {option.default}."


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
