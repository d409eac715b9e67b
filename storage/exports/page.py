"""Sessions as one HTML file that opens anywhere without a network and runs nothing of theirs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from engine.contract import Session
from storage.exports.charts import bar_chart
from storage.exports.figures import Column
from storage.exports.foreign_markdown import to_html
from storage.exports.report import report

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CHARTED: Final = ("generation_tokens_per_s", "ttft_s", "energy_joules", "peak_bytes", "total_s")
_MOST_CHARTS: Final = 4


def html_page(sessions: Sequence[Session]) -> bytes:
    style, script = _part("report.css"), _part("report.js")
    text = (
        _environment()
        .get_template("report.html")
        .render(
            reports=[report(session) for session in sessions],
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
        )
    )
    return text.encode("utf-8", errors="replace")


def _policy(style: str, script: str) -> str:
    """Content Security Policy: this page's own style and script, and nothing from anywhere else."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(part: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["foreign_markdown"] = lambda text: Markup(to_html(text))
    environment.globals["charted"] = _charted
    environment.globals["bar_chart"] = lambda column, names: Markup(bar_chart(column, names))
    return environment


def _charted(columns: Sequence[Column]) -> list[Column]:
    """The figures worth a picture: those that at least two contenders have."""
    several = {c.key: c for c in columns if sum(cell.value is not None for cell in c.cells) > 1}
    return [several[key] for key in _CHARTED if key in several][:_MOST_CHARTS]
