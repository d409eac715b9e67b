"""What a fidelity run was asked, so that it can be run again as it was."""

from __future__ import annotations

import msgspec


class BundledSource(msgspec.Struct, frozen=True, kw_only=True, tag="bundled", tag_field="kind"):
    """A text that comes with the program."""

    name: str


class TextFileSource(msgspec.Struct, frozen=True, kw_only=True, tag="text_file", tag_field="kind"):
    """sha256 and size_bytes: of the file as it was read."""

    path: str
    sha256: str
    size_bytes: int


class PastedSource(msgspec.Struct, frozen=True, kw_only=True, tag="pasted", tag_field="kind"):
    """A text that lay in no file; it is not kept."""


class PromptsSource(
    msgspec.Struct, frozen=True, kw_only=True, tag="prompts_file", tag_field="kind"
):
    """The user's prompts, which are the session's cases. sha256 and size_bytes: as of a text's file."""

    path: str
    sha256: str
    size_bytes: int


class RepliesSource(msgspec.Struct, frozen=True, kw_only=True, tag="session", tag_field="kind"):
    """The replies that the reference gave in a recorded session, to the cases of this one."""

    session: str


FidelitySource = BundledSource | TextFileSource | PastedSource | PromptsSource | RepliesSource


class FidelityTask(msgspec.Struct, frozen=True, kw_only=True):
    """On what models were to be compared, and how much of it.

    name: what the run calls the text or prompts. n_ctx: tokens of a chunk, None on replies. max_chunks
    None: the whole text. until: the ± of every mean KLD, in nats, at which the run may end early.
    """

    source: FidelitySource
    name: str
    n_ctx: int | None = None
    max_chunks: int | None = None
    until: float | None = None
    noise_floor: bool = True
