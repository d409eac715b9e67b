"""The words that ready suites are made of."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES: Final = _words(
    "Ada Amir Anna Boris Carla Chen Clara David Elena Emil Farah Felix Grace Hana Hugo Ida Ivan Jana"
    " Jonas Kofi Lara Leo Lucia Marta Milo Nadia Nora Omar Paula Pavel Rosa Samir Sofia Tariq Vera Yuki"
)
LAST_NAMES: Final = _words(
    "Abara Berg Castro Dahl Eriksen Fischer Garcia Haddad Ivanova Jensen Kaya Lindqvist Moreau Novak"
    " Okafor Petrov Quist Rossi Santos Tanaka Urban Vogel Weiss Yilmaz Zhang"
)
CITIES: Final = _words(
    "Athens Bergen Cairo Dublin Geneva Hamburg Istanbul Krakow Lagos Lima Lisbon Lyon Madrid Malmo"
    " Nairobi Oslo Porto Prague Quito Riga Seoul Tallinn Tunis Turin Utrecht Vienna Zagreb"
)
PRODUCTS: Final = _words(
    "backpack blanket camera candle carpet chair clock coat desk drill fan guitar heater helmet jacket"
    " kettle keyboard ladder lamp mirror mixer monitor oven pillow printer radio scarf shelf sofa tent"
    " toaster umbrella vacuum vase wallet watch"
)
FRUITS: Final = _words(
    "apple apricot banana cherry fig grape kiwi lemon lime mango melon orange papaya peach pear plum"
    " quince raspberry"
)
ANIMALS: Final = _words(
    "badger bear beaver camel crow deer dolphin eagle falcon fox goat heron horse lizard otter owl"
    " panda rabbit raven seal sparrow tiger turtle whale wolf zebra"
)
MONTHS: Final = _words(
    "January February March April May June July August September October November December"
)
TOPICS: Final = _words(
    "bicycles bread bridges coffee forests gardens islands lakes lighthouses markets mountains museums"
    " music painting rain rivers ships snow summer sailing soup theatre tea trains winter"
)
