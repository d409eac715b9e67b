"""models files, and models fit of a repository: what a hub has, judged before a byte is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from cli.hub_access import Access, address_of, choice_of, repository_of, this_hub
from cli.models_fit_view import FitDocument, fit_document, print_fit
from cli.models_hub_view import Judged, print_files
from cli.models_list import MakeLibrary, this_library
from cli.terminal import clean_line, complain, result_console, write_json
from cli.this_machine import MachineOf, this_machine
from cli.usage import WrongUsage
from engine.contract import Runtime
from engine.errors import SteelyardError
from models.fingerprint import Fingerprints
from models.fit import judge, profile_of
from models.hub.client import Repository
from models.hub.foretold import Facts, Headers
from models.hub.http import HubHttp
from models.library.standing import Standing, standings
from storage.folders import models_folder

T = TypeVar("T")


class FilesDocument(Repository, frozen=True, kw_only=True):
    """What `models files --json` gives: by label, whether each fits, and what of it is here.

    facts: what a header tells of all of them. no_fits: why there are no verdicts.
    """

    facts: Facts | None
    fits: dict[str, FitDocument]
    standings: dict[str, Standing]
    no_fits: str | None = None


def list_files(
    repo: str,
    *,
    as_json: bool,
    make_access: Callable[[], Access] = this_hub,
    machine_of: MachineOf = this_machine,
    make_library: MakeLibrary = this_library,
) -> int:
    """The quantizations of a repository, smallest first."""
    access = make_access()
    repository = repository_of(access, address_of(repo))
    judged, no_fits = Judged(facts=None, fits={}), None
    try:
        judged = _judge(access, repository, Runtime(), machine_of)
    except SteelyardError as fault:
        no_fits = str(fault)
    folder = models_folder()
    here = standings(
        repository,
        make_library().remembered().entries,
        folder,
        Fingerprints(folder / "fingerprints"),
    )
    fields = msgspec.structs.asdict(repository)
    document = FilesDocument(
        **fields, facts=judged.facts, fits=judged.fits, standings=here, no_fits=no_fits
    )
    if as_json:
        write_json(document)
        return 0
    if no_fits is not None:
        complain(clean_line(f"Whether they fit is not known: {no_fits}"))
    print_files(result_console(), document, judged, here)
    return 0


def fit_repository(
    repo: str,
    quantization: str | None,
    runtime: Runtime,
    *,
    as_json: bool,
    machine_of: MachineOf,
    make_access: Callable[[], Access],
) -> int:
    """Of each quantization, from the header of the smallest; of one, from its own."""
    access, address = make_access(), address_of(repo)
    repository = repository_of(access, address)
    wanted = quantization or address.file
    if wanted is None:
        judged = _judge(access, repository, runtime, machine_of)
        if not judged.fits:
            raise WrongUsage(f"{repository.repo} has no GGUF models.")
        if as_json:
            write_json(judged.fits)
        else:
            print_files(result_console(), repository, judged, {})
        return 0
    choice = choice_of(repository, wanted)
    profile = _reading(access, lambda headers: profile_of(headers.model(repository, choice)))
    machine = machine_of(runtime.rpc_servers, runtime.threads)
    document = fit_document(judge(profile, runtime, machine), machine)
    if as_json:
        write_json(document)
    else:
        print_fit(result_console(), choice.label, document)
    return 0


def _judge(
    access: Access, repository: Repository, runtime: Runtime, machine_of: MachineOf
) -> Judged:
    foretold = _reading(access, lambda headers: headers.foretell(repository))
    if foretold is None:
        return Judged(facts=None, fits={})
    machine = machine_of(runtime.rpc_servers, runtime.threads)
    fits = {
        label: fit_document(judge(profile, runtime, machine), machine)
        for label, profile in foretold.profiles.items()
    }
    return Judged(facts=foretold.facts, fits=fits)


def _reading(access: Access, read: Callable[[Headers], T]) -> T:
    http = HubHttp(access.settings, access.token)
    try:
        return read(Headers(http))
    finally:
        http.close()
