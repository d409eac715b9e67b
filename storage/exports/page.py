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
from storage.exports.charts import bar_chart, charted
from storage.exports.foreign_markdown import to_html
from storage.exports.report import report
from storage.exports.scatter import scatter

_CHART_WIDTH: Final = 460
"""Narrow enough that its type can be read on a telephone."""

_TEMPLATES: Final = Path(__file__).parent / "templates"


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
    environment.globals["charted"] = charted
    environment.globals["bar_chart"] = lambda column, names: Markup(
        bar_chart(column, names, _CHART_WIDTH)
    )
    environment.globals["scatter"] = lambda found, names: Markup(
        scatter(found, names, _CHART_WIDTH)
    )
    return environment
