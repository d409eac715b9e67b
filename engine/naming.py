"""What contenders are called: by their files, each by a name of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath
from typing import Final

from engine.contract import ModelFile

_COPY_NUMBER: Final = re.compile(r" \((\d+)\)$")
_HAS_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD_END: Final = re.compile(r"[ -]+")
_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}$")


def display_name(model: ModelFile) -> str:
    """The file's name without its ending, with the quantization as a word at the end."""
    stem = _SHARD.sub("", PurePath(model.file).stem)
    quantization = model.quantization
    if not quantization:
        return stem
    without = re.sub(rf"[-._ ]?{re.escape(quantization)}$", "", stem, flags=re.IGNORECASE)
    return f"{without or stem} {quantization}"


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    if wanted not in taken:
        return wanted
    base = _COPY_NUMBER.sub("", wanted)
    number = 2
    while f"{base} ({number})" in taken:
        number += 1
    return f"{base} ({number})"


def unique_names(models: Sequence[ModelFile]) -> list[str]:
    """Display names; models that share one also get their folder, the very same model a number."""
    plain = [display_name(model) for model in models]
    names: list[str] = []
    for model, name in zip(models, plain, strict=True):
        same = [other.path for other, own in zip(models, plain, strict=True) if own == name]
        wanted = name if len(set(same)) == 1 else f"{name} ({Path(model.path).parent.name})"
        names.append(free_name(wanted, names))
    return names


def short_names(names: Sequence[str]) -> list[str]:
    """Without the words that all begin with, as long as what is left still reads as a name of each."""
    if len(names) < 2:
        return list(names)
    for word in reversed(list(_WORD_END.finditer(names[0]))):
        shared = names[0][: word.end()]
        rests = [name[word.end() :] for name in names if name.startswith(shared)]
        if len(rests) == len(names) and all(map(_HAS_LETTER.search, rests)):
            return rests
    return list(names)
