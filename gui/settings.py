"""What the window remembers from one start to the next, in a file that a person can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.contract import Contender
from gui.compare.draft_model import Draft
from gui.cost.settings import CostSettings
from storage.files import write_settings

_HELP = msgspec.Meta


class HubChoices(msgspec.Struct, frozen=True, kw_only=True):
    offline: Annotated[bool, _HELP(description="Nothing on the network is contacted.")] = False
    mb_per_s: Annotated[
        float | None,
        _HELP(description="What all downloads together may take; null is no limit."),
    ] = None
    at_once: Annotated[int, _HELP(description="How many downloads run at once.")] = 2


class WindowSettings(msgspec.Struct, frozen=True, kw_only=True):
    theme: Annotated[
        Literal["system", "light", "dark"], _HELP(description="Colours: of the system, or fixed.")
    ] = "system"
    geometry: Annotated[
        str, _HELP(description="Place and size of the window, as Qt writes it.")
    ] = ""
    sessions_shown: Annotated[bool, _HELP(description="Whether the panel of sessions is open.")] = (
        False
    )
    raw_text: Annotated[bool, _HELP(description="Show replies as they came, not as Markdown.")] = (
        False
    )
    scroll_together: Annotated[bool, _HELP(description="Columns scroll as one.")] = False
    hub: Annotated[HubChoices, _HELP(description="How the hub may be used.")] = HubChoices()
    cost: Annotated[CostSettings, _HELP(description="What the Cost page assumes.")] = CostSettings()
    draft: Annotated[Draft, _HELP(description="The composer's last prompt and settings.")] = Draft()
    contenders: Annotated[
        tuple[Contender, ...], _HELP(description="The models that were last on the page.")
    ] = ()


def load_settings(path: Path) -> WindowSettings:
    """The settings in the file; the defaults where there is none or it cannot be understood."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WindowSettings)
    except (OSError, msgspec.MsgspecError, ValueError):
        return WindowSettings()


def save_settings(path: Path, settings: WindowSettings) -> None:
    """Write the file whole or not at all; raises StorageError."""
    write_settings(path, settings)
