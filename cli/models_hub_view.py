"""What a hub answers, on the terminal. All of it is foreign text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from cli.models_fit_view import FitDocument
from cli.terminal import clean_line, words
from cli.wording import NONE, count, size
from models.hub.client import Found, Repository
from models.hub.listing import Choice
from models.library.standing import Standing

_BILLION, _MILLION = 10**9, 10**6
_HERE: Final[dict[Standing | None, str]] = {
    None: "",
    "here": "here already",
    "newer": "newer one available",
}


def print_found(console: Console, found: Sequence[Found]) -> None:
    """Repositories; tab-separated where other programs read."""
    heads = ("repository", "parameters", "architecture", "downloads", "licence", "access")
    rows = [
        (
            each.repo,
            NONE if each.parameters is None else parameters(each.parameters),
            each.architecture or NONE,
            NONE if each.downloads is None else f"{each.downloads}",
            each.licence or NONE,
            "asks for consent" if each.gated else "open",
        )
        for each in found
    ]
    _print(console, heads, rows, right={"parameters", "downloads"})


def print_files(
    console: Console,
    repository: Repository,
    fits: Mapping[str, FitDocument],
    standings: Mapping[str, Standing],
) -> None:
    """Quantizations with sizes and verdicts; tab-separated where other programs read."""
    heads = ("name", "quantization", "size", "kind", "fit", "longest context", "here")
    rows = [
        (
            each.label,
            each.quantization or NONE,
            size(each.size_bytes),
            _kind(each),
            *_fit(fits.get(each.label)),
            _HERE[standings.get(each.label)],
        )
        for each in repository.listing.choices
    ]
    if rows:
        _print(console, heads, rows, right={"size", "longest context"})
    else:
        console.print(words(clean_line(f"{repository.repo} has no GGUF files.")))


def parameters(number: int) -> str:
    """4.0B, 135M, as model names have it."""
    if number >= _BILLION:
        return f"{number / _BILLION:.1f}B"
    return f"{number / _MILLION:.0f}M"


def _fit(found: FitDocument | None) -> tuple[str, str]:
    if found is None:
        return NONE, NONE
    verdict = found.verdict
    if found.verdict == "too large":
        verdict = f"too large by {size(found.short_bytes)}"
    elif found.verdict == "partly on the GPU":
        verdict = f"{found.offloaded_layers} of {found.layers} on the GPU"
    return verdict, NONE if found.max_context is None else f"{found.max_context:,}"


def _kind(choice: Choice) -> str:
    parts = f", {count(len(choice.files), 'part')}" if len(choice.files) > 1 else ""
    missing = f", {choice.missing} missing" if choice.missing else ""
    return f"{choice.kind}{parts}{missing}"


def _print(
    console: Console, heads: Sequence[str], rows: Sequence[tuple[str, ...]], right: set[str]
) -> None:
    if not console.is_terminal:
        for row in rows:
            print("\t".join(clean_line(cell) for cell in row), file=console.file)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, head in enumerate(heads):
        table.add_column(
            head,
            justify="right" if head in right else "left",
            overflow="fold",
            no_wrap=place > 0,
        )
    for row in rows:
        table.add_row(*(words(clean_line(cell)) for cell in row))
    console.print(table)
