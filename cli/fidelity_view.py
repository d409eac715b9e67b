"""A fidelity document on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.terminal import clean_line, words
from engine.contract import Fidelity, FidelityDocument, ReplyFidelity
from engine.quality.bundled import bundled_texts
from engine.quality.fidelity_sentences import (
    CAVEAT,
    error_sentence,
    noise_sentence,
    remarks,
    scope_sentence,
    sentences,
    with_error,
)
from engine.wording import probability

_MOST_REPLIES: Final = 5
_ROOM_FOR_A_TOKEN: Final = 12
"""Most tokens with their quotes."""
_BESIDE_A_PROMPT: Final = 76
"""What the other columns take; Rich would cut those before a column that does not wrap."""
_LEAST_OF_A_PROMPT: Final = 12


def print_fidelity(console: Console, document: FidelityDocument) -> None:
    """A table and a sentence a candidate."""
    console.print(words(scope_sentence(document)))
    same = [entry for entry in document.candidates if isinstance(entry, Fidelity)]
    if same:
        console.print()
        console.print(_table(same))
        console.print(words(error_sentence(document), "dim"))
    console.print()
    for sentence in sentences(document):
        console.print(words(sentence))
    if document.scored == "replies":
        for entry in same:
            _print_worst(console, entry, document)
    for remark in remarks(document):
        console.print(words(clean_line(remark)))
    console.print(words(CAVEAT, "dim"))
    console.print(words(noise_sentence(document), "dim"))


def print_bundled(console: Console) -> None:
    for each in bundled_texts():
        console.print(words(f"{each.name:10}{each.title}. {each.source}. {each.licence}."))


def worst_first(entry: Fidelity) -> list[ReplyFidelity]:
    return sorted(entry.replies, key=lambda each: each.worst.kld, reverse=True)


def _table(entries: Sequence[Fidelity]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("candidate", overflow="fold")
    for head in (
        "same top\n%",
        "mean KL\ndivergence",
        "KL\n99 %",
        "perplexity\nratio",
        "RMS Δp\n%",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for entry in entries:
        table.add_row(
            words(entry.name),
            with_error(entry.same_top_percent, most_decimals=1),
            with_error(entry.mean_kld, most_decimals=4),
            f"{entry.kld_p99:.3f}",
            with_error(entry.ppl_ratio, most_decimals=4),
            with_error(entry.rms_delta_p_percent, most_decimals=2),
        )
    return table


def _print_worst(console: Console, entry: Fidelity, document: FidelityDocument) -> None:
    """The replies with the largest single differences."""
    prompts = {each.case: each.prompt for each in document.replies}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("prompt", no_wrap=True)
    for head in ("same top\n%", "mean KL", "worst\ntoken"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("text", overflow="fold", min_width=_ROOM_FOR_A_TOKEN)
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("likeliest\nfor it", overflow="fold", min_width=_ROOM_FOR_A_TOKEN)
    for each in worst_first(entry)[:_MOST_REPLIES]:
        worst = each.worst
        change = f"{probability(worst.probability)} → {probability(worst.candidate_probability)}"
        table.add_row(
            _shortened(f"{each.case}: {prompts[each.case]}", console.width - _BESIDE_A_PROMPT),
            f"{each.same_top_percent:.1f}",
            f"{each.mean_kld:.4f}",
            str(worst.token + 1),
            words(clean_line(repr(worst.text))),
            change,
            words(clean_line(repr(worst.instead))),
        )
    console.print()
    console.print(words(f"Where {entry.name} is furthest from the replies:"))
    console.print(table)
    console.print()


def _shortened(prompt: str, width: int) -> Text:
    text = words(clean_line(prompt))
    text.truncate(max(width, _LEAST_OF_A_PROMPT), overflow="ellipsis")
    return text
