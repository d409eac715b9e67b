"""The commands about recorded sessions and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.grouped import grouped
from cli.sessions_filters import FilterOptions
from cli.sessions_rerun_options import ChangeOptions
from storage.exports.paper import Paper

sessions_app = typer.Typer(no_args_is_help=True, help="What was compared so far.")

_SessionId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id, or the beginning of it or of its last part."),
]

_SessionIds = Annotated[
    list[str],
    typer.Argument(metavar="ID", help="Their ids, or beginnings of them or of their last parts."),
]


@sessions_app.command("list")
@grouped
def sessions_list(
    filters: FilterOptions,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the first N only.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Write them as JSON.")] = False,
) -> int:
    """List sessions, the newest first."""
    from cli.sessions import list_sessions

    return list_sessions(limit=limit, as_json=as_json, query=filters.query())


@sessions_app.command("show")
@grouped
def sessions_show(
    session: _SessionId,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the session's JSON document.")
    ] = False,
) -> int:
    """Show a session as its run did: replies, timings, settings."""
    from cli.sessions import show_session

    return show_session(session, as_json=as_json)


@sessions_app.command("search", short_help="Find words in titles, notes, prompts and replies.")
@grouped
def sessions_search(
    wanted: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS", help="All of them in one text; '\"two words\"' follow each other."
        ),
    ],
    filters: FilterOptions,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the first N only.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Write them as JSON.")] = False,
) -> int:
    """Find sessions by words in their titles, notes, prompts and replies."""
    from cli.sessions_search import search_sessions

    return search_sessions(filters.query(" ".join(wanted)), limit=limit, as_json=as_json)


@sessions_app.command(
    "rerun", short_help="Run a comparison, speed or fidelity run again, as it was or with changes."
)
@grouped
def sessions_rerun(session: _SessionId, changes: ChangeOptions) -> int:
    """Run a comparison, speed or fidelity run again, as it was or with changes, as a session of its own.

    The text file of a fidelity run must be as it was. Of a suite, the command for it is told.
    """
    from cli.sessions_rerun import rerun

    return rerun(session, changes)


@sessions_app.command("compare", short_help="Show what changed from one session to another.")
@grouped
def sessions_compare(
    first: _SessionId,
    second: _SessionId,
    texts: Annotated[
        bool, typer.Option("--texts", help="Also print both texts of each reply that changed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
) -> int:
    """Show what changed from the earlier session to the later: machine, settings, figures, replies."""
    from cli.sessions_compare import compare_two

    return compare_two(first, second, texts=texts, as_json=as_json)


@sessions_app.command("edit", short_help="Change titles, notes, tags and stars.")
@grouped
def sessions_edit(
    sessions: _SessionIds,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A new title, for one session.")
    ] = None,
    notes: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Notes in place of those there are.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Add a tag; repeatable.")
    ] = None,
    untag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Take a tag away; repeatable.")
    ] = None,
    star: Annotated[
        bool | None, typer.Option("--star/--no-star", help="Star them, or take the stars away.")
    ] = None,
) -> int:
    """Change titles, notes, tags and stars of sessions."""
    from cli.sessions_edit import edit_sessions

    return edit_sessions(
        sessions, title=title, notes=notes, tags=tag or [], tags_off=untag or [], starred=star
    )


@sessions_app.command(
    "export", short_help="Write sessions to a file: JSON, CSV, Excel, Markdown, HTML, PDF."
)
@grouped
def sessions_export(
    sessions: _SessionIds,
    to: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Where to; its ending names the format: .json (one session, complete), .jsonl (several),"
            " .csv or .xlsx (a table of replies), .md, .html or .pdf (a report to read).",
        ),
    ],
    paper: Annotated[Paper | None, typer.Option(help="Of a PDF.", show_default="a4")] = None,
    without_system_prompts: Annotated[
        bool,
        typer.Option(
            "--without-system-prompts",
            help="Leave out system prompts; a reply that repeats one keeps it.",
        ),
    ] = False,
    without_paths: Annotated[
        bool,
        typer.Option("--without-paths", help="Leave out folders and addresses of this machine."),
    ] = False,
    without_notes: Annotated[
        bool, typer.Option("--without-notes", help="Leave out your notes.")
    ] = False,
) -> int:
    """Write sessions to a file, for people, other programs or another machine."""
    from cli.sessions import export
    from storage.export import Omit

    omit = Omit(system_prompts=without_system_prompts, paths=without_paths, notes=without_notes)
    return export(sessions, to, omit, paper)


@sessions_app.command("import")
@grouped
def sessions_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One .json session, or .jsonl with one a line.")
    ],
) -> int:
    """Take sessions from a file that `export` wrote, here or on another machine."""
    from cli.sessions import import_sessions

    return import_sessions(file)


@sessions_app.command("delete")
@grouped
def sessions_delete(
    sessions: _SessionIds,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Delete sessions for good."""
    from cli.sessions import delete

    return delete(sessions, sure=yes)


@sessions_app.command(
    "salvage", short_help="Take what can be read of a damaged history into a new one."
)
@grouped
def sessions_salvage() -> int:
    """Take what can still be read of a damaged history into a new one; the damaged file is kept.

    Close Steelyard's windows first.
    """
    from cli.sessions import salvage_history

    return salvage_history()
