"""From what was typed to assumptions; a figure that cannot be is wrong usage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec.structs import replace

from cli.cost_options import CostOptions
from cli.usage import WrongUsage
from engine.cost.assumptions import Assumptions, Hardware
from engine.cost.defaults import Tables, country_of_this_system, default_assumptions
from engine.cost.paid import PaidModel, parse_api_price
from engine.cost.ranges import Range, parse_range
from engine.errors import AssumptionError
from storage.cost_tables import load_tables
from storage.folders import data_folder

TABLE_CURRENCY: Final = "EUR"
_TYPED: Final = "given by you"


def assumptions_of(options: CostOptions, today: date) -> Assumptions:
    """Raises WrongUsage, and AssumptionError where a table of ours cannot be read."""
    for given in (options.price_file, options.grid_file):
        if given is not None and not given.is_file():
            raise WrongUsage(f"There is no file {given}. Check its name and folder.")
    tables = load_tables(data_folder(), paid=options.price_file, grid=options.grid_file)
    if options.price_file is not None and not (tables.paid.model or tables.paid.worth_in_eur):
        raise WrongUsage(f"The price file {options.price_file} holds no model and no rate.")
    start = default_assumptions(_country(options.country, tables), tables)
    currency = options.currency.upper()
    exchange = tables.paid.exchange(currency) | dict(_rate(each) for each in options.exchange)
    made = replace(
        _with_electricity(start, options, currency, exchange),
        currency=currency,
        energy="above idle" if options.above_idle else "total",
        requests_per_day=options.requests_per_day,
        days_per_year=options.days_per_year,
        hours_per_day=options.hours_per_day,
        prompt_tokens=options.prompt_tokens,
        output_tokens=options.output_tokens,
        cached_share=options.cached_share,
        machines=options.machines,
        batched_requests_per_s=options.batched_per_second,
        growth_percent_per_year=options.growth,
        years=options.years,
        hardware=_hardware(options),
        include_hardware=options.include_hardware,
        paid=_paid(options, tables, currency, today),
        exchange=exchange,
    )
    try:
        return made.checked()
    except AssumptionError as error:
        raise WrongUsage(str(error)) from error


def _with_electricity(
    start: Assumptions, options: CostOptions, currency: str, exchange: dict[str, float]
) -> Assumptions:
    """What a kWh costs and emits: as typed, or the country's averages in the currency."""
    origins = dict(start.origins)
    grid = start.grid_g_per_kwh
    if options.price is not None:
        price = _range(options.price, "--price")
        origins["electricity_price"] = _TYPED
    else:
        price = start.electricity_price.times(_table_rate(currency, exchange))
    if options.grid is not None:
        grid = _range(options.grid, "--grid")
        origins["grid_g_per_kwh"] = _TYPED
    return replace(start, electricity_price=price, grid_g_per_kwh=grid, origins=origins)


def named(part: str, names: Sequence[str], what: str) -> str:
    """The one of the names that is meant: it, or the only one that has `part` in it."""
    if part in names:
        return part
    found = [name for name in names if part.casefold() in name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUsage(f"{what}: “{part}” is in several names: {', '.join(found)}.")
    if not names:
        raise WrongUsage(f"{what}: “{part}” is not there: the list holds no name.")
    raise WrongUsage(f"{what}: “{part}” is none of them. There are: {', '.join(names)}.")


def _country(typed: str | None, tables: Tables) -> str | None:
    if typed is None:
        return country_of_this_system()
    country = typed.upper()
    if country not in tables.grid:
        raise WrongUsage(
            f"--country: “{typed}” is not in the table. Give two letters, such as DE or US, or EU or WORLD."
        )
    return country


def _range(text: str, option: str) -> Range:
    try:
        return parse_range(text)
    except AssumptionError as error:
        raise WrongUsage(f"{option}: {error}") from error


def _rate(text: str) -> tuple[str, float]:
    currency, _, rate = text.partition("=")
    try:
        value = float(rate)
    except ValueError:
        value = 0.0
    if not currency or not 0 < value < 1e9:
        raise WrongUsage(f"--exchange: “{text}” is no rate. Write it as USD=0.92.")
    return currency.upper(), value


def _table_rate(currency: str, exchange: dict[str, float]) -> float:
    if currency == TABLE_CURRENCY:
        return 1.0
    if TABLE_CURRENCY not in exchange:
        raise WrongUsage(
            f"The prices of electricity known here are in {TABLE_CURRENCY}. Give --price in {currency}, or"
            f" what a euro is worth: --exchange {TABLE_CURRENCY}=RATE."
        )
    return exchange[TABLE_CURRENCY]


def _hardware(options: CostOptions) -> Hardware | None:
    if options.hardware is None:
        told = (options.lifetime, options.resale, options.embodied)
        if options.include_hardware or told != (None, None, None):
            raise WrongUsage(
                "Give --hardware PRICE too: without a price nothing can be shared out."
            )
        return None
    return Hardware(
        price=options.hardware,
        resale=options.resale or 0.0,
        embodied_kg_co2e=options.embodied,
        **({} if options.lifetime is None else {"years": options.lifetime}),
    )


def _paid(
    options: CostOptions, tables: Tables, currency: str, today: date
) -> tuple[PaidModel, ...]:
    chosen = []
    if options.paid:
        known = {model.name: model for model in tables.paid.model}
        chosen = [known[named(part, tuple(known), "--paid")] for part in options.paid]
    for text in options.api_price:
        try:
            chosen.append(parse_api_price(text, currency, today))
        except AssumptionError as error:
            raise WrongUsage(str(error)) from error
    return tuple(chosen)
