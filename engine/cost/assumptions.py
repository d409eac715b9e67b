"""What is assumed when a session is turned into money; every figure can be the user's own."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.cost.paid import PaidModel
from engine.cost.ranges import Range, checked
from engine.energy.calibration import Calibration
from engine.errors import AssumptionError

_MOST_EMBODIED_KG = 1e6


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """A machine to be bought; years is how long it is used. embodied_kg_co2e: of making it."""

    price: float
    resale: float = 0.0
    years: float = 4.0
    embodied_kg_co2e: float | None = None

    @property
    def net_price(self) -> float:
        return self.price - self.resale


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Prices are in `currency`, electricity per kWh, the grid in grams of CO2 equivalent per kWh.

    energy: the whole machine's, for one that does only this; above idle, for a desktop in use anyway.
    prompt_tokens and output_tokens: a typical request of the user's, None: as in the session.
    hours_per_day: in which the requests come. machines: how many there are, None: as many as it takes.
    busiest_share: how full a machine may get before requests wait too long. batched_requests_per_s: of
    one machine, measured with many at once. exchange: one unit of another currency in `currency`.
    tokenizer_percent: how differently a paid model may count the same text. origins: where each
    figure comes from, by field.
    """

    currency: str = "EUR"
    electricity_price: Range
    grid_g_per_kwh: Range
    country: str | None = None
    energy: Literal["total", "above idle"] = "total"
    calibration: Calibration | None = None
    requests_per_day: float = 1000.0
    days_per_year: float = 365.0
    hours_per_day: float = 24.0
    growth_percent_per_year: float = 0.0
    years: int = 3
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    cached_share: float = 0.0
    machines: int | None = 1
    busiest_share: float = 0.8
    batched_requests_per_s: float | None = None
    hardware: Hardware | None = None
    include_hardware: bool = False
    paid: tuple[PaidModel, ...] = ()
    exchange: dict[str, float] = {}
    tokenizer_percent: float = 20.0
    compare_with: str | None = None
    origins: dict[str, str] = {}

    @property
    def requests_per_year(self) -> float:
        return self.requests_per_day * self.days_per_year

    def checked(self) -> Assumptions:
        """These assumptions; raises AssumptionError naming the first that cannot be."""
        checked(self.electricity_price, "price of electricity")
        checked(self.grid_g_per_kwh, "carbon intensity of the grid")
        for name, value, least, most in (
            ("requests a day", self.requests_per_day, 0, 1e12),
            ("days a year", self.days_per_year, 1, 366),
            ("hours a day", self.hours_per_day, 0.01, 24),
            ("growth a year in percent", self.growth_percent_per_year, -99, 1000),
            ("years", self.years, 1, 50),
            ("cached share of the prompt", self.cached_share, 0, 1),
            ("busiest share of a machine", self.busiest_share, 0.01, 0.99),
            ("machines", self.machines, 1, 1_000_000),
            ("tokens of a prompt", self.prompt_tokens, 0, 1e9),
            ("tokens of a reply", self.output_tokens, 1, 1e9),
            ("requests a second in batches", self.batched_requests_per_s, 1e-6, 1e6),
        ):
            if value is not None and not least <= value <= most:
                raise AssumptionError(
                    f"The {name} are {value:g}. Enter a figure from {least:g} to {most:g}."
                )
        hardware = self.hardware
        if hardware is not None and not (
            0 <= hardware.resale <= hardware.price
            and hardware.years > 0
            and 0 <= (hardware.embodied_kg_co2e or 0.0) <= _MOST_EMBODIED_KG
        ):
            raise AssumptionError(
                "The hardware needs a price, a resale value from 0 to that price, years above 0, and 0 to "
                f"{_MOST_EMBODIED_KG:,.0f} kg of CO2e for making it."
            )
        return self
