"""Which hub the commands about models ask, and what their arguments name there."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from cli.usage import WrongUsage
from models.hub.address import Address, parse_address
from models.hub.client import Hub, Repository
from models.hub.listing import Choice
from models.hub.settings import HubSettings, hub_settings
from models.hub.token import Tokens


class Access(msgspec.Struct, frozen=True):
    """Which hub, and where its token comes from."""

    settings: HubSettings
    token: Callable[[], str | None]


def this_hub() -> Access:
    """The one that the environment names, else Hugging Face; the token of the system's keyring."""
    settings = hub_settings(os.environ)
    return Access(settings, Tokens(settings.endpoint).get)


def address_of(text: str) -> Address:
    """Raises WrongUsage for words that name no repository."""
    address = parse_address(text)
    if address is None:
        raise WrongUsage(f"“{text}” names no repository. It must look like owner/model.")
    return address


def repository_of(access: Access, address: Address) -> Repository:
    return Hub(access.settings, access.token).repository(address.repo, address.revision)


def choice_of(repository: Repository, wanted: str) -> Choice:
    """The one with a file of that name, or the only one of that quantization or with that in its name."""
    choices = repository.listing.choices
    for choice in choices:
        if wanted == choice.label or wanted in {file.name for file in choice.files}:
            return choice
    part = wanted.casefold()
    models = [each for each in choices if each.kind == "model"]
    same = [each for each in models if (each.quantization or "").casefold() == part]
    found = same or [each for each in choices if part in each.label.casefold()]
    if len(found) == 1:
        return found[0]
    if not choices:
        raise WrongUsage(f"{repository.repo} has no GGUF files.")
    labels = ", ".join(each.label for each in found or choices)
    trouble = "may be several" if found else "is not there"
    raise WrongUsage(f"{repository.repo}: “{wanted}” {trouble}. There are: {labels}.")
