"""The prompts of a suite: texts, chats, and files of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args

import msgspec

from engine.contract import Message, Role
from engine.quality.fields import FieldFault, Place, as_text
from engine.quality.reading.files import FileFault, Folder
from engine.quality.reading.gathering import Gathering
from engine.quality.reading.located import Document
from engine.quality.reading.templates import NotSupported, render
from engine.quality.reading.yaml_text import YamlFault, read_yaml

# promptfoo's own, where a file has none.
USUAL: Final = "{{prompt}}"

_ROLES: Final = {**{role: role for role in get_args(Role)}, "developer": "system"}
_ELSEWHERE: Final = ("exec:", "langfuse://", "portkey://", "helicone://", "http://", "https://")


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """Templates of messages; `label` tells prompts of one suite apart.

    may_be_chat: a text that looks like a chat, and is one only once its variables stand in it, as in
    "content": {{text | dump}}.
    """

    label: str
    messages: tuple[Message, ...]
    may_be_chat: bool = False

    def filled(self, variables: Mapping[str, Any]) -> tuple[Message, ...]:
        """Raises NotSupported, TemplateFault and FieldFault."""
        filled = tuple(
            Message(role=each.role, content=render(each.content, variables))
            for each in self.messages
        )
        return messages_of(filled[0].content) if self.may_be_chat else filled


def read_prompts(
    document: Document, place: Place, folder: Folder, gathering: Gathering
) -> list[Prompt]:
    """The prompts under a key, in order; faults and what is not supported are gathered."""
    written = document.value.get(place[-1], [USUAL])
    listed = written if isinstance(written, list) else [written]
    prompts: list[Prompt] = []
    for i, item in enumerate(listed):
        here = (*place, i) if isinstance(written, list) else place
        try:
            texts = texts_of(item, folder)
            prompts += [prompt_of(str(len(prompts) + n), text) for n, text in enumerate(texts, 1)]
        except NotSupported as e:
            gathering.unsupported(document, here, str(e))
        except FileFault as e:
            gathering.fault(document, here, e.reason)
        except FieldFault as e:
            gathering.fault(document, (*here, *e.field), e.reason)
    return prompts


def prompt_of(label: str, written: Any) -> Prompt:
    """Raises FieldFault and NotSupported."""
    messages = messages_of(written)
    is_text = isinstance(written, str) and messages == (Message(role="user", content=written),)
    may_be_chat = is_text and written.lstrip().startswith("[")
    return Prompt(label=label, messages=messages, may_be_chat=may_be_chat)


def messages_of(value: Any) -> tuple[Message, ...]:
    """Messages out of a text, of a chat written as JSON or YAML, or of a list; raises
    FieldFault."""
    if isinstance(value, str):
        value = _chat(value)
        if isinstance(value, str):
            return (Message(role="user", content=value),)
    if not isinstance(value, list) or not value:
        raise FieldFault((), "a prompt is a text or a list of {role, content}")
    return tuple(_message(item, i) for i, item in enumerate(value))


def _message(item: Any, i: int) -> Message:
    if not isinstance(item, dict):
        raise FieldFault((i,), "a message needs a role and a content")
    role = _ROLES.get(str(item.get("role")))
    if role is None:
        raise FieldFault((i, "role"), f"the role has to be one of {', '.join(get_args(Role))}")
    content = as_text(item.get("content"))
    if content is None:
        if isinstance(item.get("content"), list):
            raise NotSupported("a message with images or parts cannot be sent to these models")
        raise FieldFault((i, "content"), "the content is missing")
    return Message(role=cast(Any, role), content=content)


def texts_of(item: Any, folder: Folder) -> list[Any]:
    """The prompts that one item stands for."""
    if isinstance(item, dict) and ("raw" in item or "id" in item):
        item = item.get("raw", item.get("id"))
    if not isinstance(item, str):
        return [item]
    if item.startswith(_ELSEWHERE):
        raise NotSupported(f"“{item}” runs code or fetches from a server, which is not done")
    if not item.startswith("file://"):
        return [item]
    suffix = Path(item).suffix.lower()
    if suffix == ".csv":
        rows = folder.document(item).value
        return [row["prompt"] for row in rows if row.get("prompt")]
    text = folder.text(item)
    if suffix in {".json", ".yaml", ".yml"}:
        return [text.strip()]
    return [part.strip("\r\n") for part in _sections(text)]


def _sections(text: str) -> list[str]:
    """promptfoo parts a file of prompts at lines that are three hyphens."""
    sections: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == "---":
            sections.append([])
        else:
            sections[-1].append(line)
    return [whole for section in sections if (whole := "\n".join(section)).strip()]


def _chat(text: str) -> Any:
    """The list that a chat prompt is written as, or the text itself when it is none."""
    start = text.lstrip()
    if start.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
    elif start.startswith("- role:"):
        try:
            value = read_yaml("prompt", text).value
        except YamlFault:
            return text
    else:
        return text
    chat = isinstance(value, list) and value and all(isinstance(m, dict) for m in value)
    return value if chat and all("role" in message for message in value) else text
