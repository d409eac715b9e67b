"""What is said of a divergence and of its tokens; a token's text comes from a model and is shown as it is."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from engine.contract import Contender
from engine.wording import COIN_FLIP, margin_weight, probability
from gui.compare.contenders_model import short_name
from gui.figures import count, significant

if TYPE_CHECKING:  # the engine's parts are imported when they are used
    from engine.divergence import Divergence

_MINUS: Final = "\N{MINUS SIGN}"
_SPACE: Final = "\N{NO-BREAK SPACE}"
_VISIBLE: Final = {"\n": "↵", "\t": "⇥", "\r": "␍"}
_UNSEEN: Final = {"Cc", "Cf", "Zl", "Zp"}
_JOINER: Final = "\N{ZERO WIDTH JOINER}"


def brief_names(reference: Contender, candidate: Contender) -> tuple[str, str]:
    """Quantizations of one model are told apart by these; other contenders by their names."""
    kinds = reference.model.quantization, candidate.model.quantization
    same_model = short_name(reference) == short_name(candidate)
    if same_model and kinds[0] and kinds[1] and kinds[0] != kinds[1]:
        return kinds[0], kinds[1]
    return reference.name, candidate.name


def clean(text: str) -> str:
    """The text without characters that would turn or hide what stands beside them."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(char) in _UNSEEN and char not in "\n\t" and char != _JOINER
        else char
        for char in text
    )


def quoted(text: str) -> str:
    """A token in a line of words, its line ends and tabs made visible."""
    shown = "".join(_VISIBLE.get(char, char) for char in text)
    return f"“{clean(shown)}”"


def percent(fraction: float) -> str:
    return probability(fraction).replace(" ", _SPACE)


def points(change: float) -> str:
    """A difference of two probabilities in percentage points, with its sign."""
    value = round(100 * change, 1)
    sign = "+" if value > 0 else _MINUS if value < 0 else "±"
    return f"{sign}{abs(value):.1f} points"


def nats(kld: float) -> str:
    return f"{significant(kld)} nats" if kld >= 0.005 else "below 0.005 nats"


def margin_words(margin: float) -> str:
    ahead = f"{100 * margin:.0f}" if margin >= 0.01 else "less than 1"
    return f"{ahead} points ahead of its second: {margin_weight(margin)}"


def summary(found: Divergence, names: tuple[str, str]) -> str:
    """How many differences there are, which is the first, and how many of them mean little."""
    reference, candidate = names
    total, places = count(len(found.tokens), "token"), found.differing
    if not places:
        return f"{candidate} would have written every one of these {total}."
    first = places[0]
    flips = sum(found.margin(place) < COIN_FLIP for place in places)
    words = (
        f"At {len(places)} of {total} {candidate} would have written another one than stands here. "
        f"The first is token {first + 1}: {quoted(found.tokens[first].candidate_top[0].text)} "
        f"instead of {quoted(found.tokens[first].text)}."
    )
    if flips == len(places):
        return (
            f"{words} {reference} itself was undecided at {'it' if flips == 1 else 'all of them'}."
        )
    return f"{words} {reference} itself was undecided at {flips or 'none'} of them."


def token_title(found: Divergence, place: int) -> str:
    title = f"Token {place + 1} of {len(found.tokens)}: {quoted(found.tokens[place].text)}"
    unit = next(unit for unit in found.units if place < unit.stop)
    parts = unit.stop - unit.start
    if parts == 1:
        return title
    return f"{title}, part {place - unit.start + 1} of {parts} of {quoted(unit.text)}"


def token_verdict(found: Divergence, place: int, names: tuple[str, str]) -> str:
    reference, candidate = names
    token = found.tokens[place]
    best, own = token.candidate_top[0], token.top[0]
    same = token.rank == 1
    words = f"{candidate} would have written {'the same' if same else quoted(best.text)}."
    if own.token == token.token:
        return words
    # The reply was sampled, or came from other settings.
    too = " too" if not same and own.token == best.token else ""
    return f"{words} Likeliest for {reference} was {quoted(own.text)}{too}."


def token_rows(found: Divergence, place: int, names: tuple[str, str]) -> list[tuple[str, str]]:
    reference, candidate = names
    token = found.tokens[place]
    chances = f"{percent(token.probability)} → {percent(token.candidate_probability)}"
    return [
        (f"Rank for {candidate}", str(token.rank)),
        ("Probability", chances),
        ("Δp", points(token.candidate_probability - token.probability)),
        ("KL divergence", nats(token.kld)),
        (f"Margin of {reference}", margin_words(found.margin(place))),
    ]
