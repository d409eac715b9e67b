"""sessions edit: titles, notes, tags and stars."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cli.history import open_history
from cli.usage import WrongUsage
from cli.wording import count


def edit_sessions(
    session_ids: Sequence[str],
    *,
    title: str | None,
    notes: str | None,
    tags: Sequence[str],
    tags_off: Sequence[str],
    starred: bool | None,
) -> int:
    """What is None or empty stays as it is."""
    if title is None and notes is None and not tags and not tags_off and starred is None:
        raise WrongUsage(
            "Say what to change: --title, --notes, --tag, --untag, --star or --no-star."
        )
    if title is not None and len(session_ids) > 1:
        raise WrongUsage("A title is given to one session at a time.")
    with open_history() as history:
        ids = [history.find(each) for each in dict.fromkeys(session_ids)]
        if title is not None:
            history.rename(ids[0], title)
        if notes is not None:
            for each in ids:
                history.set_notes(each, notes)
        for tag in tags:
            history.add_tag(ids, tag)
        for tag in tags_off:
            history.remove_tag(ids, tag)
        if starred is not None:
            history.set_starred(ids, starred=starred)
    print(f"{count(len(ids), 'session')} changed.", file=sys.stderr)
    return 0
