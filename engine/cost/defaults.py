"""What is assumed where the user says nothing: dated tables of the grid and of electricity prices."""

from __future__ import annotations

import csv
import locale
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.cost.assumptions import Assumptions
from engine.cost.paid import PaidModel
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


def default_assumptions(
    country: str | None = None, *, paid: tuple[PaidModel, ...] = ()
) -> Assumptions:
    """Assumptions for a country, each with its origin; an unknown one gets the world's grid."""
    grid, prices = load_grid(), load_electricity_prices()
    place = grid.get(country or "", grid[WORLD])
    known = country in prices
    price = prices[country] if country is not None and known else prices[EUROPE]
    whose = place.name if known else "the European Union, for want of one of your country"
    return Assumptions(
        electricity_price=within(price, PRICE_PERCENT),
        grid_g_per_kwh=within(place.g_per_kwh, GRID_PERCENT),
        country=place.country,
        paid=paid,
        origins={
            "electricity_price": f"average of households in {whose}, first half of 2025 "
            f"(Eurostat nrg_pc_204), ± {PRICE_PERCENT:.0f} %",
            "grid_g_per_kwh": f"average of {place.name} in {place.year} (Ember, life cycle, production "
            f"mix, CC BY 4.0), ± {GRID_PERCENT:.0f} %",
        },
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
