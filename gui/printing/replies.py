"""Replies on paper: short ones side by side, long ones over the whole width, page after page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from gui.printing.pieces import Beside, Gap, Piece
from gui.printing.sheet import Setting, Sheet
from gui.printing.text import Text
from gui.qt_html import qt_html
from storage.exports.report import ReplyPart
from storage.exports.svg import COLOURS

_LONG: Final = 3_000
"""A reply of more characters than this would leave the other half of too many pages empty."""

_INDENT: Final = 12.0
_BETWEEN: Final = 22.0


def reply_pieces(replies: Sequence[ReplyPart], paper: Sheet) -> Iterator[Piece]:
    longest = max(len(reply.text) + len(reply.reasoning) for reply in replies)
    abreast = 2 if len(replies) > 1 and longest <= _LONG else 1
    step = (paper.width + _BETWEEN) / abreast
    width = step - _BETWEEN - _INDENT
    for first in range(0, len(replies), abreast):
        yield Gap(12)
        texts = tuple(_reply(reply, width) for reply in replies[first : first + abreast])
        yield Beside(texts, tuple(_INDENT + step * place for place in range(len(texts))))


def _reply(reply: ReplyPart, width: float) -> Text:
    html = "".join(_parts(reply))
    return Text.of(Setting(html, width), rule=COLOURS[reply.position % len(COLOURS)])


def _parts(reply: ReplyPart) -> Iterator[str]:
    repeat = ""
    if reply.repeat:
        repeat = f' <span class="aside">repeat {reply.repeat + 1}</span>'
    elif reply.n_same:
        more = "repeat" if reply.n_same == 1 else "repeats"
        repeat = f' <span class="aside">the same in {reply.n_same} more {more}</span>'
    yield f"<h4>{escape(reply.contender)}{repeat}</h4>"
    # As a heading, so that it does not end a page.
    yield f'<h6 class="aside">{escape(reply.figures)}</h6>'
    if reply.score:
        look = {True: "good", False: "error", None: "quiet"}[reply.score.passed]
        checks = "".join(f"<br>{escape(check)}" for check in reply.score.checks)
        mark = f'<b class="{look}">{reply.score.mark.capitalize()}</b>'
        yield f'<p class="small">{mark}<span class="quiet">{checks}</span></p>'
    if reply.error:
        yield f'<p class="error">Failed: {escape(reply.error)}</p>'
    if reply.reasoning:
        said = escape(reply.reasoning).replace("\n", "<br>")
        yield f'<p class="small quiet"><b>Reasoning</b><br>{said}</p>'
    if reply.text:
        yield qt_html(reply.text)
    elif not reply.error:
        yield '<p class="empty">The reply is empty.</p>'
