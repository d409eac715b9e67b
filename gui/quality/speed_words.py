"""Measured speeds as cells, sentences and text to copy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from engine.contract import Contender, Measured, SpeedTest
from engine.wording import count
from gui.figures import significant, size
from gui.quality.figures_table import Cell, Column

Place = tuple[str, str]
_MODEL: Final = Column("Model", is_text=True)
_SIZE: Final = Column("Size", "Of the file.")
_SPREADS: Final = 2.0


def speed_columns(tests: Sequence[SpeedTest]) -> tuple[Column, ...]:
    return (_MODEL, _SIZE, *(Column(test.name, _what(test)) for test in tests))


def speed_row(
    contender: Contender,
    tests: Sequence[SpeedTest],
    speeds: Mapping[Place, Measured],
    refused: Mapping[Place, str],
    *,
    running: bool,
) -> tuple[Cell, ...]:
    n_bytes = contender.model.size_bytes
    cells = [
        Cell(contender.name, contender.name, contender.model.path),
        Cell(size(n_bytes), n_bytes),
    ]
    for test in tests:
        place = (contender.name, test.name)
        found, why = speeds.get(place), refused.get(place)
        if found is not None:
            cells.append(Cell(figure(found), found.avg_ts, _conditions(found)))
        else:
            cells.append(Cell("…" if running and why is None else "–", None, why or ""))
    return tuple(cells)


def figure(found: Measured) -> str:
    """Tokens a second, with the standard deviation where there is one."""
    if found.stddev_ts is None:
        return significant(found.avg_ts)
    return f"{significant(found.avg_ts)} ± {_deviation(found.stddev_ts)}"


def comparisons(
    contenders: Sequence[Contender],
    tests: Sequence[SpeedTest],
    speeds: Mapping[Place, Measured],
) -> list[str]:
    """A sentence a test that several were measured in: the fastest against the slowest."""
    sentences = []
    for test in tests:
        places = [(each.name, test.name) for each in contenders]
        found = sorted(
            (speeds[place] for place in places if place in speeds), key=lambda each: -each.avg_ts
        )
        if len(found) > 1:
            sentences.append(f"{test.name}: {_against(found[0], found[-1])}")
    return sentences


def as_text(
    contenders: Sequence[Contender],
    tests: Sequence[SpeedTest],
    speeds: Mapping[Place, Measured],
    refused: Mapping[Place, str],
) -> str:
    """The table as Markdown, and the sentences below it."""
    columns = speed_columns(tests)
    rows = [
        [cell.text for cell in speed_row(each, tests, speeds, refused, running=False)]
        for each in contenders
    ]
    rules = ["---" if column.is_text else "---:" for column in columns]
    table = [[column.title for column in columns], rules, *rows]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in table]
    return "\n".join((*lines, "", *comparisons(contenders, tests, speeds))).rstrip() + "\n"


def scope(found: Measured) -> str:
    """How the shown figures came about, in a sentence or two."""
    n = len(found.samples_ns)
    mean = f"mean ± standard deviation of {n} repetitions" if n > 1 else "a single repetition"
    threads = found.runtime.threads
    return (
        f"Tokens a second, {mean}; {count(threads, 'thread')}. "
        "pp: a prompt is read, tg: a reply is written, @ d: after so many tokens in the context."
    )


def _against(fast: Measured, slow: Measured) -> str:
    spread = math.hypot(fast.stddev_ts or 0.0, slow.stddev_ts or 0.0)
    if fast.avg_ts - slow.avg_ts <= _SPREADS * spread:
        return "no difference beyond the spread of the repetitions."
    ratio = significant(fast.avg_ts / slow.avg_ts)
    return f"{fast.contender} is {ratio} times as fast as {slow.contender}."


def _conditions(found: Measured) -> str:
    runtime = found.runtime
    return (
        f"{count(runtime.threads, 'thread')}, "
        f"{runtime.offloaded_layers} of {runtime.layers} layers on the GPU, "
        f"context {runtime.n_ctx}"
    )


def _what(test: SpeedTest) -> str:
    parts = []
    if test.n_prompt:
        parts.append(f"{test.n_prompt} tokens of a prompt are read")
    if test.n_gen:
        parts.append(f"{test.n_gen} tokens are written")
    after = f", with {test.n_depth} before them in the context" if test.n_depth else ""
    return f"Tokens a second while {' and '.join(parts)}{after}."


def _deviation(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
