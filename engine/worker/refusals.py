"""Why llama.cpp did not load a file, as a sentence: its log lines are matched to what the user can do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.protocol import RefusalKind

_RULES: tuple[tuple[str, RefusalKind, str], ...] = (
    (
        r"(?:unknown|unsupported) model architecture: '([^']*)'",
        "unsupported",
        (
            "{file} holds a model of the architecture “{match}”, which this llama.cpp does not know. "
            "A newer version of the app may."
        ),
    ),
    (
        r"CLIP cannot be used as main model",
        "unsupported",
        "{file} is the picture part of a model (mmproj), not a model. Choose the language model beside it.",
    ),
    (
        r"invalid magic characters",
        "not_gguf",
        "{file} is not a GGUF file. Choose a model whose name ends in .gguf.",
    ),
    (
        r"GGUFv1 is no longer supported|this GGUF file is version|extremely large, is there a mismatch",
        "unsupported",
        "{file} is a GGUF version that this llama.cpp does not read. Get a newer file of this model.",
    ),
    (
        (
            r"is not within the file bounds|exceeds remaining file size|failed to read (?:header|magic)"
            r"|failed to read tensor data|read error|unexpectedly reached end of file"
        ),
        "truncated",
        "{file} ends too early: it was not downloaded whole. Download it again.",
    ),
    (
        r"illegal split file idx",
        "load",
        "{file} is a later part of a split model. Choose its first part (…-00001-of-…).",
    ),
    (
        r"failed to load GGUF split from (.*)|invalid split file",
        "missing",
        "A part of the split model {file} is missing or unreadable: {match}. Put all parts in one folder.",
    ),
    (
        r"unable to allocate|failed to allocate|bad_alloc|out of memory|OutOfDeviceMemory",
        "memory",
        (
            "There was not enough memory to load {file}. Use fewer GPU layers, a smaller context or a "
            "smaller quantization."
        ),
    ),
    (
        r"quantized V cache|V cache quantization",
        "load",
        "A quantized V cache needs flash attention: set that to auto or on, or the V cache to f16.",
    ),
    (
        r"device (\S+) does not support split buffers",
        "device",
        "{match} cannot hold parts of rows, so {file} cannot be split by rows. Choose the split mode layer.",
    ),
    (
        r"invalid value for main_gpu",
        "device",
        "The main GPU chosen for {file} does not exist. Choose one of the devices that doctor lists.",
    ),
    (
        (
            r"failed to read key-value pairs|failed to read tensor info|corrupted model|is duplicated"
            r"|has invalid|tensor '[^']*' has|incorrect shape|wrong number of tensors|missing tensor"
            r"|not found"
        ),
        "corrupt",
        "{file} is damaged: its header contradicts itself ({match}). Download it again.",
    ),
)


_PASSED_ON = re.compile(
    r"^(?:\w+: )?(?:error loading model(?: hyperparameters| vocabulary)?: "
    r"|failed to initialize the context: )*"
)
_ONLY_FAILED = re.compile(
    r"(?:failed to|error) load(?:ing)? model(?: .*)?|failed to create context.*"
)


def explain_failed_load(path: Path, errors: Iterable[str]) -> tuple[RefusalKind, str]:
    """The kind and the sentence for a load that gave no model or no context."""
    lines = [line.strip() for line in errors if line.strip()]
    text = "\n".join(lines)
    for pattern, kind, sentence in _RULES:
        if found := re.search(pattern, text):
            detail = next((g for g in found.groups() if g), found[0])
            return kind, sentence.format(file=path.name, match=detail)
    return "load", f"llama.cpp could not load {path.name}: {_last_reason(lines)}."


def _last_reason(lines: Sequence[str]) -> str:
    """The last line that says more than that it failed, without the functions that pass it on."""
    for line in reversed(lines):
        reason = _PASSED_ON.sub("", line).rstrip(".")
        if reason and not _ONLY_FAILED.fullmatch(reason):
            return reason
    return "it gave no reason"
