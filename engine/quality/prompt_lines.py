"""Prompts in a plain text."""

from __future__ import annotations

from typing import Final

_SEPARATOR: Final = "---"


def split_prompts(content: str) -> list[str]:
    """One a line; where lines of --- stand, the text between them instead."""
    lines = content.splitlines()
    if any(line.strip() == _SEPARATOR for line in lines):
        blocks: list[list[str]] = [[]]
        for line in lines:
            if line.strip() == _SEPARATOR:
                blocks.append([])
            else:
                blocks[-1].append(line)
        lines = ["\n".join(block).strip("\n") for block in blocks]
    return [prompt for prompt in lines if prompt.strip()]
