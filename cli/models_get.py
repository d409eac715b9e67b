"""models get: bringing a model of a hub here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from cli.failures import EXIT_INTERRUPTED
from cli.hub_access import Access, address_of, choice_of, repository_of, this_hub
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean_line, complain, message_console, write_json
from cli.usage import WrongUsage
from cli.wording import size
from engine.client import Stopped
from models.download.selection import Downloader, Selection, selection_of
from models.download.throttle import Throttle
from models.download.transfer import Transfer
from models.fingerprint import Fingerprints
from models.hub.http import HubHttp
from models.hub.wires import Stopping
from models.origins import Origins
from storage.folders import models_folder

_BYTES_PER_MB: Final = 1_000_000


def get_model(
    repo: str,
    file: str | None,
    *,
    most_mb_per_s: float | None,
    replaces: bool,
    as_json: bool,
    make_access: Callable[[], Access] = this_hub,
) -> int:
    """Into the models folder; 130 where Ctrl+C stopped it, and the same command then goes on.

    replaces: a file of that name with other content is overwritten once the newer one is whole.
    """
    access, address = make_access(), address_of(repo)
    wanted = file or address.file
    if wanted is None:
        raise WrongUsage(
            "Name a file or a quantization, such as Q4_K_M; `models files` lists them."
        )
    repository = repository_of(access, address)
    choice = choice_of(repository, wanted)
    selection = selection_of(access.settings.endpoint, repository, choice, replaces=replaces)
    try:
        paths = _download(access, selection, most_mb_per_s)
    except Stopped:
        complain("Stopped. What came so far is kept; the same command goes on from there.")
        return EXIT_INTERRUPTED
    if as_json:
        write_json([str(path) for path in paths])
    else:
        for path in paths:
            print(clean_line(str(path)))
    return 0


def _download(
    access: Access, selection: Selection, most_mb_per_s: float | None
) -> tuple[Path, ...]:
    folder, stopping = models_folder(), Stopping()
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
