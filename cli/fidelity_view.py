"""A fidelity document on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from cli.terminal import words
from engine.contract import Estimate, Fidelity, FidelityDocument, OtherTokenizer


def print_fidelity(console: Console, document: FidelityDocument) -> None:
    """A table and a sentence a candidate; ± is the chunk-clustered standard error."""
    ppl = document.reference.ppl
    console.print(
        words(
            f"{document.text.name}: {document.scored_tokens} tokens scored in {document.chunks} chunks of "
            f"{document.n_ctx}. Reference: {document.reference.name}, perplexity {_estimate(ppl, 3)}."
        )
    )
    same = [entry for entry in document.candidates if isinstance(entry, Fidelity)]
    if same:
        console.print()
        console.print(_table(same))
        console.print(words("± is the standard error with chunks as clusters.", "dim"))
    console.print()
    for entry in document.candidates:
        console.print(words(fidelity_sentence(entry, document)))
    if document.noise_floor is not None:
        floor = document.noise_floor
        console.print(
            words(
                f"Rounding alone (the reference with micro-batches of {floor.n_batch}) gives a mean KL "
                f"divergence of {floor.mean_kld:.6f} and {floor.same_top_percent:.2f} % same top.",
                "dim",
            )
        )
    if document.stopped:
        console.print(words(f"Not the whole text: {document.stopped}.", "dim"))


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
            _estimate(entry.same_top_percent, 1),
            _estimate(entry.mean_kld, 4),
            f"{entry.kld_p99:.3f}",
            _estimate(entry.ppl_ratio, 4),
            _estimate(entry.rms_delta_p_percent, 2),
        )
    return table


def fidelity_sentence(entry: Fidelity | OtherTokenizer, document: FidelityDocument) -> str:
    """What the figures of a candidate mean, in plain words."""
    reference = document.reference.name
    if isinstance(entry, OtherTokenizer):
        return (
            f"{entry.name}: {entry.reason} It needs {_estimate(entry.bits_per_byte, 3)} bits a byte of this "
            f"text, {reference} {_estimate(entry.bits_per_byte_base, 3)}; fewer is better."
        )
    if entry.within_noise:
        return f"{entry.name}: no difference to {reference} beyond rounding."
    same = entry.same_top_percent.value
    return (
        f"{entry.name}: at {same:.1f} % of the tokens it would go on as {reference} does, "
        f"at {100 - same:.1f} % with another token. How much that matters, tasks must tell."
    )


def _estimate(estimate: Estimate, digits: int) -> str:
    error = estimate.clustered_plus_minus
    text = f"{estimate.value:.{digits}f}"
    return text if error is None else f"{text} ± {error:.{digits}f}"
