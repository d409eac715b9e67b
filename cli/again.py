"""The command that runs a recorded suite again, or a fidelity run that does not tell what it was asked."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from cli.program import program_name
from engine.contract import FidelityDocument, Session
from engine.quality.bundled import bundled_texts

_OF_SESSION = "session "


def command_again(session: Session) -> str:
    """The reference's file first; where nobody knows what was read, words that say so."""
    files = [each.model.path for each in session.contenders]
    asked = _asked(session)
    command = " ".join((program_name(), session.kind, shlex.join([*files, *asked])))
    if asked:
        return command
    return f"{command}, with the text or prompts that its title names: “{session.title}”"


def _asked(session: Session) -> list[str]:
    if session.kind == "suite":
        return ["--from-session", session.id]
    return [] if session.fidelity is None else _scored(session.fidelity)


def _scored(document: FidelityDocument) -> list[str]:
    """What it was measured on; of a file only the name is known."""
    name = document.text.name
    if document.scored == "replies":
        if name.startswith(_OF_SESSION):
            return ["--session", name.removeprefix(_OF_SESSION)]
        return ["--prompts", name] if PurePath(name).suffix else []
    named = next(
        (each.name for each in bundled_texts() if each.sha256 == document.text.sha256), None
    )
    text = ["--text", name] if named is None else ["--bundled", named]
    return [*text, "--ctx", str(document.n_ctx)]
