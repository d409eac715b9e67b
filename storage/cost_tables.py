"""The tables behind a cost: as they are shipped, or the user's own copies in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.cost.defaults import (
    GRID,
    PRICES,
    Tables,
    load_electricity_prices,
    load_grid,
)
from engine.cost.paid import SHIPPED, load_price_file
from engine.errors import StorageError
from storage.files import write_whole

TABLES: Final = {"paid": SHIPPED, "grid": GRID, "electricity": PRICES}
"""What can be the user's own, by a short name, and where it is shipped."""


def own_table(folder: Path, name: str) -> Path:
    """Where the user's copy is, or would be."""
    return folder / TABLES[name].name


def load_tables(folder: Path, *, paid: Path | None = None, grid: Path | None = None) -> Tables:
    """The given files, else the user's copies, else those shipped; raises AssumptionError."""
    files = {
        name: given or (own if (own := own_table(folder, name)).exists() else TABLES[name])
        for name, given in (("paid", paid), ("grid", grid), ("electricity", None))
    }
    return Tables(
        grid=load_grid(files["grid"]),
        electricity=load_electricity_prices(files["electricity"]),
        paid=load_price_file(files["paid"]),
        own=frozenset(TABLES[name].name for name, file in files.items() if file != TABLES[name]),
    )


def make_own_table(folder: Path, name: str) -> Path:
    """The user's copy of a table, made if there is none yet; raises StorageError."""
    path = own_table(folder, name)
    if path.exists():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = TABLES[name].read_bytes()
    except OSError as fault:
        raise StorageError(f"{path} cannot be made: {fault.strerror}.") from fault
    write_whole(path, content)
    return path
