"""What is known of a model on this machine, as rows of a name and a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gui.details import model_rows
from gui.figures import count, parameters, rate, size, when
from models.origins import FromHub, MadeHere, MatrixUsed, Origin

if TYPE_CHECKING:
    from gui.models.shelf import Anatomy
    from models.gguf import Value
    from models.library import Entry
    from storage.uses import Use

Rows = list[tuple[str, str]]
SHOWN_CHARACTERS: Final = 400  # of one value; chat templates have thousands


def entry_rows(entry: Entry, use: Use | None = None, *, newer: bool = False) -> Rows:
    """use: of it on this machine. newer: the hub that it came from has a newer file."""
    details = entry.details
    rows = [row for row in model_rows(details.model) if row[0] != "Folder"]
    active, total = details.active_parameters, details.model.parameters
    if active is not None and active != total:
        rows.insert(1, ("Used for each token", parameters(active)))
    if details.title:
        rows.append(("Title", details.title))
    if details.licence:
        rows.append(("Licence", details.licence))
    if details.imatrix:
        rows.append(("Importance matrix", details.imatrix))
    if entry.origin is not None:
        rows.append(("Origin", origin_words(entry.origin)))
    if newer:
        rows.append(("On the hub", "newer one available"))
    if use is not None:
        rows.append(("Last used", when(use.last_used, datetime.now(UTC))))
        if use.generation_tokens_per_s is not None:
            rows.append(("Measured here", measured_words(use)))
    rows.append(("sha256", _in_groups(entry.sha256) if entry.sha256 else "not computed yet"))
    several = len(entry.places) > 1
    rows.extend((place.app if several else "File", str(place.path)) for place in entry.places)
    return rows


def _in_groups(figure: str) -> str:
    """So that it breaks into lines in a narrow pane."""
    return " ".join(figure[start : start + 16] for start in range(0, len(figure), 16))


def measured_words(use: Use) -> str:
    replies = count(use.n_replies, "reply")
    layers = use.offloaded_layers
    where = f", {count(layers, 'layer')} on the GPU" if layers else ""
    return f"{rate(use.generation_tokens_per_s or 0)}, median of {replies}{where}"


def origin_words(origin: Origin) -> str:
    match origin:
        case FromHub():
            return f"{origin.repo}, {origin.file}, revision {origin.commit[:12]}"
        case MadeHere():
            twice = ", from a file that was quantized already" if origin.requantized else ""
            made = f"Made here from {origin.source} by {origin.llama_cpp}{twice}"
            return f"{made}{_imatrix_words(origin.imatrix)}"


def _imatrix_words(used: MatrixUsed | None) -> str:
    if used is None:
        return ""
    of = f", made of {used.text}" if used.text else ""
    return f", with the importance matrix {used.file}{of}, sha256 {_in_groups(used.sha256)}"


def tensor_rows(anatomy: Anatomy) -> Rows:
    """Each tensor type with its share of the weights."""
    elements = sum(kind.elements for kind in anatomy.kinds) or 1
    rows = []
    for kind in anatomy.kinds:
        percent = 100 * kind.elements / elements
        share = f"{percent:.1f} % of the weights" if percent >= 0.1 else "under 0.1 %"
        rows.append(
            (kind.name, f"{share}, {count(kind.tensors, 'tensor')}, {size(kind.size_bytes)}")
        )
    return rows


def tensors_text(anatomy: Anatomy) -> str:
    """One line for each tensor: name, shape, type and size."""
    name = max((len(tensor.name) for tensor in anatomy.tensors), default=0)
    rows = [
        (tensor.name, " × ".join(map(str, tensor.shape)), tensor.type.name, size(tensor.size_bytes))
        for tensor in anatomy.tensors
    ]
    shape = max((len(row[1]) for row in rows), default=0)
    return "\n".join(
        f"{row[0]:<{name}}  {row[1]:<{shape}}  {row[2]:<7}  {row[3]:>7}" for row in rows
    )


def metadata_text(anatomy: Anatomy) -> str:
    """One line for each entry, as the header has them."""
    return "\n".join(f"{key} = {_value(value)}" for key, value in sorted(anatomy.metadata.items()))


def _value(value: Value) -> str:
    if isinstance(value, str | bool | int | float):
        text = " ".join(str(value).split())
    elif isinstance(value, tuple):
        text = f"[{', '.join(str(each) for each in value)}]"
    else:
        text = f"({count(value.count, value.kind)}, not shown)"
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({count(len(text), 'character')})"
