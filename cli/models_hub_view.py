"""What a hub answers, on the terminal. All of it is foreign text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from cli.models_fit_view import FitDocument
from cli.tables import print_table
from cli.terminal import clean_line, words
from cli.wording import NONE, count, significant, size
from models.hub.client import Found, Repository
from models.hub.foretold import Facts
from models.hub.listing import Choice
from models.library.standing import Standing

_BILLION, _MILLION = 10**9, 10**6
_HERE: Final[dict[Standing | None, str]] = {
    None: "",
    "here": "here already",
    "newer": "newer one available",
}


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a header told; fits by label."""

    facts: Facts | None
    fits: dict[str, FitDocument]


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
    judged: Judged,
    standings: Mapping[str, Standing],
) -> None:
    """Quantizations with sizes and verdicts; tab-separated where other programs read."""
    if judged.facts is not None and console.is_terminal:
        console.print(words(clean_line(_facts_line(judged.facts)), "dim"))
    heads = ("name", "quantization", "bits", "size", "kind", "fit", "longest context", "here")
    rows = [
        (
            each.label,
            each.quantization or NONE,
            _bits(judged.facts, each),
            size(each.size_bytes),
            _kind(each),
            *_fit(judged.fits.get(each.label)),
            _HERE[standings.get(each.label)],
        )
        for each in repository.listing.choices
    ]
    if rows:
        _print(console, heads, rows, right={"bits", "size", "longest context"})
    else:
        console.print(words(clean_line(f"{repository.repo} has no GGUF files.")))


def parameters(number: int) -> str:
    """4.0B, 135M, as model names have it."""
    if number >= _BILLION:
        return f"{number / _BILLION:.1f}B"
    return f"{number / _MILLION:.0f}M"


def _facts_line(facts: Facts) -> str:
    template = "with a chat template" if facts.has_chat_template else "without a chat template"
    told = [facts.architecture or "architecture not named", template]
    if facts.parameters:
        told.insert(1, f"{parameters(facts.parameters)} parameters")
    if facts.n_ctx_train:
        told.insert(-1, f"trained for {facts.n_ctx_train:,} tokens")
    return ", ".join(told)


def _bits(facts: Facts | None, choice: Choice) -> str:
    bits = None if facts is None else facts.bits_per_weight(choice)
    return NONE if bits is None else significant(bits)


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
    print_table(console, table)
