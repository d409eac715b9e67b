"""Short business texts whose facts are known, for questions about them."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.quality.generators.draw import Draw
from engine.quality.generators.words import CITIES, FIRST_NAMES, LAST_NAMES, MONTHS, PRODUCTS


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """facts: what the text says, by what one can ask for."""

    text: str
    facts: dict[str, str]


# What a question calls each fact.
QUESTIONS: Final = {
    "name": "the full name of the customer",
    "order": "the order number",
    "product": "the product that was ordered",
    "amount": "the amount to pay, in euros",
    "date": "the date of delivery",
    "city": "the city it is sent to",
}
# What no letter says.
MISSING: Final = {
    "telephone": "the customer's telephone number",
    "colour": "the colour of the product",
    "birthday": "the customer's date of birth",
    "weight": "the weight of the product",
    "driver": "the name of the driver",
    "warehouse": "the city the parcel comes from",
}


def write_letter(draw: Draw) -> Letter:
    facts = {
        "name": f"{draw.one(FIRST_NAMES)} {draw.one(LAST_NAMES)}",
        "order": f"{draw.one('ABCDEFGHKLMNPRST')}{draw.whole(1000, 9999)}",
        "product": draw.one(PRODUCTS),
        "amount": f"{draw.whole(12, 480)}.{draw.whole(10, 99)}",
        "date": f"{draw.whole(1, 28)} {draw.one(MONTHS)} {draw.whole(2025, 2029)}",
        "city": draw.one(CITIES),
    }
    sentences = [
        f"Your order {facts['order']} has been confirmed.",
        f"The {facts['product']} will be delivered to {facts['city']} on {facts['date']}.",
        f"The amount to pay is {facts['amount']} euros.",
    ]
    order = draw.some(sentences, len(sentences))
    return Letter(text=f"Dear {facts['name']}, " + " ".join(order), facts=facts)
