"""What the charts of reports share: their colours, their type, and words that XML takes."""

from __future__ import annotations

import re
from html import escape
from typing import Final

COLOURS: Final = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    *("#56b4e9", "#e69f00", "#7a6ff0", "#777777"),
)
"""Of the contenders, on paper; after Okabe and Ito, told apart by people who see colours otherwise."""

BASELINE: Final = 5
"""From the middle of a line of text down to what its letters stand on: not every viewer centres text."""

LETTER: Final = 9.2
"""The widest that the average letter of a name gets, at the size of the charts' type."""

_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE: Final = (
    "text{fill:#1c1f23;font-size:14px;font-family:'Helvetica Neue','Segoe UI','Noto Sans',"
    "'Liberation Sans',Arial,'DejaVu Sans',sans-serif}.label{text-anchor:end}"
    ".middle{text-anchor:middle}.axis{fill:#5b636d;font-size:12px}"
    ".grid{stroke:#d8dce1;stroke-width:1;fill:none}"
    ".interval{stroke:#9aa3ad;stroke-width:1.5;fill:none}"
    ".whisker{stroke:#1c1f23;stroke-width:1.5;fill:none}.hollow{fill:#ffffff}"
    + "".join(
        f".colour-{place}{{fill:{colour}}}.line-{place}{{stroke:{colour};stroke-width:2.5}}"
        for place, colour in enumerate(COLOURS)
    )
)


def words(text: str) -> str:
    """As XML takes it, which knows no control characters."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def fitting(name: str, longest: int) -> str:
    """The middle gives way: names of models differ at their ends, where the quantization stands."""
    if len(name) <= longest:
        return name
    tail = longest // 2
    return f"{name[: longest - tail - 1]}…{name[-tail:]}"


def drawing(width: float, height: float, title: str, told: str, shapes: str) -> str:
    """told: what the picture shows, for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' class="chart"><title>{words(title)}</title><desc>{words(told)}</desc>{shapes}</svg>'
    )


def alone(chart: str) -> str:
    """The chart with its own colours and type, for where there is no page around it."""
    head, mark, rest = chart.partition(">")
    return f"{head}{mark}<style>{_STYLE}</style>{rest}"
