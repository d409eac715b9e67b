"""models fit: what a model will need here, told from its header alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cli.hub_access import Access, this_hub
from cli.loading_options import LoadingOptions
from cli.model_uses import recorded_uses
from cli.models_files import fit_repository
from cli.models_fit_view import fit_document, print_fit
from cli.terminal import result_console, write_json
from cli.this_machine import MachineOf, this_machine
from cli.usage import WrongUsage, require_file
from engine.contract import Runtime
from models.fingerprint import Fingerprints
from models.fit import judge, profile_of
from models.gguf import read_model
from models.hub.address import parse_address
from storage.folders import models_folder
from storage.uses import Use, Uses


def fit_model(
    target: str,
    quantization: str | None,
    loading: LoadingOptions,
    *,
    as_json: bool,
    machine_of: MachineOf = this_machine,
    uses_of: Callable[[], tuple[Use, ...]] = recorded_uses,
    make_access: Callable[[], Access] = this_hub,
) -> int:
    """A file's, or those of a repository on the hub. 0 also for a model that does not fit: an answer.

    quantization: only this one of the repository.
    """
    file, runtime = Path(target), loading.runtime()
    if not file.exists() and parse_address(target) is not None:
        return fit_repository(
            target,
            quantization,
            runtime,
            as_json=as_json,
            machine_of=machine_of,
            make_access=make_access,
        )
    require_file(file)
    if quantization is not None:
        raise WrongUsage(f"{file} is one file; a quantization is named for a repository only.")
    return _fit_file(file, runtime, machine_of, uses_of, as_json=as_json)


def _fit_file(
    file: Path,
    runtime: Runtime,
    machine_of: MachineOf,
    uses_of: Callable[[], tuple[Use, ...]],
    *,
    as_json: bool,
) -> int:
    profile = profile_of(read_model(file))
    machine = machine_of(runtime.rpc_servers, runtime.threads)
    known = Fingerprints(models_folder() / "fingerprints").known(file)
    use = Uses(uses_of()).of([str(file.absolute())], known)
    document = fit_document(judge(profile, runtime, machine), machine, use)
    if as_json:
        write_json(document)
    else:
        print_fit(result_console(), file.name, document)
    return 0
