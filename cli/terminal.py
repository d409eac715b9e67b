"""The terminal: what may be written to it, and the consoles that write.

Model output, file names and imported sessions are untrusted: an escape sequence in them could recolour
the screen, set its title or type commands into some terminals, so none of them is written as it is.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import IO, Final

import msgspec
from rich.console import Console
from rich.style import Style
from rich.text import Text

FILE_WIDTH: Final = 120
ROOMY_WIDTH: Final = 110
"""From here on tables have room for whole names and further columns."""
_KEPT: Final = "\n\t"
_BIDI_CONTROLS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))


@lru_cache(maxsize=1)
def _replacements() -> dict[int, str]:
    table = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in _KEPT}
    table[0x7F] = "\N{SYMBOL FOR DELETE}"
    for code in (*range(0x80, 0xA0), *_BIDI_CONTROLS, *range(0xD800, 0xE000)):
        table[code] = "\N{REPLACEMENT CHARACTER}"
    return table


def clean(text: str) -> str:
    """The text with every control character made visible; new lines and tabs stay."""
    return text.replace("\r\n", "\n").translate(_replacements())


def clean_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean(text).split())


def words(text: str, style: str | Style = "") -> Text:
    """Cleaned text for Rich, never read as markup."""
    return Text(clean(text), style=style)


def result_console() -> Console:
    """Standard output, where results go."""
    return _console(sys.stdout)


def message_console() -> Console:
    """Standard error, where progress, notes and errors go."""
    return _console(sys.stderr)


def _console(file: IO[str]) -> Console:
    terminal = file.isatty()
    return Console(
        file=file,
        width=None if terminal else FILE_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def write_result(content: bytes) -> None:
    """Bytes for another program on standard output, untouched by the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def write_json(document: object) -> None:
    write_result(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def complain(sentence: str) -> None:
    """An error or note on standard error; the sentence may hold foreign text."""
    console = message_console()
    if console.is_terminal:
        console.print(words(sentence))
    else:
        # Unbroken, so that whoever searches for a part of it finds it.
        print(clean(sentence), file=sys.stderr)
