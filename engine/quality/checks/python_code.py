"""Python in a reply: whether it parses and defines a function, and whether that passes tests."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

import msgspec

from engine.contract.checks import PythonCheck
from engine.quality.checks.findings import Finding, span
from engine.quality.checks.sandbox import Sandbox, find_sandbox

MOST_CHARACTERS: Final = 20_000
"""Parsed in this process: Python's parser was seen to refuse what is nested too deeply up to this size."""
_FENCED: Final = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """Its place in the reply."""

    text: str
    start: int


def find_python(check: PythonCheck, text: str) -> Finding:
    if len(text) > MOST_CHARACTERS:
        return Finding(holds=False, reason=f"It is longer than {MOST_CHARACTERS:,} characters.")
    code, fault = _code(check, text)
    if code is None:
        return Finding(holds=False, reason=fault)
    spans = (span(text, code.start, code.start + _first_line(code.text)),)
    if check.type == "defines-function":
        return Finding(holds=True, reason=f"It defines {check.function}.", spans=spans)
    sandbox = find_sandbox()
    if not isinstance(sandbox, Sandbox):
        return Finding(holds=None, reason=f"The code was not run, since {sandbox}.")
    ran = sandbox.run(f"{check.before}\n{code.text}\n\n{check.tests or ''}\n")
    reason = "Its tests pass." if ran.ok else f"Its tests fail: {ran.fault.rstrip('.: ')}."
    return Finding(holds=ran.ok, reason=reason, spans=spans)


def _code(check: PythonCheck, text: str) -> tuple[Code | None, str]:
    """The first part of the reply that defines the function; else why there is none."""
    fault = ""
    for code in _parts(check, text):
        tree, why = _parsed(code.text)
        if tree is not None and check.function in _defined(tree):
            return code, ""
        fault = fault or why or f"There is no function {check.function} in it."
    return None, fault or "There is no code in it."


def _parts(check: PythonCheck, text: str) -> Iterator[Code]:
    blocks = [Code(text=m.group(1), start=m.start(1)) for m in _FENCED.finditer(text)]
    yield from blocks
    if len(blocks) > 1:
        yield Code(text="\n".join(block.text for block in blocks), start=blocks[0].start)
    if not blocks:
        yield Code(text=text, start=0)


def _parsed(code: str) -> tuple[ast.Module | None, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code), ""
    except SyntaxError as e:
        line = f", line {e.lineno}" if e.lineno is not None else ""
        return None, f"It is no Python{line}: {e.msg}."
    except (ValueError, RecursionError, MemoryError):
        return None, "It is no Python that can be read."


def _defined(tree: ast.Module) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions)}


def _first_line(code: str) -> int:
    return len(code.split("\n", 1)[0])
