"""The keys of a suite's file: what is read, what promptfoo means by the others, and
misspellings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

from engine.quality.fields import Place
from engine.quality.reading.gathering import Gathering
from engine.quality.reading.located import Document

_MODELS: Final = "the models come from the comparison, not from the file"
_CODE: Final = "it runs code out of the file, which is not done"
_NO_EFFECT: Final = "it has no effect here"
_UNKNOWN: Final = "it is not known here and has no effect"

SUITE_KEYS: Final = frozenset(
    {
        "description",
        "title",
        "prompts",
        "tests",
        "cases",
        "defaultTest",
        "defaults",
        "assertionTemplates",
    }
)
CASE_KEYS: Final = frozenset(
    {
        "answer",
        "answers",
        "assert",
        "checks",
        "choices",
        "critical",
        "description",
        "expected",
        "format",
        "group",
        "id",
        "messages",
        "metadata",
        "options",
        "prompt",
        "right",
        "system",
        "threshold",
        "vars",
    }
)
_ELSEWHERE: Final = {
    "providers": _MODELS,
    "targets": _MODELS,
    "provider": _MODELS,
    "$schema": _NO_EFFECT,
    "commandLineOptions": _NO_EFFECT,
    "env": _NO_EFFECT,
    "evaluateOptions": _NO_EFFECT,
    "metadata": _NO_EFFECT,
    "outputPath": _NO_EFFECT,
    "runSerially": _NO_EFFECT,
    "sharing": _NO_EFFECT,
    "tags": _NO_EFFECT,
    "tracing": _NO_EFFECT,
    "writeLatestResults": _NO_EFFECT,
    "assertScoringFunction": _CODE,
    "postprocess": _CODE,
    "transform": _CODE,
    "transformVars": _CODE,
    "extensions": _CODE,
    "nunjucksFilters": _CODE,
    "derivedMetrics": "metrics made of others are not computed",
    "providerOutput": "replies come from the models, not from the file",
    "redteam": "attacks are not generated",
    "rubricPrompt": "it needs a model as the judge, which suites do not have yet",
    "scenarios": "scenarios are not read; write their tests out",
    "storeOutputAs": "a reply cannot be used in another case",
}
OPTION_KEYS: Final = frozenset(
    {
        "disableDefaultAsserts",
        "disableVarExpansion",
        "prefix",
        "suffix",
    }
)


def name_others(
    fields: Mapping[str, Any],
    known: frozenset[str],
    document: Document,
    place: Place,
    gathering: Gathering,
) -> None:
    """Gather every key that is not read: a misspelt one as a fault, others as not supported."""
    for key in fields:
        if key in known:
            continue
        here = (*place, key)
        reason = _ELSEWHERE.get(key)
        if reason is None and (close := difflib.get_close_matches(key, known, n=1, cutoff=0.75)):
            gathering.fault(document, here, f"“{key}” is not known; did you mean “{close[0]}”?")
        else:
            gathering.unsupported(document, here, reason or _UNKNOWN)
