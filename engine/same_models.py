"""What a comparison of models has to be read with: the same model twice, or models in different settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.contract import Contender

_MATTERS: Final = {
    "type_k": "type of the K cache",
    "type_v": "type of the V cache",
    "flash_attention": "flash attention",
    "loras": "LoRA adapters",
}


def same_model_remarks(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """A sentence for each that is another one's file under the same settings; the first is the reference."""
    told = []
    for place, each in enumerate(contenders):
        earlier = next((other for other in contenders[:place] if _are_one(each, other)), None)
        if earlier is contenders[0]:
            told.append(
                f"{each.name} is the reference's own file with the same settings: "
                "what differs is rounding or chance."
            )
        elif earlier is not None:
            told.append(
                f"{each.name} is the same file as {earlier.name}, with the same settings: measured twice."
            )
    return tuple(told)


def other_settings_remarks(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """A sentence for each that runs otherwise than the first, the reference, in what changes its figures."""
    reference, *others = contenders
    told = []
    for each in others:
        differing = [
            words
            for field, words in _MATTERS.items()
            if getattr(each.runtime, field) != getattr(reference.runtime, field)
        ]
        if differing:
            told.append(
                f"{each.name} and {reference.name} run with different settings ({', '.join(differing)}), "
                "which is a part of what differs."
            )
    return tuple(told)


def _are_one(one: Contender, other: Contender) -> bool:
    mine, theirs = one.model, other.model
    if one.runtime != other.runtime or one.sampling != other.sampling:
        return False
    same_bytes = mine.sha256 is not None and mine.sha256 == theirs.sha256
    return same_bytes or Path(mine.path).resolve() == Path(theirs.path).resolve()
