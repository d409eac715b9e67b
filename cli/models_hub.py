"""models search, files and get: models on a hub, and bringing them here."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from cli.failures import EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.models_hub_view import print_files, print_found
from cli.terminal import clean_line, complain, message_console, result_console, write_result
from cli.usage import WrongUsage
from cli.wording import size
from engine.client import Stopped
from models.download.selection import Downloader, Selection, selection_of
from models.download.throttle import Throttle
from models.download.transfer import Transfer
from models.fingerprint import Fingerprints
from models.hub.address import Address, parse_address
from models.hub.client import Hub, Query, Repository
from models.hub.http import HubHttp
from models.hub.listing import Choice
from models.hub.settings import HubSettings, hub_settings
from models.hub.token import Tokens
from models.origins import Origins
from storage.folders import models_folder

_BYTES_PER_MB: Final = 1_000_000


class Access(msgspec.Struct, frozen=True):
    """Which hub, and where its token comes from."""

    settings: HubSettings
    token: Callable[[], str | None]


def this_hub() -> Access:
    """The one that the environment names, else Hugging Face; the token of the system's keyring."""
    settings = hub_settings(os.environ)
    return Access(settings, Tokens(settings.endpoint).get)


def search_hub(
    text: str, *, limit: int, as_json: bool, make_access: Callable[[], Access] = this_hub
) -> int:
    """Repositories with GGUF files, those downloaded most first."""
    access = make_access()
    found = tuple(islice(Hub(access.settings, access.token).search(Query(words=text)), limit))
    if as_json:
        _write(found)
    elif found:
        print_found(result_console(), found)
    else:
        complain(clean_line(f"The hub has no GGUF models for “{text}”."))
    return 0


def list_files(repo: str, *, as_json: bool, make_access: Callable[[], Access] = this_hub) -> int:
    """The quantizations of a repository, smallest first."""
    repository = _repository(make_access(), _address(repo))
    if as_json:
        _write(repository)
    else:
        print_files(result_console(), repository)
    return 0


def get_model(
    repo: str,
    file: str | None,
    *,
    most_mb_per_s: float | None,
    as_json: bool,
    make_access: Callable[[], Access] = this_hub,
) -> int:
    """Into the models folder; 130 where Ctrl+C stopped it, and the same command then goes on."""
    access, address = make_access(), _address(repo)
    wanted = file or address.file
    if wanted is None:
        raise WrongUsage(
            "Name a file or a quantization, such as Q4_K_M; `models files` lists them."
        )
    repository = _repository(access, address)
    choice = _choice(repository, wanted)
    selection = selection_of(access.settings.endpoint, repository, choice)
    try:
        paths = _download(access, selection, most_mb_per_s)
    except Stopped:
        complain("Stopped. What came so far is kept; the same command goes on from there.")
        return EXIT_INTERRUPTED
    if as_json:
        _write([str(path) for path in paths])
    else:
        for path in paths:
            print(clean_line(str(path)))
    return 0


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise WrongUsage(f"“{text}” names no repository. It must look like owner/model.")
    return address


def _repository(access: Access, address: Address) -> Repository:
    return Hub(access.settings, access.token).repository(address.repo, address.revision)


def _choice(repository: Repository, wanted: str) -> Choice:
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


def _download(
    access: Access, selection: Selection, most_mb_per_s: float | None
) -> tuple[Path, ...]:
    folder, stopping = models_folder(), threading.Event()
    throttle = Throttle(None if most_mb_per_s is None else most_mb_per_s * _BYTES_PER_MB)
    http = HubHttp(access.settings, access.token)
    downloader = Downloader(
        folder,
        Transfer(http, throttle),
        Fingerprints(folder / "fingerprints"),
        Origins(folder / "origins"),
    )
    try:
        with StopOnInterrupt(stopping.set), _shown(selection) as tell:
            return downloader.download(selection, stopping, tell)
    finally:
        http.close()


@contextmanager
def _shown(selection: Selection) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; elsewhere a line at the beginning."""
    console = message_console()
    what = clean_line(selection.label)
    if not console.is_terminal:
        print(f"Getting {what} ({size(selection.total_bytes)}) …", file=sys.stderr, flush=True)
        yield lambda here_bytes: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=selection.total_bytes)
        yield lambda here_bytes: progress.update(task, completed=here_bytes)


def _write(document: object) -> None:
    write_result(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
