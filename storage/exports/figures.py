"""The figures of a session's contenders as the columns of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine.contract import Contender, Reply, Session
from engine.energy.typical import TypicalEnergy, typical_energy
from engine.energy.wording import ESTIMATED_DIGITS, MEASURED_DIGITS
from engine.summary import ContenderSummary, summarise
from engine.wording import NONE, digits_text, rate, seconds, size
from storage.exports.wording import spread


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """value: for sorting and charts, None where the figure could not be had; detail: smaller, below."""

    text: str = NONE
    detail: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of every contender, in their order; better: which end of the scale one wants."""

    key: str
    title: str
    explained: str
    better: str
    cells: tuple[Cell, ...]


class _Measure(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    title: str
    explained: str
    better: str
    cell: Callable[[Contender, ContenderSummary | None, Sequence[Reply]], Cell]


def columns(session: Session) -> tuple[Column, ...]:
    """Only those figures that at least one contender has."""
    summaries = {summary.contender: summary for summary in summarise(session.replies)}
    replies = {
        contender.name: [reply for reply in session.replies if reply.contender == contender.name]
        for contender in session.contenders
    }
    found = (
        Column(
            key=measure.key,
            title=measure.title,
            explained=measure.explained,
            better=measure.better,
            cells=tuple(
                measure.cell(contender, summaries.get(contender.name), replies[contender.name])
                for contender in session.contenders
            ),
        )
        for measure in _MEASURES
    )
    return tuple(column for column in found if any(cell.value is not None for cell in column.cells))


def _timing(
    field: str, words: Callable[[float], str]
) -> Callable[[Contender, ContenderSummary | None, Sequence[Reply]], Cell]:
    def cell(_: Contender, summary: ContenderSummary | None, __: Sequence[Reply]) -> Cell:
        figure = summary.figures.get(field) if summary else None
        if figure is None:
            return Cell()
        deviation = figure.median * (figure.spread_percent or 0.0) / 100
        return Cell(
            text=words(figure.median),
            detail=spread(figure),
            value=figure.median,
            low=figure.median - deviation if deviation else None,
            high=figure.median + deviation if deviation else None,
        )

    return cell


def _file_size(contender: Contender, _: ContenderSummary | None, __: Sequence[Reply]) -> Cell:
    n_bytes = contender.model.size_bytes
    return Cell(text=size(n_bytes), value=n_bytes) if n_bytes > 0 else Cell()


def _memory(_: Contender, summary: ContenderSummary | None, __: Sequence[Reply]) -> Cell:
    if summary is None or summary.peak_bytes is None:
        return Cell()
    on_devices = summary.device_bytes
    return Cell(
        text=size(summary.peak_bytes),
        detail=f"and {size(on_devices)} on devices" if on_devices else "",
        value=summary.peak_bytes,
    )


def _energy(_: Contender, __: ContenderSummary | None, replies: Sequence[Reply]) -> Cell:
    """The median of the replies that have it; an estimate is shown with its range and two digits."""
    typical = typical_energy(replies)
    return Cell() if typical is None else _energy_cell(typical, typical.joules, "J")


def _token_energy(_: Contender, __: ContenderSummary | None, replies: Sequence[Reply]) -> Cell:
    """Without a range: that of the whole reply is the same in percent."""
    typical = typical_energy(replies)
    if typical is None or typical.joules_per_token is None:
        return Cell()
    bare = msgspec.structs.replace(typical, low_joules=None, high_joules=None)
    return _energy_cell(bare, typical.joules_per_token, "J")


def _energy_cell(typical: TypicalEnergy, joules: float, unit: str) -> Cell:
    measured = typical.kind == "measured"
    text = digits_text(joules, MEASURED_DIGITS if measured else ESTIMATED_DIGITS)
    words = [] if measured else ["estimated"]
    if typical.low_joules is not None and typical.high_joules is not None:
        words.append(
            f"{digits_text(typical.low_joules)} to {digits_text(typical.high_joules)} {unit}"
        )
    if typical.pooled_replies:
        words.append(f"pooled over {typical.pooled_replies} replies")
    return Cell(
        text=f"{text} {unit}" if measured else f"about {text} {unit}",
        detail=", ".join(words),
        value=joules,
        low=typical.low_joules,
        high=typical.high_joules,
    )


_MEASURES: Final = (
    _Measure(
        key="generation_tokens_per_s",
        title="Writing speed",
        explained="tokens generated a second, from the first to the last",
        better="higher",
        cell=_timing("generation_tokens_per_s", rate),
    ),
    _Measure(
        key="ttft_s",
        title="First token",
        explained="from handing the prompt over to the first token of the reply",
        better="lower",
        cell=_timing("ttft_s", seconds),
    ),
    _Measure(
        key="total_s",
        title="Whole reply",
        explained="from handing the prompt over to the end of the reply",
        better="lower",
        cell=_timing("total_s", seconds),
    ),
    _Measure(
        key="prompt_tokens_per_s",
        title="Reading speed",
        explained="tokens of the prompt evaluated a second",
        better="higher",
        cell=_timing("prompt_tokens_per_s", rate),
    ),
    _Measure(
        key="energy_joules",
        title="Energy a reply",
        explained="median over the replies; what it covers stands under “How it was measured”",
        better="lower",
        cell=_energy,
    ),
    _Measure(
        key="joules_per_token",
        title="Energy a token",
        explained="the whole reply's energy by its generated tokens",
        better="lower",
        cell=_token_energy,
    ),
    _Measure(
        key="peak_bytes",
        title="Memory",
        explained="the most private memory that the process with the model held",
        better="lower",
        cell=_memory,
    ),
    _Measure(
        key="size_bytes",
        title="File size",
        explained="what the model takes on the disk",
        better="lower",
        cell=_file_size,
    ),
    _Measure(
        key="load_s",
        title="Loading",
        explained="time to load the model",
        better="lower",
        cell=_timing("load_s", seconds),
    ),
)
