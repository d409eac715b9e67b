"""sessions search: where words stand in titles, notes, prompts and replies."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from cli.history import open_history
from cli.sessions import short_id
from cli.terminal import clean_line, complain, result_console, words, write_json
from cli.wording import when
from storage.query import Query
from storage.summary import Hit, SessionSummary


def search_sessions(query: Query, *, limit: int, as_json: bool) -> int:
    """Sessions of which one part holds all the words."""
    with open_history() as history:
        found = history.sessions(limit, query=query)
        beyond = history.count(query) - len(found)
    if as_json:
        write_json(found)
        return 0
    console = result_console()
    for each in found:
        if console.is_terminal:
            _print(console, each)
        else:
            print(_plain_row(each))
    if not found:
        complain("No session has these words in its title, notes, a prompt or a reply.")
    if beyond > 0:
        complain(f"{beyond} more: --limit shows them.")
    return 0


def _print(console: Console, each: SessionSummary) -> None:
    heading = Text(f"{short_id(each.id)}  ")
    heading.append(f"{when(each.created)}  ", style="dim")
    heading.append(clean_line(each.title), style="bold")
    console.print(heading)
    if each.hit is not None:
        line = words(f"  {clean_line(_place(each.hit))}: ", "dim")
        for stretch in each.hit.excerpt:
            line.append_text(words(stretch.text, "bold" if stretch.hit else ""))
        console.print(line)


def _place(hit: Hit) -> str:
    return hit.place if hit.contender is None else f"{hit.place} of {hit.contender}"


def _plain_row(each: SessionSummary) -> str:
    """Tab-separated, for other programs that cut."""
    fields = [each.id, when(each.created), each.title]
    if each.hit is not None:
        fields += [_place(each.hit), "".join(stretch.text for stretch in each.hit.excerpt)]
    return "\t".join(clean_line(field) for field in fields)
