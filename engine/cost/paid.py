"""Paid models: an editable file of prices, each with its date and source, and what a request costs.

The file also says what other currencies are worth, if the user wrote that down.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import msgspec

from engine.errors import AssumptionError

SHIPPED = Path(__file__).parent / "data" / "paid_models.toml"
LIMIT_BYTES = 1 << 20


class PaidModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices per million tokens; cached None: as dear as the rest of the prompt."""

    name: str
    prompt: float
    output: float
    cached: float | None = None
    currency: str
    date: dt.date
    source: str

    def per_request(self, prompt_tokens: float, output_tokens: float, cached_share: float) -> float:
        cached = self.prompt if self.cached is None else self.cached
        prompt = cached_share * cached + (1 - cached_share) * self.prompt
        return (prompt_tokens * prompt + output_tokens * self.output) / 1e6


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """worth_in_eur: euros for one unit of another currency."""

    model: tuple[PaidModel, ...] = ()
    worth_in_eur: dict[str, float] = {}

    def exchange(self, currency: str) -> dict[str, float]:
        """What one unit of each known currency is worth in `currency`; empty where that is not known."""
        worth = {"EUR": 1.0} | self.worth_in_eur
        if currency not in worth:
            return {}
        return {other: value / worth[currency] for other, value in worth.items()}


def load_price_file(path: Path = SHIPPED) -> PriceFile:
    """Read a price file; raises AssumptionError with the place and the reason."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise AssumptionError(f"The price file {path} is over 1 MiB: it is no list of prices.")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found = msgspec.convert(table, PriceFile)
    except OSError as error:
        raise AssumptionError(f"The price file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssumptionError(f"The price file {path} is no valid TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise AssumptionError(f"The price file {path} has a wrong entry: {error}.") from error
    for model in found.model:
        if not all(0 <= each < 1e6 for each in (model.prompt, model.output, model.cached or 0.0)):
            raise AssumptionError(
                f"The price file {path} has a price below 0, or none, for {model.name}."
            )
    for currency, worth in found.worth_in_eur.items():
        if not 0 < worth < 1e9:
            raise AssumptionError(f"The price file {path} has an impossible rate for {currency}.")
    return found


def parse_api_price(text: str, currency: str, today: dt.date) -> PaidModel:
    """A price typed as "3/15" (prompt/output) or "3/0.3/15" (prompt/cached/output) per million tokens."""
    try:
        prices = [float(part) for part in text.split("/")]
    except ValueError:
        prices = []
    if len(prices) not in {2, 3} or any(not 0 <= price < 1e6 for price in prices):
        raise AssumptionError(
            f"“{text}” is no API price. Enter prompt/output per million tokens, such as 3/15, or "
            "prompt/cached/output, such as 3/0.3/15."
        )
    return PaidModel(
        name=f"API at {text}",
        prompt=prices[0],
        cached=prices[1] if len(prices) == 3 else None,
        output=prices[-1],
        currency=currency,
        date=today,
        source="typed by the user",
    )
