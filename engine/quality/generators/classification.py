"""One label out of a few: the mood of a review, the subject of a message, the language of a
sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.quality.generators.draw import Draw
from engine.quality.generators.made import Made
from engine.quality.generators.words import CITIES, FIRST_NAMES, PRODUCTS

_GOOD: Final = (
    "It works perfectly and looks even better than in the picture.",
    "I would buy it again without thinking twice.",
    "The whole family loves it, and it was worth every cent.",
    "It arrived early, was easy to set up and has never let me down.",
    "The quality is superb and the service was friendly.",
    "It is the best purchase I have made in years.",
)
_BAD: Final = (
    "It broke after two days and nobody answers my messages.",
    "I want my money back, it is a complete waste.",
    "It arrived late, scratched and without half of its parts.",
    "The quality is awful and it smells of plastic.",
    "I regret buying it and cannot recommend it to anyone.",
    "It never worked, and the replacement was just as bad.",
)
_SUBJECTS: Final = {
    "billing": (
        "I was charged twice for the {product} this month.",
        "The invoice for my {product} shows the wrong amount.",
        "Why did you take 40 euros more than agreed for the {product}?",
        "Please send me a receipt for what I paid for the {product}.",
    ),
    "delivery": (
        "My {product} has still not arrived in {city}.",
        "The parcel with the {product} went to the wrong address in {city}.",
        "When will the courier bring my {product} to {city}?",
        "The tracking page says that the {product} is lost near {city}.",
    ),
    "account": (
        "I cannot log in any more since I moved to {city}.",
        "Please change the e-mail address of my profile, I now live in {city}.",
        "I forgot my password and the reset link does not work, {name} here.",
        "How do I delete my profile? This is {name} from {city}.",
    ),
    "repair": (
        "The {product} makes a grinding noise, and the screen stays black.",
        "My {product} stopped working, can a technician mend it?",
        "A screw of the {product} is broken and I need a spare part.",
        "The {product} does not switch on although I followed the manual.",
    ),
}
_SENTENCES: Final = {
    "German": (
        "Der Zug nach {city} fährt heute leider nicht.",
        "Wir haben gestern in {city} sehr gut gegessen.",
        "{name} möchte nächstes Jahr ein Haus in {city} kaufen.",
    ),
    "French": (
        "Le train pour {city} ne part pas aujourd'hui.",
        "Nous avons très bien mangé hier soir à {city}.",
        "{name} voudrait acheter une maison à {city} l'année prochaine.",
    ),
    "Spanish": (
        "El tren para {city} no sale hoy por la tarde.",
        "Ayer comimos muy bien en un restaurante de {city}.",
        "{name} quiere comprar una casa en {city} el próximo año.",
    ),
    "Italian": (
        "Il treno per {city} oggi purtroppo non parte.",
        "Ieri sera abbiamo mangiato molto bene a {city}.",
        "{name} vorrebbe comprare una casa a {city} l'anno prossimo.",
    ),
}


def make(draw: Draw) -> Made:
    return draw.one(_KINDS)(draw)


def _mood(draw: Draw) -> Made:
    label = draw.one(("positive", "negative"))
    sentences = draw.some(_GOOD if label == "positive" else _BAD, 2)
    review = f"{draw.one(FIRST_NAMES)} writes about a {draw.one(PRODUCTS)}: " + " ".join(sentences)
    return _asked("Is this review positive or negative?", review, label, ("positive", "negative"))


def _subject(draw: Draw) -> Made:
    return _of_table(draw, _SUBJECTS, "What is this message about?")


def _language(draw: Draw) -> Made:
    return _of_table(draw, _SENTENCES, "Which language is this?")


def _of_table(draw: Draw, table: Mapping[str, tuple[str, ...]], question: str) -> Made:
    label = draw.one(tuple(table))
    text = draw.one(table[label]).format(
        product=draw.one(PRODUCTS), city=draw.one(CITIES), name=draw.one(FIRST_NAMES)
    )
    return _asked(question, text, label, tuple(table))


def _asked(question: str, text: str, label: str, labels: tuple[str, ...]) -> Made:
    named = f"{', '.join(labels[:-1])} or {labels[-1]}"
    return Made(
        prompt=f"{question} Answer with one word: {named}.\n\n{text}",
        answer=label,
        checks=(
            {
                "type": "exact-match",
                "value": label,
                "filter": "first-line",
                "ignore-case": True,
                "ignore-punctuation": True,
            },
        ),
    )


_KINDS: Final[tuple[Callable[[Draw], Made], ...]] = (_mood, _subject, _language)
