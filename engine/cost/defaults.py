"""What is assumed where the user says nothing: dated tables of the grid and of electricity prices."""

from __future__ import annotations

import csv
import locale
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.cost.assumptions import Assumptions
from engine.cost.paid import PriceFile, load_price_file
from engine.cost.ranges import within
from engine.errors import AssumptionError

DATA = Path(__file__).parent / "data"
GRID = DATA / "grid_intensity.csv"
PRICES = DATA / "electricity_prices.csv"
WORLD, EUROPE = "WORLD", "EU"
GRID_PERCENT = 10.0
"""Judgement: a yearly average of production moves so much from year to year and by imports."""
PRICE_PERCENT = 20.0
"""Judgement: contracts lie so far around the average of their country."""


class GridIntensity(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    name: str
    g_per_kwh: float
    year: int


def load_grid(path: Path = GRID) -> dict[str, GridIntensity]:
    """Countries by two-letter code, with EU and WORLD; raises AssumptionError."""
    rows = list(_rows(path, ("country", "name", "g_per_kwh", "year")))
    try:
        return {row["country"]: msgspec.convert(row, GridIntensity, strict=False) for row in rows}
    except msgspec.ValidationError as error:
        raise AssumptionError(f"The table {path} has a wrong entry: {error}.") from error


def load_electricity_prices(path: Path = PRICES) -> dict[str, float]:
    """Euros per kWh by two-letter code, with EU for households and EU-firms; raises AssumptionError."""
    rows = list(_rows(path, ("country", "eur_per_kwh")))
    try:
        return {row["country"]: float(row["eur_per_kwh"]) for row in rows}
    except ValueError as error:
        raise AssumptionError(
            f"The table {path} has a price that is no number: {error}."
        ) from error


def country_of_this_system() -> str | None:
    """The two-letter code of the system's locale; None where it names no country."""
    name = (locale.getlocale()[0] or "").replace("-", "_").partition(".")[0]
    country = name.rpartition("_")[2]
    return country.upper() if "_" in name and len(country) == 2 else None


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The tables that assumptions are made from. own: those that are the user's, by name."""

    grid: dict[str, GridIntensity]
    electricity: dict[str, float]
    paid: PriceFile
    own: frozenset[str] = frozenset()


def shipped_tables() -> Tables:
    return Tables(grid=load_grid(), electricity=load_electricity_prices(), paid=load_price_file())


def default_assumptions(country: str | None = None, tables: Tables | None = None) -> Assumptions:
    """Assumptions for a country, each with its origin; an unknown one gets the world's grid."""
    tables = tables or shipped_tables()
    grid, prices = tables.grid, tables.electricity
    if WORLD not in grid or EUROPE not in prices:
        raise AssumptionError(
            f"The tables need a line {WORLD} for the grid and a line {EUROPE} for the price of "
            "electricity, for countries that are not in them."
        )
    place = grid.get(country or "", grid[WORLD])
    known = country in prices
    price = prices[country] if country is not None and known else prices[EUROPE]
    whose = place.name if known else "the European Union, for want of one of your country"
    return Assumptions(
        electricity_price=within(price, PRICE_PERCENT),
        grid_g_per_kwh=within(place.g_per_kwh, GRID_PERCENT),
        country=place.country,
        origins={
            "electricity_price": _price_origin(whose, own=PRICES.name in tables.own),
            "grid_g_per_kwh": _grid_origin(place, own=GRID.name in tables.own),
        },
    )


def _price_origin(whose: str, *, own: bool) -> str:
    if own:
        return f"from your own table, for {whose}, ± {PRICE_PERCENT:.0f} %"
    return (
        f"average of households in {whose}, first half of 2025 (Eurostat nrg_pc_204), "
        f"± {PRICE_PERCENT:.0f} %"
    )


def _grid_origin(place: GridIntensity, *, own: bool) -> str:
    if own:
        return f"{place.name} in {place.year}, from your own table, ± {GRID_PERCENT:.0f} %"
    return (
        f"average of {place.name} in {place.year} (Ember, life cycle, production mix, CC BY 4.0), "
        f"± {GRID_PERCENT:.0f} %"
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssumptionError(f"The table {path} cannot be read: {error}.") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != columns:
        raise AssumptionError(f"The table {path} must have the columns {', '.join(columns)}.")
    for row in reader:
        if None in row or None in row.values():
            raise AssumptionError(
                f"The table {path} has a line that is too long or too short: {row}."
            )
        yield row
