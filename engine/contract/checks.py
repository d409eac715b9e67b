"""The checks a case may carry, as data.

Every check has: negated (written `not-` before its name), weight (how much it counts in the case's
score; with 0 it is reported and decides nothing) and label (the name it is reported under).
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Check(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    negated: bool = False
    weight: float = 1.0
    label: str | None = None


class TextCheck(_Check, frozen=True, kw_only=True, tag="text"):
    type: Literal["equals", "contains", "icontains", "starts-with"]
    value: str


class ListCheck(_Check, frozen=True, kw_only=True, tag="list"):
    type: Literal["contains-any", "contains-all", "icontains-any", "icontains-all"]
    values: tuple[str, ...]


class RegexCheck(_Check, frozen=True, kw_only=True, tag="regex"):
    type: Literal["regex"] = "regex"
    pattern: str


class JsonEqualsCheck(_Check, frozen=True, kw_only=True, tag="json_equals"):
    """`equals` with a structure; `value` is JSON text."""

    type: Literal["equals"] = "equals"
    value: str


class JsonCheck(_Check, frozen=True, kw_only=True, tag="json"):
    """`schema` is JSON text."""

    type: Literal["is-json", "contains-json"]
    schema: str | None = None


class SimilarityCheck(_Check, frozen=True, kw_only=True, tag="similarity"):
    """levenshtein: at most `threshold` edits. rouge-n: at least `threshold` of the value's
    words."""

    type: Literal["levenshtein", "rouge-n"]
    value: str
    threshold: float


class RefusalCheck(_Check, frozen=True, kw_only=True, tag="refusal"):
    type: Literal["is-refusal"] = "is-refusal"


class LimitCheck(_Check, frozen=True, kw_only=True, tag="limit"):
    """latency in ms, cost in the session's currency and perplexity: at most `threshold`.

    perplexity-score, which is 1 / (1 + perplexity): at least `threshold`.
    """

    type: Literal["latency", "cost", "perplexity", "perplexity-score"]
    threshold: float


class LengthCheck(_Check, frozen=True, kw_only=True, tag="length"):
    """Both limits are inclusive; None leaves that side open."""

    type: Literal["word-count", "character-count"]
    minimum: int | None = None
    maximum: int | None = None


class FinishCheck(_Check, frozen=True, kw_only=True, tag="finish"):
    type: Literal["finish-reason"] = "finish-reason"
    value: str


FilterName = Literal[
    "first-number",
    "last-number",
    "hash-answer",
    "boxed",
    "choice-letter",
    "first-line",
    "last-line",
]


class NamedFilter(msgspec.Struct, frozen=True, kw_only=True, tag="named", tag_field="kind"):
    name: FilterName


class RegexFilter(msgspec.Struct, frozen=True, kw_only=True, tag="regex", tag_field="kind"):
    """Keeps a match of the pattern, or its first group where it has one."""

    pattern: str
    take: Literal["first", "last"] = "last"


Filter = NamedFilter | RegexFilter


class ExactMatchCheck(_Check, frozen=True, kw_only=True, tag="exact_match"):
    """lm-eval's exact_match: what the filters leave of the reply equals one of the values.

    Numbers are equal as numbers, within `tolerance`.
    """

    type: Literal["exact-match"] = "exact-match"
    values: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    ignore_case: bool = False
    ignore_punctuation: bool = False
    tolerance: float = 0.0


class PythonCheck(_Check, frozen=True, kw_only=True, tag="python"):
    """Code in the reply. defines-function: it parses and defines `function`.

    passes-tests: `tests` come to their end after it, in a sandbox; without one it cannot be told.
    before: code that stands before the reply's (imports and helpers that the prompt gave).
    """

    type: Literal["defines-function", "passes-tests"]
    function: str
    before: str = ""
    tests: str | None = None


class UnsupportedCheck(_Check, frozen=True, kw_only=True, tag="unsupported"):
    """A check that promptfoo knows and this program does not run; it decides nothing and is
    named."""

    type: str
    reason: str


class CheckSet(_Check, frozen=True, kw_only=True, tag="set"):
    """assert-set: passes when its weighted score reaches `threshold`, or all pass where it has
    none."""

    type: Literal["assert-set"] = "assert-set"
    checks: tuple[Check, ...]
    threshold: float | None = None


Check = (
    TextCheck
    | ListCheck
    | RegexCheck
    | JsonEqualsCheck
    | JsonCheck
    | SimilarityCheck
    | RefusalCheck
    | LimitCheck
    | LengthCheck
    | FinishCheck
    | ExactMatchCheck
    | PythonCheck
    | UnsupportedCheck
    | CheckSet
)


def written_name(check: Check) -> str:
    """The name as it stands in a file: `not-contains`."""
    return f"not-{check.type}" if check.negated else check.type
