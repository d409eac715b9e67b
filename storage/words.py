"""Words as the full text search sees them: in texts, and in what somebody types into the search field.

SQLite's unicode61 tokenizer takes a run of letters and digits as one word. Chinese, Japanese, Korean and
some scripts of South-East Asia put no spaces between words, so each of their characters is made a word,
and what is searched in them becomes a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_EACH_UNSPACED: Final = re.compile(f"([{_UNSPACED}])")
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")
_PIECE: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
_WORD_BEGINS: Final = r"(?<![^\W_])"
_WORD_ENDS: Final = r"(?![^\W_])"
_LONGEST_SEARCH: Final = 1_000
_MOST_PIECES: Final = 32


class Term(msgspec.Struct, frozen=True):
    """Words that must follow each other; `prefix`: the last one may go on."""

    typed: str
    words: tuple[str, ...]
    prefix: bool


def searchable(text: str | None) -> str:
    """The text, composed, each character of an unspaced script standing alone; the database calls it."""
    if text is None or text.isascii():
        return text or ""
    return _EACH_UNSPACED.sub(r" \1 ", unicodedata.normalize("NFC", text))


def terms(typed: str) -> tuple[Term, ...]:
    """What was typed, taken apart: in quotes a phrase as it stands, else beginnings of words."""
    composed = unicodedata.normalize("NFC", typed[:_LONGEST_SEARCH].replace("\0", " "))
    found = (
        Term(quoted or loose, tuple(_WORD.findall(quoted or loose)), prefix=bool(loose))
        for quoted, loose in _PIECE.findall(composed)
    )
    return tuple(term for term in found if term.words)[:_MOST_PIECES]


def match_expression(wanted: tuple[Term, ...]) -> str:
    """The terms in the query language of FTS5, in which every word is quoted and none an operator.

    Without a term it is the empty phrase, which is found nowhere.
    """
    phrases = (f'"{searchable(term.typed)}"{"*" if _goes_on(term) else ""}' for term in wanted)
    return " ".join(phrases) or '""'


def pattern(wanted: tuple[Term, ...]) -> re.Pattern[str]:
    """Finds the terms in a text that was folded."""
    return re.compile("|".join(_pattern(term) for term in wanted) or r"(?!)")


def fold(text: str) -> str:
    """The text as words are compared, character for character: lower case, no diacritics."""
    return text.lower() if text.isascii() else "".join(map(_fold_one, text))


@lru_cache(maxsize=65_536)
def _fold_one(character: str) -> str:
    # Korean syllables and Japanese kana come apart too, but into what nobody takes for the same.
    if not _EACH_UNSPACED.match(character):
        character = unicodedata.normalize("NFD", character)[0]
    return character.lower()[0]


def _goes_on(term: Term) -> bool:
    # One letter begins too many words to be looked up while somebody types.
    last = term.words[-1]
    return term.prefix and (len(last) > 1 or not last.isascii())


def _pattern(term: Term) -> str:
    words = r"[\W_]*".join(re.escape(fold(word)) for word in term.words)
    spaced = not _EACH_UNSPACED.match(term.words[0])
    ends = not _goes_on(term) and not _EACH_UNSPACED.match(term.words[-1])
    return (_WORD_BEGINS if spaced else "") + words + (_WORD_ENDS if ends else "")
