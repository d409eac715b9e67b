"""promptfoo's other assertions, which are named with the reason why they are not run."""

from __future__ import annotations

from typing import Final

_JUDGE: Final = "It needs a model as the judge, which suites do not have yet."
_EMBEDDINGS: Final = "It needs a model for embeddings, which suites do not have yet."
_CODE: Final = "It runs code out of the file or calls a server, which this program does not do."
_TOOLS: Final = "It is about tool calls or traces, which replies here do not have."
_FORMAT: Final = "This program does not check that format."
_METRIC: Final = "This program does not compute that score; rouge-n and levenshtein are there."

_REASONS: Final[dict[str, tuple[str, ...]]] = {
    _JUDGE: (
        "agent-rubric",
        "answer-relevance",
        "citation-faithfulness",
        "classifier",
        "context-faithfulness",
        "context-recall",
        "context-relevance",
        "conversation-relevance",
        "factuality",
        "g-eval",
        "guardrails",
        "human",
        "llm-rubric",
        "max-score",
        "model-graded-closedqa",
        "model-graded-factuality",
        "moderation",
        "noise-sensitivity",
        "pi",
        "research-rubric",
        "search-rubric",
        "select-best",
        "video-rubric",
    ),
    _EMBEDDINGS: (
        "bertscore",
        "similar",
        "similar:cosine",
        "similar:dot",
        "similar:euclidean",
    ),
    _CODE: ("javascript", "python", "ruby", "webhook"),
    _TOOLS: (
        "is-valid-function-call",
        "is-valid-openai-function-call",
        "is-valid-openai-tools-call",
        "skill-used",
        "tool-call-f1",
        "trace-error-spans",
        "trace-span-count",
        "trace-span-duration",
        "trajectory:step-count",
        "trajectory:tool-args-match",
        "trajectory:tool-sequence",
        "trajectory:tool-used",
    ),
    _FORMAT: (
        "contains-html",
        "contains-sql",
        "contains-xml",
        "is-html",
        "is-sql",
        "is-xml",
        "math-equivalent",
    ),
    _METRIC: ("bleu", "gleu", "meteor", "rouge-l", "rouge-s"),
}
_BY_NAME: Final = {name: reason for reason, names in _REASONS.items() for name in names}


def why_unsupported(name: str) -> str | None:
    """The reason why an assertion that promptfoo knows is not run; None when it knows none so
    named."""
    if name.startswith("promptfoo:redteam:"):
        return _JUDGE
    return _BY_NAME.get(name)
