"""Replies of a recorded session, to be put through other models."""

from __future__ import annotations

from engine.contract import Case, Contender, Session
from engine.errors import PlanError
from engine.fidelity_plan import GivenReply


def recorded_replies(
    session: Session, reference: Contender
) -> tuple[tuple[Case, ...], dict[str, GivenReply]]:
    """The cases that the reference answered there, and its first whole reply to each. Raises PlanError."""
    name = _name_of(session, reference)
    replies: dict[str, GivenReply] = {}
    for reply in sorted(session.replies, key=lambda each: each.repeat):
        whole = reply.finished and bool(reply.text)
        if reply.contender == name and whole and reply.case not in replies:
            replies[reply.case] = GivenReply(text=reply.text, reasoned=bool(reply.reasoning))
    if not replies:
        raise PlanError(f"Session {session.id} holds no whole reply of {name}.")
    return tuple(case for case in session.cases if case.id in replies), replies


def _name_of(session: Session, reference: Contender) -> str:
    """Who of the session is the reference: the same file, a file of the same name, or the only one."""
    contenders = session.contenders
    for key in ("path", "file"):
        wanted = getattr(reference.model, key)
        for each in contenders:
            if getattr(each.model, key) == wanted:
                return each.name
    if len(contenders) == 1:
        return contenders[0].name
    names = ", ".join(each.name for each in contenders)
    raise PlanError(
        f"{reference.model.file} took no part in session {session.id}; its models are {names}. "
        "Name one of them as the reference."
    )
