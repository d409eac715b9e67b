"""Model output as HTML that can do nothing: Markdown's forms, no foreign tags, pictures or scripts."""

from __future__ import annotations

from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LONGEST: Final = 200_000
"""Longer texts are shown as they are: some Markdown takes time that grows with the square."""

_SAFE_LINKS: Final = ("http://", "https://", "mailto:")
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
# A picture would be fetched when the page is opened, and tell its server so.
_parser.disable(["image"])


def to_html(text: str) -> str:
    if len(text) > _LONGEST:
        return f"<pre>{escape(text)}</pre>"
    tokens = _parser.parse(text)
    for token in tokens:
        _tame(token)
    return str(_parser.renderer.render(tokens, _parser.options, {}))


def _tame(token: Token) -> None:
    if token.type in {"heading_open", "heading_close"}:
        # Below the headings of the page that it stands in.
        token.tag = f"h{min(6, int(token.tag[1]) + 4)}"
    if token.type == "link_open":
        if not str(token.attrs.get("href", "")).lower().startswith(_SAFE_LINKS):
            token.attrs.pop("href", None)
        token.attrs["rel"] = "noopener noreferrer nofollow"
    if token.type in {"th_open", "td_open"}:
        # The page allows no styles but its own.
        alignment = str(token.attrs.pop("style", "")).removeprefix("text-align:")
        if alignment:
            token.attrs["class"] = f"align-{alignment}"
    for child in token.children or ():
        _tame(child)
