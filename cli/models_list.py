"""models list, add and remove: the models on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from cli.asking import agreed
from cli.hub_access import Access, this_hub
from cli.model_uses import recorded_uses
from cli.models_list_view import ListedFault, ListedModel, ListedPlace, ModelList, print_models
from cli.terminal import clean_line, complain, result_console, write_json
from cli.usage import WrongUsage
from models.demo import bundled_models
from models.fingerprint import Fingerprints
from models.hub.client import Hub
from models.library import Contents, Entry, Library, app_roots
from models.library.standing import Newer, newer_files
from models.origins import Origins
from storage.folders import data_folder, models_folder
from storage.uses import Use, Uses

MakeLibrary = Callable[[], Library]


def this_library() -> Library:
    """The same that the window shows."""
    folder = models_folder()
    return Library(
        folder,
        app_roots(Path.home(), os.environ, sys.platform),
        data_folder(),
        Fingerprints(folder / "fingerprints"),
        Origins(folder / "origins"),
        bundled_models,
    )


def list_models(
    *,
    newer: bool,
    as_json: bool,
    make_library: MakeLibrary = this_library,
    uses_of: Callable[[], tuple[Use, ...]] = recorded_uses,
    make_access: Callable[[], Access] = this_hub,
) -> int:
    """Our own, built-in and added ones, and those of other programs.

    newer: ask the hub for files that changed there; else nothing is contacted.
    """
    contents = make_library().scan()
    found = _newer(contents, make_access()) if newer else None
    uses = Uses(uses_of())
    listed = tuple(_listed(entry, uses, found) for entry in contents.entries)
    if as_json:
        document = ModelList(models=listed, broken=_faults(contents))
        write_json(document)
        return 0
    for sentence in (
        *(each.sentence for each in contents.broken),
        *(found.faults if found else ()),
    ):
        complain(clean_line(sentence))
    if listed:
        print_models(result_console(), listed)
    else:
        print("There are no models yet. `models add` names them, `models search` looks for some.")
    return 0


def _newer(contents: Contents, access: Access) -> Newer:
    hub = Hub(access.settings, access.token)
    access.settings.require_online("Looking for newer files")
    return newer_files(contents.entries, hub.repository)


def add_models(path: Path, *, make_library: MakeLibrary = this_library) -> int:
    """A file, or a folder with all that is in it now and later."""
    whole = path.absolute()
    library = make_library()
    if whole.is_dir():
        library.add_folder(whole)
    elif whole.exists():
        library.add_file(whole)
    else:
        raise WrongUsage(f"There is no file or folder {path}. Check its name.")
    complain(f"Added: {whole}. It stays where it is.")
    return 0


def remove_model(model: str, *, sure: bool, make_library: MakeLibrary = this_library) -> int:
    """Our own go to the bin, after a question; all others stay on the disk.

    Raises WrongUsage where there is no terminal to ask at.
    """
    library = make_library()
    path = Path(model).absolute()
    if path.is_dir():
        library.remove_folder(path)
        complain(f"Steelyard no longer looks into {path}. Nothing in it was touched.")
        return 0
    entry = _entry(library.scan(), model, path)
    where = clean_line(str(entry.places[0].path))
    if entry.owned and not sure and not agreed(f"Move {where} to the bin?", f"{where} was kept"):
        complain("It was kept.")
        return 0
    library.remove(entry)
    what = (
        "was moved to the bin"
        if entry.owned
        else "is not listed any more; its file was not touched"
    )
    complain(clean_line(f"{entry.name} {what}."))
    return 0


def _entry(contents: Contents, model: str, path: Path) -> Entry:
    for entry in contents.entries:
        if path in {place.path for place in entry.places}:
            return entry
    exact = [entry for entry in contents.entries if entry.name == model]
    part = model.casefold()
    found = exact or [entry for entry in contents.entries if part in entry.name.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise WrongUsage(f"There is no model “{model}”. `models list` names them.")
    paths = ", ".join(str(entry.places[0].path) for entry in found)
    raise WrongUsage(f"“{model}” may be several models: {paths}. Name one by its path.")


def _faults(contents: Contents) -> tuple[ListedFault, ...]:
    return tuple(
        ListedFault(path=str(each.place.path), reason=each.sentence) for each in contents.broken
    )


def _listed(entry: Entry, uses: Uses, newer: Newer | None) -> ListedModel:
    model = entry.model
    paths = [str(place.path) for place in entry.places]
    use = uses.of(paths, entry.sha256)
    known = newer is not None and model.origin is not None and entry.sha256 is not None
    return ListedModel(
        name=entry.name,
        path=paths[0],
        size_bytes=model.size_bytes,
        architecture=model.architecture,
        quantization=model.quantization,
        bits_per_weight=model.bits_per_weight,
        parameters=model.parameters,
        n_ctx_train=model.n_ctx_train,
        licence=entry.details.licence,
        sha256=entry.sha256,
        origin=model.origin,
        last_used=None if use is None else use.last_used,
        generation_tokens_per_s=None if use is None else use.generation_tokens_per_s,
        newer=entry.places[0].path in newer.models if known and newer else None,
        places=tuple(ListedPlace(path=str(each.path), app=each.app) for each in entry.places),
    )
