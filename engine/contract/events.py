"""What a run says while it goes on, in the order in which it does."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.contract.reply import Reply, ResolvedRuntime


class Began(msgspec.Struct, frozen=True, kw_only=True, tag="began", tag_field="event"):
    """The run has started; `session` is its id in the history, None when nothing records it."""

    session: str | None


class Loading(msgspec.Struct, frozen=True, kw_only=True, tag="loading", tag_field="event"):
    contender: str
    fraction: float


class WarmingUp(msgspec.Struct, frozen=True, kw_only=True, tag="warming_up", tag_field="event"):
    contender: str


class Loaded(msgspec.Struct, frozen=True, kw_only=True, tag="loaded", tag_field="event"):
    contender: str
    load_s: float
    runtime: ResolvedRuntime


class Unloaded(msgspec.Struct, frozen=True, kw_only=True, tag="unloaded", tag_field="event"):
    """A loaded model had to make room; it is loaded again when its next turn comes."""

    contender: str
    reason: str


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started", tag_field="event"):
    contender: str
    case: str
    repeat: int


class Piece(msgspec.Struct, frozen=True, kw_only=True, tag="piece", tag_field="event"):
    """New text of a reply, never a broken UTF-8 sequence; `generated_tokens` counts from the start."""

    contender: str
    case: str
    repeat: int
    text: str
    channel: Literal["text", "reasoning"] = "text"
    generated_tokens: int = 0


class Replied(msgspec.Struct, frozen=True, kw_only=True, tag="replied", tag_field="event"):
    reply: Reply


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed", tag_field="event"):
    """This job came to nothing, or only to a part; the run goes on with the others."""

    reply: Reply


class NotRecorded(msgspec.Struct, frozen=True, kw_only=True, tag="not_recorded", tag_field="event"):
    """The history could not be written; the run goes on and its replies live in this process only."""

    reason: str


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice", tag_field="event"):
    """Something that the reader of the figures should know."""

    text: str


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished", tag_field="event"):
    status: Literal["finished", "stopped"]
    elapsed_s: float


Event = (
    Began
    | Loading
    | WarmingUp
    | Loaded
    | Unloaded
    | Started
    | Piece
    | Replied
    | Failed
    | NotRecorded
    | Notice
    | Finished
)
