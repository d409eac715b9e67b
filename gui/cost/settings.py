"""What the form of the Cost page holds, and the assumptions that follow from it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from engine.errors import AssumptionError

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.cost.assumptions import Assumptions
    from engine.cost.defaults import Tables
    from engine.cost.paid import PaidModel
    from engine.cost.ranges import Range

TABLE_CURRENCY: Final = "EUR"
CURRENCIES: Final = (TABLE_CURRENCY, "USD", "GBP", "CHF")
_TYPED: Final = "typed by you"


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and the ends of its range as far as they were typed; None: as is assumed without."""

    likely: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_typed(self) -> bool:
        return self != Ends()


class CostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Prices are in `currency`. country "": the system's. price (of a kWh) and grid: what is not typed is
    the country's average. compare_with "": the dearest, or what a suite judged against. api_price: as in
    3/15. paid: names of the price list. exchange: as in USD=0.92, several with commas.
    """

    requests_per_day: int = 1000
    currency: str = TABLE_CURRENCY
    country: str = ""
    price: Ends = Ends()
    grid: Ends = Ends()
    above_idle: bool = False
    include_hardware: bool = False
    hardware_price: float = 0.0
    hardware_years: float = 4.0
    hardware_resale: float = 0.0
    hardware_embodied_kg: float = 0.0
    compare_with: str = ""
    api_price: str = ""
    paid: tuple[str, ...] = ()
    cached_percent: float = 0.0
    exchange: str = ""
    hours_per_day: float = 24.0
    days_per_year: int = 365
    machines: int = 1
    batched_per_s: float = 0.0
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    growth_percent: float = 0.0

    def with_country(self, country: str) -> CostSettings:
        """Another country brings its own averages."""
        return msgspec.structs.replace(self, country=country, price=Ends(), grid=Ends())


def assumptions_of(settings: CostSettings, today: date, tables: Tables) -> Assumptions:
    """Without `compare_with` and the calibration, which hang on the session; raises AssumptionError."""
    from engine.cost.defaults import country_of_this_system, default_assumptions

    start = default_assumptions(settings.country or country_of_this_system(), tables)
    origins = dict(start.origins)
    rates = tables.paid.exchange(settings.currency) | exchange_rates(settings.exchange)
    price, grid = start.electricity_price, start.grid_g_per_kwh
    if settings.currency != TABLE_CURRENCY:
        price = price.times(_table_rate(settings, rates))
    if settings.price.is_typed:
        price, origins["electricity_price"] = _range(settings.price, price), _TYPED
    if settings.grid.is_typed:
        grid, origins["grid_g_per_kwh"] = _range(settings.grid, grid), _TYPED
    made = msgspec.structs.replace(
        start,
        currency=settings.currency,
        electricity_price=price,
        grid_g_per_kwh=grid,
        energy="above idle" if settings.above_idle else "total",
        requests_per_day=float(settings.requests_per_day),
        hours_per_day=settings.hours_per_day,
        days_per_year=float(settings.days_per_year),
        machines=settings.machines,
        batched_requests_per_s=settings.batched_per_s or None,
        prompt_tokens=settings.prompt_tokens,
        output_tokens=settings.output_tokens,
        growth_percent_per_year=settings.growth_percent,
        cached_share=settings.cached_percent / 100,
        paid=_paid(settings, tables, today),
        exchange=rates,
        origins=origins,
    )
    return _with_hardware(made, settings).checked()


def exchange_rates(text: str) -> dict[str, float]:
    """What one unit of another currency is worth, as typed; raises AssumptionError."""
    found = {}
    for part in filter(None, (each.strip() for each in text.replace(";", ",").split(","))):
        currency, _, rate = part.partition("=")
        try:
            value = float(rate)
        except ValueError:
            value = 0.0
        if not currency.strip() or not 0 < value < 1e9:
            raise AssumptionError(f"“{part}” is no exchange rate. Enter it like USD=0.92.")
        found[currency.strip().upper()] = value
    return found


def countries(tables: Tables) -> dict[str, str]:
    """Names by two-letter code, in order of the names."""
    return dict(
        sorted(((c, grid.name) for c, grid in tables.grid.items()), key=lambda each: each[1])
    )


def _table_rate(settings: CostSettings, rates: dict[str, float]) -> float:
    """Of the currency in which the table of electricity prices is."""
    if TABLE_CURRENCY in rates:
        return rates[TABLE_CURRENCY]
    if settings.price.likely is not None:
        return 1.0
    raise AssumptionError(
        f"Enter what a kWh costs in {settings.currency}: the averages known here are in {TABLE_CURRENCY}. "
        f"Or enter an exchange rate, like {TABLE_CURRENCY}=1.08."
    )


def _range(typed: Ends, average: Range) -> Range:
    """A likely figure alone is exact; an end alone leaves the average between."""
    from engine.cost.ranges import Range

    if typed.likely is None:
        low = average.low if typed.low is None else typed.low
        return Range(low, average.likely, average.high if typed.high is None else typed.high)
    return Range(
        typed.likely if typed.low is None else typed.low,
        typed.likely,
        typed.likely if typed.high is None else typed.high,
    )


def _paid(settings: CostSettings, tables: Tables, today: date) -> tuple[PaidModel, ...]:
    from engine.cost.paid import parse_api_price

    chosen = [model for model in tables.paid.model if model.name in settings.paid]
    typed = settings.api_price.strip()
    if typed:
        chosen.append(parse_api_price(typed, settings.currency, today))
    return tuple(chosen)


def _with_hardware(made: Assumptions, settings: CostSettings) -> Assumptions:
    from engine.cost.assumptions import Hardware

    if not settings.include_hardware:
        return made
    if settings.hardware_price <= 0:
        raise AssumptionError("Enter what the machine costs, or leave buying it out.")
    hardware = Hardware(
        price=settings.hardware_price,
        years=settings.hardware_years,
        resale=settings.hardware_resale,
        embodied_kg_co2e=settings.hardware_embodied_kg or None,
    )
    return msgspec.structs.replace(made, hardware=hardware, include_hardware=True)
