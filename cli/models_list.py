"""models list, add and remove: the models on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from cli.terminal import clean_line, complain, result_console, words, write_result
from cli.usage import WrongUsage
from cli.wording import NONE, size
from models.fingerprint import Fingerprints
from models.library import Contents, Entry, Library, app_roots
from models.origins import Origins
from storage.folders import data_folder, models_folder

MakeLibrary = Callable[[], Library]


class ListedPlace(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    app: str


class ListedModel(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is where it is loaded from; sha256 is null while it was not computed."""

    name: str
    path: str
    size_bytes: int
    architecture: str | None
    quantization: str | None
    bits_per_weight: float | None
    parameters: int | None
    n_ctx_train: int | None
    licence: str | None
    sha256: str | None
    places: tuple[ListedPlace, ...]


class ListedFault(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    reason: str


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """What `models list --json` gives; broken: files that are no usable models."""

    models: tuple[ListedModel, ...]
    broken: tuple[ListedFault, ...]


def this_library() -> Library:
    """The same that the window shows."""
    folder = models_folder()
    return Library(
        folder,
        app_roots(Path.home(), os.environ, sys.platform),
        data_folder(),
        Fingerprints(folder / "fingerprints"),
        Origins(folder / "origins"),
    )


def list_models(*, as_json: bool, make_library: MakeLibrary = this_library) -> int:
    """Our own, added ones, and those of other programs."""
    contents = make_library().scan()
    if as_json:
        write_result(
            msgspec.json.format(msgspec.json.encode(_document(contents)), indent=2) + b"\n"
        )
        return 0
    for broken in contents.broken:
        complain(clean_line(broken.sentence))
    if contents.entries:
        _print(result_console(), contents)
    else:
        print("There are no models yet. `models add` names them, `models search` looks for some.")
    return 0


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
    """Our own go to the bin, after a question at a terminal; all others stay on the disk."""
    library = make_library()
    path = Path(model).absolute()
    if path.is_dir():
        library.remove_folder(path)
        complain(f"Steelyard no longer looks into {path}. Nothing in it was touched.")
        return 0
    entry = _entry(library.scan(), model, path)
    if entry.owned and not sure and not _agreed(entry):
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


def _agreed(entry: Entry) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    question = f"Move {clean_line(str(entry.places[0].path))} to the bin? [y/N] "
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _document(contents: Contents) -> ModelList:
    return ModelList(
        models=tuple(_listed(entry) for entry in contents.entries),
        broken=tuple(
            ListedFault(path=str(each.place.path), reason=each.sentence) for each in contents.broken
        ),
    )


def _listed(entry: Entry) -> ListedModel:
    model = entry.model
    return ListedModel(
        name=entry.name,
        path=str(entry.places[0].path),
        size_bytes=model.size_bytes,
        architecture=model.architecture,
        quantization=model.quantization,
        bits_per_weight=model.bits_per_weight,
        parameters=model.parameters,
        n_ctx_train=model.n_ctx_train,
        licence=entry.details.licence,
        sha256=entry.sha256,
        places=tuple(ListedPlace(path=str(each.path), app=each.app) for each in entry.places),
    )


def _print(console: Console, contents: Contents) -> None:
    if not console.is_terminal:
        for entry in contents.entries:
            print(_plain_row(entry))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    table.add_column("quantization", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("from", no_wrap=True, style="dim")
    for entry in contents.entries:
        table.add_row(
            words(clean_line(entry.name)),
            words(clean_line(entry.model.quantization or NONE)),
            size(entry.model.size_bytes),
            ", ".join(dict.fromkeys(place.app for place in entry.places)),
        )
    console.print(table)


def _plain_row(entry: Entry) -> str:
    """Tab-separated, for other programs that cut."""
    model = entry.model
    fields = (
        str(entry.places[0].path),
        entry.name,
        model.quantization or "",
        str(model.size_bytes),
        entry.places[0].app,
    )
    return "\t".join(clean_line(field) for field in fields)
