"""The process that renders chat templates, which come from model files and are not trusted.

Jinja's sandbox keeps a template from running code, but not from taking all the time and memory there is
(`"a" * 10**10`, nested loops, lists of lists of lists). So templates are rendered here, in a process of
their own that `engine.worker.template` starts, watches and ends. It imports nothing of ours and never
llama.cpp, so it starts within a tenth of a second and runs as a plain script; its arguments are the memory
it may take and the longest text it may give.

The conversation, one line of JSON each way: it says {"ready": …}; then any number of requests, each
answered by {"text": …} or {"refused": sentence}. The first request gives the template. The end of its input
means: leave.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

# Only for a renderer whose watcher died in the middle of a request: the watcher's own limit is shorter.
SELF_DESTRUCT_S: Final = 10

_MARK: Final = "STEELYARD MARK"
_USER: Final = {"role": "user", "content": _MARK}
_SYSTEM: Final = {"role": "system", "content": _MARK}
_HELLO: Final = {"role": "user", "content": "Hello."}
# StepFun's models reason in circles over leftover whitespace (llama.cpp issue 24181).
_TRIMMED_TEMPLATES: Final = "You have access to the following functions in JSONSchema format"
# What a template can raise while it is used as it was meant to be: it is a program of somebody else's.
_FAULTS: Final = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Refusal(Exception):
    """The template or its use is at fault; the text is a sentence for the user."""


class _Raised(Exception):
    """The template called raise_exception."""


class _GenerationTag(Extension):
    """`{% generation %}…{% endgeneration %}`, which marks training text for transformers, gives its body."""

    tags = {"generation"}  # noqa: RUF012 (Jinja declares it as a plain set)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """As llama.cpp has it, nothing joined to a text is that text; Jinja itself would fail."""
        if isinstance(right, str) and _is_nothing(left):
            return right
        if isinstance(left, str) and _is_nothing(right):
            return left
        return super().call_binop(context, operator, left, right)


def _is_nothing(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


class Renderer:
    """One compiled template, with what trying it out has told about it."""

    def __init__(self, source: str, bos_token: str, eos_token: str, now: datetime) -> None:
        self._now = now
        self._tokens = {"bos_token": bos_token, "eos_token": eos_token}
        self._trims = _TRIMMED_TEMPLATES in source
        self._template = self._compile(source)
        self._typed = False
        self._has_system = True
        self._thinks = False
        try:
            self._try_out()
        except MemoryError as fault:
            raise _refusal("The chat template fails", fault) from fault

    def render(
        self,
        messages: list[dict[str, Any]],
        arguments: dict[str, Any],
        add_generation_prompt: bool,
        now: datetime,
    ) -> str:
        self._now = now
        try:
            return self._render(messages, arguments, add_generation_prompt)
        except _Raised as refused:
            words = f"The chat template refuses these messages: {_words(refused)}"
            raise Refusal(words) from refused
        except _FAULTS as fault:
            raise _refusal("The chat template fails on these messages", fault) from fault

    def _compile(self, source: str) -> Any:
        environment = _Environment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationTag, loopcontrols]
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = self._strftime_now
        try:
            return environment.from_string(source)
        except TemplateSyntaxError as fault:
            raise _refusal(
                f"The chat template has a mistake in line {fault.lineno}", fault
            ) from fault
        except (*_FAULTS, SyntaxError) as fault:
            raise _refusal("The chat template cannot be read", fault) from fault

    def _strftime_now(self, form: str) -> str:
        return self._now.strftime(form)

    def _try_out(self) -> None:
        """Find out what the template makes of messages, as llama.cpp does.

        Some templates want a content as a list of parts, some have no system role, some know no thinking.
        """
        self._typed = not _in_prompt(self._attempt([_USER]))
        if self._typed and not _in_prompt(self._attempt([_USER])):
            self._typed = False
            return
        self._has_system = _in_prompt(self._attempt([_SYSTEM, _HELLO]))
        thought = {"role": "assistant", "content": "Hello.", "reasoning_content": _MARK}
        after_user = [
            self._attempt([_USER], enable_thinking=thinking).rpartition(_MARK)[2]
            for thinking in (True, False)
        ]
        self._thinks = after_user[0] != after_user[1] or _in_prompt(
            self._attempt([_HELLO, thought])
        )

    def _attempt(self, messages: list[dict[str, Any]], **arguments: Any) -> str:
        try:
            return self._render(messages, arguments, True)
        except MemoryError:
            raise
        except (*_FAULTS, _Raised):
            return ""

    def _render(
        self, messages: list[dict[str, Any]], arguments: dict[str, Any], add_generation_prompt: bool
    ) -> str:
        context = {
            "messages": self._fitted(messages),
            "enable_thinking": self._thinks,
            "date_string": self._now.strftime("%d %b %Y"),
            "datetime": self._now.strftime("%b %d %Y"),
            **_kept_reasoning(bool(arguments.get("preserve_reasoning", True))),
            **self._tokens,
            **arguments,
        }
        if "reasoning_effort" in arguments:
            context.setdefault("reasoning_strength", arguments["reasoning_effort"])
        if add_generation_prompt:
            context["add_generation_prompt"] = True
        return str(self._template.render(context))

    def _fitted(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._trims:
            messages = [{**each, "content": each["content"].strip()} for each in messages]
        if not self._has_system and messages and messages[0]["role"] == "system":
            system, *messages = messages
            if not messages:
                raise Refusal(
                    "The chat template has no system role, and no other message can carry it."
                )
            joined = system["content"] + "\n" + messages[0]["content"]
            messages[0] = {**messages[0], "content": joined}
        if self._typed:
            return [
                {**each, "content": [{"type": "text", "text": each["content"]}]}
                for each in messages
            ]
        return messages


def _in_prompt(prompt: str) -> bool:
    return _MARK in prompt


def _kept_reasoning(keep: bool) -> dict[str, bool]:
    """The names by which templates ask whether earlier reasoning stays in the prompt."""
    return {
        "preserve_thinking": keep,
        "clear_thinking": not keep,
        "truncate_history_thinking": not keep,
        "drop_thinking": not keep,
    }


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: Sequence[str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers has it: plain JSON, with neither HTML nor ASCII escapes."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=(separators[0], separators[1]) if separators else None,
        sort_keys=sort_keys,
    )


def _raise(message: str) -> None:
    raise _Raised(message)


def _refusal(beginning: str, fault: BaseException) -> Refusal:
    if isinstance(fault, MemoryError):
        return Refusal("The chat template needs too much memory.")
    if isinstance(fault, RecursionError):
        return Refusal("The chat template calls itself without end, or nests too deeply.")
    return Refusal(f"{beginning}: {_words(fault)}")


def _words(fault: BaseException) -> str:
    """What an exception says in one line that ends like a sentence."""
    said = " ".join(str(fault).split())[:300] or type(fault).__name__
    return said if said.endswith((".", "!", "?")) else said + "."


def serve(requests: BinaryIO, answers: BinaryIO, max_text_chars: int) -> None:
    """Answer requests until they end."""

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields).encode() + b"\n")
        answers.flush()

    renderer: Renderer | None = None
    answer(ready=os.getpid())
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        while line := requests.readline():
            faulthandler.dump_traceback_later(SELF_DESTRUCT_S, exit=True, file=nowhere)
            try:
                request = json.loads(line)
                request["now"] = datetime.fromisoformat(request["now"])
                if renderer is None:
                    renderer, text = Renderer(**request), ""
                else:
                    text = _rendered(renderer, request, max_text_chars)
                answer(text=text)
            except Refusal as refusal:
                answer(refused=str(refusal))
            finally:
                faulthandler.cancel_dump_traceback_later()


def _rendered(renderer: Renderer, request: dict[str, Any], max_text_chars: int) -> str:
    text = renderer.render(**request)
    if len(text) > max_text_chars:
        raise Refusal(
            f"The chat template makes a prompt of {len(text):,} characters; that is too long."
        )
    return text


def limit_memory(limit_bytes: int) -> None:
    """Set the limit where the system keeps one; elsewhere only the watcher looks at the memory."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: Sequence[str]) -> None:
    memory_limit_bytes, max_text_chars = map(int, arguments)
    # Ctrl+C goes to every process of a terminal; this one ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(memory_limit_bytes)
    serve(sys.stdin.buffer, sys.stdout.buffer, max_text_chars)


if __name__ == "__main__":
    main(sys.argv[1:])
