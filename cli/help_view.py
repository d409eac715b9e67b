"""How `--help` shows what an option takes, and examples of each command."""

from __future__ import annotations

from typing import Any, Final

import typer

# Each is run through the parser by tests/cli/test_documented_commands.py.
EXAMPLES: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("compare",): (
        'compare A.gguf B.gguf -p "Explain TLS." --repeat 5',
        "compare A.gguf B.gguf --prompts questions.txt --json",
    ),
    ("bench",): ("bench A.gguf -p 512,2048 -n 128 -t 1-4",),
    ("fidelity",): ("fidelity BIG.gguf SMALL.gguf", "fidelity BIG.gguf SMALL.gguf --text work.txt"),
    ("diverge",): ('diverge BIG.gguf SMALL.gguf -p "Why is the sky blue?"',),
    ("suite",): (
        "suite BIG.gguf SMALL.gguf --cases mine.yaml --margin 5",
        "suite BIG.gguf SMALL.gguf --ready extraction",
    ),
    ("cost",): ("cost SESSION --requests-per-day 10000 --country DE --api-price 0.15/0.60",),
    ("models", "fit"): ("models fit A.gguf -c 8192",),
    ("models", "quantize"): ("models quantize A-F16.gguf Q4_K_M Q8_0 --dry-run",),
    ("models", "get"): ("models get owner/model Q4_K_M",),
    ("sessions", "list"): ("sessions list --kind suite --since 2026-03-01",),
    ("sessions", "compare"): ("sessions compare EARLIER LATER --texts",),
    ("sessions", "rerun"): ("sessions rerun ID --swap NAME=FILE --set temperature=0.7",),
    ("sessions", "export"): ("sessions export ID --to report.pdf --without-paths",),
}


def tidy(command: Any, program: str, path: tuple[str, ...] = ()) -> None:
    """Give the command and those below it their examples, and options no names of Python's types."""
    examples = EXAMPLES.get(path, ())
    if examples:
        heading = "Examples:" if len(examples) > 1 else "Example:"
        command.epilog = "\n\n".join((heading, *(f"{program} {each}" for each in examples)))
    for name, inner in getattr(command, "commands", {}).items():
        tidy(inner, program, (*path, name))


def without_python_types() -> None:
    """Typer names an argument's type in Python's words, such as <list[Path]>, and flags <bool>."""
    of_option = typer.core.TyperOption.display_type_rich

    def option(self: Any, ctx: Any) -> str | None:
        shown = None if self.is_flag else of_option(self, ctx)
        return None if shown is None else shown.strip("<>")

    def argument(self: Any, ctx: Any) -> str | None:
        return None

    typer.core.TyperOption.display_type_rich = option  # type: ignore[method-assign]
    typer.core.TyperArgument.display_type_rich = argument  # type: ignore[method-assign]
