"""What a fidelity run found, as cells of a table, as sentences and as text to be copied.

Imported with the first result only: the engine's statistics bring numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from engine.contract import Contender, Estimate, Fidelity, FidelityDocument, OtherTokenizer
from engine.quality.fidelity_sentences import (
    CAVEAT,
    error_sentence,
    noise_sentence,
    plain,
    remarks,
    scope_sentence,
    sentences,
    with_error,
)
from engine.quality.fidelity_statistics import RunningFidelity
from gui.figures import size
from gui.quality.figures_table import Cell, Column, named

ABSENT: Final = "–"
COLUMNS: Final = (
    Column("Model", is_text=True),
    Column("Size"),
    Column(
        "Same next token",
        "How often the model's likeliest next token is the reference's. Higher is closer.",
    ),
    Column(
        "Mean KLD",
        "Mean Kullback-Leibler divergence from the reference's probabilities, in nats; 0 is equal. "
        "± is the larger of two standard errors: of single tokens, and with chunks as clusters.",
    ),
    Column(
        "PPL ratio",
        "Perplexity divided by the reference's: above 1, the text is harder to predict for the model.",
    ),
    Column(
        "RMS Δp",
        "How far the probability of the right token moves, root mean square, in points.",
    ),
    Column("Finding", is_text=True),
)
_DETAILS: Final = (
    ("Perplexity", "ppl"),
    ("Perplexity of the reference", "ppl_base"),
    ("Correlation of the two, %", "correlation_percent"),
    ("ln of the PPL ratio", "ln_ppl_ratio"),
    ("PPL ratio", "ppl_ratio"),
    ("PPL difference", "ppl_difference"),
    ("Mean KLD", "mean_kld"),
    ("Maximum KLD", "max_kld"),
    ("99.9 % KLD", "kld_p99_9"),
    ("99 % KLD", "kld_p99"),
    ("95 % KLD", "kld_p95"),
    ("90 % KLD", "kld_p90"),
    ("Median KLD", "median_kld"),
    ("10 % KLD", "kld_p10"),
    ("5 % KLD", "kld_p5"),
    ("1 % KLD", "kld_p1"),
    ("0.1 % KLD", "kld_p0_1"),
    ("Minimum KLD", "min_kld"),
    ("Mean Δp, %", "mean_delta_p_percent"),
    ("Maximum Δp, %", "max_delta_p_percent"),
    ("99.9 % Δp, %", "delta_p_p99_9_percent"),
    ("99 % Δp, %", "delta_p_p99_percent"),
    ("95 % Δp, %", "delta_p_p95_percent"),
    ("90 % Δp, %", "delta_p_p90_percent"),
    ("75 % Δp, %", "delta_p_p75_percent"),
    ("Median Δp, %", "median_delta_p_percent"),
    ("25 % Δp, %", "delta_p_p25_percent"),
    ("10 % Δp, %", "delta_p_p10_percent"),
    ("5 % Δp, %", "delta_p_p5_percent"),
    ("1 % Δp, %", "delta_p_p1_percent"),
    ("0.1 % Δp, %", "delta_p_p0_1_percent"),
    ("Minimum Δp, %", "min_delta_p_percent"),
    ("RMS Δp, %", "rms_delta_p_percent"),
    ("Same next token, %", "same_top_percent"),
)


def finding(candidate: Fidelity | OtherTokenizer) -> str:
    if isinstance(candidate, OtherTokenizer):
        return "other tokenizer"
    if candidate.within_noise:
        return "no difference"
    return "differs" if candidate.within_noise is False else ABSENT


def running_row(contender: Contender, running: RunningFidelity | None, *, over: bool) -> list[Cell]:
    """over: the run has ended without a result."""
    start = _start(contender)
    if running is None:
        return [*start, *[Cell(ABSENT)] * 4, Cell("not measured" if over else "waiting")]
    ratio = running.ppl.value / running.ppl_base.value
    return [
        *start,
        _cell(running.same_top_percent, " %"),
        _cell(running.mean_kld),
        Cell(f"{ratio:.3f}", ratio),
        Cell(ABSENT),
        Cell("not finished" if over else "running"),
    ]


def result_row(contender: Contender, candidate: Fidelity | OtherTokenizer) -> list[Cell]:
    start = _start(contender)
    if isinstance(candidate, OtherTokenizer):
        return [
            *start,
            *[Cell(ABSENT, hint=candidate.reason)] * 4,
            Cell(finding(candidate), hint=candidate.reason),
        ]
    return [
        *start,
        _cell(candidate.same_top_percent, " %"),
        _cell(candidate.mean_kld),
        _cell(candidate.ppl_ratio),
        _cell(candidate.rms_delta_p_percent, " %"),
        Cell(finding(candidate)),
    ]


def _start(contender: Contender) -> list[Cell]:
    return [Cell(contender.name, hint=contender.name), _size(contender)]


def detail_columns(document: FidelityDocument) -> list[Column]:
    return [
        Column("Figure", is_text=True),
        *(named(candidate.name, 26) for candidate in _same_tokens(document)),
    ]


def detail_rows(document: FidelityDocument) -> list[list[Cell]]:
    return [
        [Cell(title), *(_detail(getattr(each, field)) for each in _same_tokens(document))]
        for title, field in _DETAILS
    ]


def as_text(document: FidelityDocument, contenders: Mapping[str, Contender]) -> str:
    """The whole result as plain text with columns set by tabs, to be pasted anywhere."""
    rows = [
        [cell.text for cell in result_row(contenders[candidate.name], candidate)]
        for candidate in document.candidates
    ]
    lines = [
        scope_sentence(document),
        "",
        "\t".join(column.title for column in COLUMNS),
        *("\t".join(row) for row in rows),
        "",
        *sentences(document),
        error_sentence(document),
        *remarks(document),
        noise_sentence(document),
        CAVEAT,
    ]
    return "\n".join(lines) + "\n"


def as_json(document: FidelityDocument) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _same_tokens(document: FidelityDocument) -> list[Fidelity]:
    return [each for each in document.candidates if isinstance(each, Fidelity)]


def _cell(estimate: Estimate, unit: str = "") -> Cell:
    most = 2 if unit else 5
    return Cell(with_error(estimate, unit, most), estimate.value, _both_errors(estimate, unit))


def _both_errors(estimate: Estimate, unit: str) -> str:
    words = []
    if estimate.clustered_plus_minus is not None:
        words.append(f"± {estimate.clustered_plus_minus:.3g}{unit} with chunks as clusters")
    if estimate.plus_minus is not None:
        words.append(f"± {estimate.plus_minus:.3g}{unit} if tokens were independent")
    return ", ".join(words)


def _detail(value: Estimate | float | None) -> Cell:
    if value is None:
        return Cell(ABSENT)
    if isinstance(value, Estimate):
        return _cell(value)
    return Cell(plain(value), value)


def _size(contender: Contender) -> Cell:
    return Cell(size(contender.model.size_bytes), contender.model.size_bytes)
