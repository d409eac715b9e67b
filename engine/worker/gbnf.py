"""Reading GBNF grammars before llama.cpp does, which crashes, hangs or runs out of memory on bad ones.

Measured with llama.cpp 0c1e570: deep parentheses and long chains of rules overflow its stack; left
recursion behind a rule that is only indirectly empty, `{5,2}`, and tens of thousands of alternatives that
can begin at once never come back. A grammar that passes here does none of that, and what is wrong with
another is named.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from engine.errors import GrammarError

MAX_CHARS: Final = 512 * 1024
MAX_RULES: Final = 20_000
MAX_NESTING: Final = 100
# llama.cpp's own MAX_REPETITION_THRESHOLD; above it, an upper bound would be dropped without a word.
MAX_REPEATS: Final = 2000
MAX_ELEMENTS: Final = 500_000
# Ways to begin a rule: llama.cpp keeps a stack for each and compares each with all others.
MAX_BEGINNINGS: Final = 5000
# Steps of its search for left recursion, which walks every path of leftmost rules.
MAX_PATHS: Final = 1_000_000
MAX_CHAIN: Final = 2500

_ESCAPE = r"""\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]-])"""
_SPACE: Final = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_OR_LINES: Final = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_NAME: Final = re.compile(r"[a-zA-Z0-9-]+")
_TEXT: Final = re.compile(rf'"((?:[^"\\]|{_ESCAPE})*)"')
_CLASS: Final = re.compile(rf"\[\^?+((?:[^\]\\]|{_ESCAPE})+)\]")
_TOKEN: Final = re.compile(r"!?<(?:\[\d{1,9}\]|[^<>\[\]\r\n][^<>\r\n]*)>")
_LETTER: Final = re.compile(rf"[^\\]|{_ESCAPE}", re.DOTALL)


class Item(NamedTuple):
    """A rule, or a terminal (rule None) of `size` elements, so many times; most None: no end."""

    rule: int | None
    size: int
    least: int = 1
    most: int | None = 1


Alternative = list[Item]


class _Reader:
    """Reads a grammar into flat rules: what stands in parentheses becomes a rule of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: dict[str, int] = {}
        self.owners: list[str] = []
        self.rules: list[list[Alternative] | None] = []
        self.elements = 0
        # As llama.cpp counts them, repetitions included; and how many the item just read is made of.
        self.symbols = 0
        self.weight = 1

    def read(self) -> None:
        self._skip(_SPACE_OR_LINES)
        while self.at < len(self.text):
            name = self._match(
                _NAME, "a rule should begin here; names have letters, digits and “-”"
            )
            self._skip(_SPACE)
            if not self.text.startswith("::=", self.at):
                self._fail(f"“::=” is missing after “{name[0]}”")
            self.at += 3
            self._skip(_SPACE_OR_LINES)
            rule = self._rule(name[0])
            self.rules[rule] = self._alternatives(name[0], 0)
            if self.at < len(self.text) and self.text[self.at] not in "\r\n":
                self._fail(f"“{self.text[self.at]}” is not expected here")
            self._skip(_SPACE_OR_LINES)

    def _alternatives(self, owner: str, depth: int) -> list[Alternative]:
        found = [self._sequence(owner, depth)]
        while self.text.startswith("|", self.at):
            self.at += 1
            self._skip(_SPACE_OR_LINES)
            found.append(self._sequence(owner, depth))
        return found

    def _sequence(self, owner: str, depth: int) -> Alternative:
        items: Alternative = []
        space = _SPACE_OR_LINES if depth else _SPACE
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter in "*+?{":
                if not items:
                    self._fail(f"“{letter}” has nothing before it to repeat")
                items[-1] = self._repeated(items[-1], letter, owner, space)
            elif (item := self._item(letter, owner, depth)) is not None:
                items.append(item)
            else:
                break
            self._skip(space)
        self.elements += sum(map(_expanded_size, items)) + 1
        if self.elements > MAX_ELEMENTS:
            self._fail("with its repetitions the grammar becomes too large")
        return items

    def _item(self, letter: str, owner: str, depth: int) -> Item | None:
        self.weight = 1
        if letter == '"':
            text = self._match(_TEXT, "a text in quotes is not closed, or has an unknown escape")
            return Item(None, _letters(text[1]))
        if letter == "[":
            found = self._match(_CLASS, "a [class] is empty, not closed, or has an unknown escape")
            self._check_ranges(found[1])
            return Item(None, _letters(found[1]))
        if letter in "<!":
            self._match(_TOKEN, "a token is written <like this> or <[by its number]>")
            return Item(None, 1)
        if letter == ".":
            self.at += 1
            return Item(None, 1)
        if letter == "(":
            return self._group(owner, depth + 1)
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            return Item(self._rule(name[0]), 1)
        return None

    def _group(self, owner: str, depth: int) -> Item:
        if depth > MAX_NESTING:
            self._fail(f"parentheses are nested more than {MAX_NESTING} deep")
        self.at += 1
        self._skip(_SPACE_OR_LINES)
        symbols_before = self.symbols
        rule = self._new_rule(owner)
        self.rules[rule] = self._alternatives(owner, depth)
        if not self.text.startswith(")", self.at):
            self._fail("“)” is missing")
        self.at += 1
        self.weight = self.symbols - symbols_before
        return Item(rule, 1)

    def _repeated(self, item: Item, letter: str, owner: str, space: re.Pattern[str]) -> Item:
        self.at += 1
        if letter != "{":
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[letter]
        else:
            least, most = self._bounds(space)
        if item.size == 0:
            self._fail("an empty text is repeated")
        self.weight *= most or least or 1
        if self.weight > MAX_REPEATS:
            self._fail(f"a repetition within repetitions makes more than {MAX_REPEATS} rules")
        self.symbols += 1 if most is None else most - least
        if item.least != 1 or item.most != 1:
            # A repetition of a repetition: as if it stood in parentheses.
            rule = self._new_rule(owner)
            self.rules[rule] = [[item]]
            item = Item(rule, 1)
        return item._replace(least=least, most=most)

    def _bounds(self, space: re.Pattern[str]) -> tuple[int, int | None]:
        gap = space.pattern
        found = self._match(
            re.compile(rf"{gap}(\d+){gap}(?:(,){gap}(\d*){gap})?\}}"),
            "a repetition is written {3}, {2,} or {2,5}",
        )
        numbers = [int(digits) for digits in (found[1], found[3]) if digits]
        if any(number > MAX_REPEATS for number in numbers):
            self._fail(f"llama.cpp repeats at most {MAX_REPEATS} times")
        if numbers[-1] < numbers[0]:
            self._fail("a repetition ends below where it begins")
        if found[2] and not found[3]:
            return numbers[0], None
        return numbers[0], numbers[-1]

    def _check_ranges(self, inside: str) -> None:
        letters = [found[0] for found in _LETTER.finditer(inside)]
        while len(letters) >= 3:
            low, dash, high = letters[:3]
            is_range = dash == "-"
            if is_range and _code(low) > _code(high):
                self._fail(f"the range “{low}-{high}” runs backwards")
            del letters[: 3 if is_range else 1]

    def _rule(self, name: str) -> int:
        if name not in self.names:
            self.names[name] = self._new_rule(name)
        return self.names[name]

    def _new_rule(self, owner: str) -> int:
        if len(self.rules) >= MAX_RULES:
            self._fail(f"it has more than {MAX_RULES} rules")
        self.symbols += 1
        self.owners.append(owner)
        self.rules.append(None)
        return len(self.rules) - 1

    def _skip(self, space: re.Pattern[str]) -> None:
        if found := space.match(self.text, self.at):
            self.at = found.end()

    def _match(self, wanted: re.Pattern[str], otherwise: str) -> re.Match[str]:
        found = wanted.match(self.text, self.at)
        if found is None:
            self._fail(otherwise)
        self.at = found.end()
        return found

    def _fail(self, words: str) -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        raise GrammarError(f"The grammar cannot be used. Line {line}: {words}.")


class Grammar(NamedTuple):
    """Flat rules, each with the name that the user gave it or what it stands in."""

    rules: list[list[Alternative]]
    owners: list[str]


def read_gbnf(text: str) -> Grammar:
    """Read a grammar whose every rule is defined; raises GrammarError."""
    if not text.strip():
        raise GrammarError("The grammar is empty.")
    if len(text) > MAX_CHARS:
        raise GrammarError(
            f"The grammar has {len(text):,} characters; at most {MAX_CHARS:,} are read."
        )
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise GrammarError("The grammar contains characters that are no text.")
    reader = _Reader(text)
    reader.read()
    for name, rule in reader.names.items():
        if reader.rules[rule] is None:
            raise GrammarError(f"The grammar cannot be used: the rule “{name}” is not defined.")
    if "root" not in reader.names:
        raise GrammarError("The grammar cannot be used: it has no rule named “root”.")
    return Grammar([rule or [] for rule in reader.rules], reader.owners)


def _expanded_size(item: Item) -> int:
    """Elements that llama.cpp makes of an item: one copy for each time it must or may come."""
    optional = 1 if item.most is None else item.most - item.least
    return item.size * max(item.least, 1) + (item.size + 2) * optional


def _letters(inside: str) -> int:
    return sum(1 for _ in _LETTER.finditer(inside))


def _code(letter: str) -> int:
    if len(letter) > 2:
        return int(letter.lstrip("\\xuU"), 16)
    return ord({"\\t": "\t", "\\r": "\r", "\\n": "\n"}.get(letter, letter[-1]))
