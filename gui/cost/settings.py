"""What the form of the Cost page holds, and the assumptions that follow from it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from engine.errors import AssumptionError

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.cost.assumptions import Assumptions

TABLE_CURRENCY: Final = "EUR"
CURRENCIES: Final = (TABLE_CURRENCY, "USD", "GBP", "CHF")
_TYPED: Final = "typed by you"
_COUNTRY_FIELDS: Final = ("electricity_price", "grid_g_per_kwh")


class CostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Prices are in `currency`. country "": the system's. electricity_price and grid_g_per_kwh None: the
    country's average. compare_with "": the dearest, or what a suite judged against. api_price: as in 3/15.
    """

    requests_per_day: int = 1000
    currency: str = TABLE_CURRENCY
    country: str = ""
    electricity_price: float | None = None
    grid_g_per_kwh: float | None = None
    include_hardware: bool = False
    hardware_price: float = 0.0
    hardware_years: float = 4.0
    compare_with: str = ""
    api_price: str = ""
    hours_per_day: float = 24.0
    days_per_year: int = 365
    machines: int = 1
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    growth_percent: float = 0.0

    def with_country(self, country: str) -> CostSettings:
        """Another country brings its own averages."""
        return msgspec.structs.replace(
            self, country=country, **dict.fromkeys(_COUNTRY_FIELDS, None)
        )


def assumptions_of(settings: CostSettings, today: date) -> Assumptions:
    """Without `compare_with`, which hangs on the session; raises AssumptionError."""
    from engine.cost.defaults import country_of_this_system, default_assumptions
    from engine.cost.paid import parse_api_price
    from engine.cost.ranges import exactly

    start = default_assumptions(settings.country or country_of_this_system())
    origins = dict(start.origins)
    price, grid = start.electricity_price, start.grid_g_per_kwh
    if settings.electricity_price is not None:
        price, origins["electricity_price"] = exactly(settings.electricity_price), _TYPED
    elif settings.currency != TABLE_CURRENCY:
        raise AssumptionError(
            f"Enter what a kWh costs in {settings.currency}: the averages known here are in {TABLE_CURRENCY}."
        )
    if settings.grid_g_per_kwh is not None:
        grid, origins["grid_g_per_kwh"] = exactly(settings.grid_g_per_kwh), _TYPED
    typed = settings.api_price.strip()
    made = msgspec.structs.replace(
        start,
        currency=settings.currency,
        electricity_price=price,
        grid_g_per_kwh=grid,
        requests_per_day=float(settings.requests_per_day),
        hours_per_day=settings.hours_per_day,
        days_per_year=float(settings.days_per_year),
        machines=settings.machines,
        prompt_tokens=settings.prompt_tokens,
        output_tokens=settings.output_tokens,
        growth_percent_per_year=settings.growth_percent,
        paid=(parse_api_price(typed, settings.currency, today),) if typed else (),
        origins=origins,
    )
    return _with_hardware(made, settings).checked()


def countries() -> dict[str, str]:
    """Names by two-letter code, in order of the names; raises AssumptionError."""
    from engine.cost.defaults import load_grid

    return dict(
        sorted(((c, grid.name) for c, grid in load_grid().items()), key=lambda each: each[1])
    )


def _with_hardware(made: Assumptions, settings: CostSettings) -> Assumptions:
    from engine.cost.assumptions import Hardware

    if not settings.include_hardware:
        return made
    if settings.hardware_price <= 0:
        raise AssumptionError("Enter what the machine costs, or leave buying it out.")
    hardware = Hardware(price=settings.hardware_price, years=settings.hardware_years)
    return msgspec.structs.replace(made, hardware=hardware, include_hardware=True)
