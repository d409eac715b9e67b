"""A model's Markdown as the HTML that Qt's documents and word processors show well."""

from __future__ import annotations

from typing import Final

from storage.exports.foreign_markdown import to_html

_LINED: Final = "border-collapse: collapse; border-style: solid; border-color: #bcc3cb"
_IN_QT: Final = (
    ("\n</code></pre>", "</code></pre>"),
    ("<table>", f'<table border="1" cellpadding="3" cellspacing="0" style="{_LINED}">'),
    ('class="align-right"', 'align="right"'),
    ('class="align-center"', 'align="center"'),
)


def qt_html(markdown: str) -> str:
    """Safe, as what our own pages show; tables have their lines without a page's style."""
    html = to_html(markdown)
    for here, there in _IN_QT:
        html = html.replace(here, there)
    return html
