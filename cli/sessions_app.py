"""The commands about recorded sessions and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.grouped import grouped
from storage.exports.paper import Paper

sessions_app = typer.Typer(no_args_is_help=True, help="What was compared so far.")

_SessionId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id, or the beginning of it or of its last part."),
]


@sessions_app.command("list")
@grouped
def sessions_list(
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the newest N only.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Write them as JSON.")] = False,
) -> int:
    """List the newest sessions."""
    from cli.sessions import list_sessions

    return list_sessions(limit=limit, as_json=as_json)


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
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the newest N only.")] = 20,
    starred: Annotated[bool, typer.Option("--starred", help="Only those with a star.")] = False,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only those with this tag; can be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write them as JSON.")] = False,
) -> int:
    """Find sessions by words in their titles, notes, prompts and replies."""
    from cli.sessions_search import search_sessions

    return search_sessions(wanted, limit=limit, starred=starred, tags=tags or [], as_json=as_json)


@sessions_app.command(
    "export", short_help="Write sessions to a file: JSON, CSV, Excel, Markdown, HTML, PDF."
)
@grouped
def sessions_export(
    sessions: Annotated[
        list[str],
        typer.Argument(
            metavar="ID", help="Their ids, or beginnings of them or of their last parts."
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Where to; its ending names the format: .json (one session, complete), .jsonl (several),"
            " .csv or .xlsx (a table of replies), .md, .html or .pdf (a report to read).",
        ),
    ],
    paper: Annotated[Paper, typer.Option(help="Of a PDF.")] = "a4",
    without_system_prompts: Annotated[
        bool, typer.Option("--without-system-prompts", help="Leave out system prompts.")
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
    session: _SessionId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Delete a session for good."""
    from cli.sessions import delete

    return delete(session, sure=yes)
