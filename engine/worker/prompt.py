"""From a case to tokens: through the chat template, or as it stands."""

from __future__ import annotations

import msgspec

from engine.contract import Case
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    tokens: list[int]


def make_prompt(loaded: LoadedModel, case: Case) -> Prompt:
    """Raises TemplateError, or RequestRefused for a chat with a model that has no template."""
    if case.format == "completion":
        text = "".join(message.content for message in case.messages)
    else:
        text = _rendered(loaded, case)
    # Many templates write the BOS token themselves; llama.cpp's tokenizer would add a second one.
    bos = loaded.vocabulary.special_text(loaded.vocabulary.bos)
    has_bos = bool(bos) and text.startswith(bos)
    tokens = loaded.vocabulary.tokenize(text, add_special=not has_bos, parse_special=True)
    if not tokens:
        raise RequestRefused(
            "request", "The prompt is empty. Write something for the model to answer."
        )
    return Prompt(text=text, tokens=tokens)


def _rendered(loaded: LoadedModel, case: Case) -> str:
    if loaded.template is None:
        raise RequestRefused(
            "template",
            "This file has no chat template, so it is a base model that continues text. Ask it with "
            "--raw (a plain completion), or give it a chat template in its settings.",
        )
    return loaded.template.render(case.messages, loaded.request.runtime.template_arguments)
