"""Grammars that are safe to give to llama.cpp: GBNF looked through, JSON schemas converted.

Both are remembered, since a suite asks for the same one again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.errors import GrammarError
from engine.worker.gbnf import (
    MAX_BEGINNINGS,
    MAX_CHAIN,
    MAX_PATHS,
    Alternative,
    Grammar,
    Item,
    read_gbnf,
)


@lru_cache(maxsize=8)
def gbnf_from_schema(schema_text: str) -> str:
    """The grammar of a JSON schema; raises GrammarError.

    llama-cpp-python's converter knows types, properties, items, enum, const, anyOf, allOf, pattern, lengths
    and local $refs. Other keywords (minimum, multipleOf, not …) do not bind.
    """
    # Only a worker that really converts pays for loading it.
    from engine.worker.json_schema import convert

    grammar = convert(schema_text)
    try:
        check_gbnf(grammar)
    except GrammarError as fault:
        words = str(fault).replace("The grammar", "The grammar of the JSON schema", 1)
        raise GrammarError(words) from fault
    return grammar


@lru_cache(maxsize=8)
def check_gbnf(text: str) -> None:
    """Raise GrammarError for a grammar that is wrong, or too much for llama.cpp."""
    grammar = read_gbnf(text)
    _check_repetitions(grammar)
    _check_cost(grammar, _may_be_empty(grammar.rules))


def _check_repetitions(grammar: Grammar) -> None:
    """llama.cpp takes an endless repetition of what has an empty alternative for left recursion."""
    has_empty = {
        number
        for number, alternatives in enumerate(grammar.rules)
        if any(all(item.size == 0 for item in alternative) for alternative in alternatives)
    }
    for number, alternatives in enumerate(grammar.rules):
        for item in (item for alternative in alternatives for item in alternative):
            if item.most is None and item.rule in has_empty:
                _fail(grammar, number, "repeats without end what may be empty")


def _may_be_empty(rules: list[list[Alternative]]) -> set[int]:
    """The rules that match nothing at all, directly or through others."""
    users: list[set[int]] = [set() for _ in rules]
    for number, alternatives in enumerate(rules):
        for item in (item for alternative in alternatives for item in alternative):
            if item.rule is not None:
                users[item.rule].add(number)
    empty: set[int] = set()
    waiting = list(range(len(rules)))
    while waiting:
        number = waiting.pop()
        if number not in empty and any(
            all(_may_be_left_out(item, empty) for item in alternative)
            for alternative in rules[number]
        ):
            empty.add(number)
            waiting.extend(users[number])
    return empty


def _may_be_left_out(item: Item, empty: set[int]) -> bool:
    if item.least == 0:
        return True
    return item.size == 0 if item.rule is None else item.rule in empty


def _beginnings(alternatives: list[Alternative], empty: set[int]) -> Iterator[tuple[Item, int]]:
    """The items that a rule can begin with, and how often llama.cpp meets each.

    An item that may be empty comes up again in each of its repetitions.
    """
    for alternative in alternatives:
        for item in alternative:
            is_empty = item.rule in empty
            yield item, max(item.most or 1, 1) if is_empty else 1
            if not _may_be_left_out(item, empty):
                break


def _check_cost(grammar: Grammar, empty: set[int]) -> None:
    """Walk every rule's beginnings as llama.cpp does, in one pass where it takes all paths."""
    rules = grammar.rules
    beginnings = [list(_beginnings(alternatives, empty)) for alternatives in rules]
    paths, stacks, chain = [0] * len(rules), [0] * len(rules), [0] * len(rules)
    for number in _deepest_first(grammar, beginnings):
        paths[number], stacks[number], chain[number] = 1, 0, 1
        for item, times in beginnings[number]:
            if item.rule is None:
                stacks[number] += item.size > 0
                continue
            paths[number] += times * paths[item.rule]
            stacks[number] += times * stacks[item.rule]
            chain[number] = max(chain[number], chain[item.rule] + times)
        if stacks[number] > MAX_BEGINNINGS:
            _fail(grammar, number, f"can begin in more than {MAX_BEGINNINGS} ways")
        if paths[number] > MAX_PATHS:
            _fail(grammar, number, "begins with other rules in too many ways")
        if chain[number] > MAX_CHAIN:
            _fail(grammar, number, f"begins with a chain of more than {MAX_CHAIN} rules")
    if sum(paths) > MAX_PATHS:
        raise GrammarError(
            "The grammar cannot be used: its rules begin with each other in too many ways."
        )


def _deepest_first(grammar: Grammar, beginnings: list[list[tuple[Item, int]]]) -> Iterator[int]:
    """Each rule after those it can begin with; a rule that can begin with itself has no end."""
    done: set[int] = set()
    open_rules: set[int] = set()
    for first in range(len(beginnings)):
        stack = [first]
        while stack:
            number = stack[-1]
            if number in open_rules or number in done:
                stack.pop()
                if number not in done:
                    open_rules.discard(number)
                    done.add(number)
                    yield number
                continue
            open_rules.add(number)
            for item, _ in beginnings[number]:
                if item.rule in open_rules:
                    _fail(
                        grammar, number, "can begin with itself (left recursion), which has no end"
                    )
                if item.rule is not None and item.rule not in done:
                    stack.append(item.rule)


def _fail(grammar: Grammar, number: int, words: str) -> None:
    raise GrammarError(f"The grammar cannot be used: the rule “{grammar.owners[number]}” {words}.")
