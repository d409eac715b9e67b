"""prices: the tables behind a cost, and a copy of one's own to write in."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from cli.tables import print_table
from cli.terminal import clean_line, result_console, words, write_json
from engine.cost.defaults import Tables
from engine.cost.paid import PaidModel
from engine.wording import NONE
from storage.cost_tables import TABLES, load_tables, make_own_table, own_table
from storage.folders import data_folder


def prices(*, own: str | None, as_json: bool) -> int:
    """List paid models and exchange rates, or make a copy of a table (`own`) and name it."""
    folder = data_folder()
    if own is not None:
        print(make_own_table(folder, own))
        return 0
    tables = load_tables(folder)
    if as_json:
        write_json(tables.paid)
        return 0
    _print(result_console(), tables)
    return 0


def _print(console: Console, tables: Tables) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("paid model", overflow="fold")
    for head in ("prompt", "cached", "output"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("per million tokens, since", overflow="fold")
    for model in tables.paid.model:
        table.add_row(*_row(model))
    print_table(console, table)
    rates = ", ".join(
        f"1 {name} = {worth:g} EUR" for name, worth in tables.paid.worth_in_eur.items()
    )
    console.print(words(f"Exchange rates: {rates or 'none; write yours into the list'}."))
    for name, shipped in TABLES.items():
        own = own_table(data_folder(), name)
        what = (
            f"yours, {own}" if own.exists() else f"ours; `prices --own {name}` copies it to change"
        )
        console.print(words(clean_line(f"{shipped.name}: {what}"), "dim"))


def _row(model: PaidModel) -> tuple[str, ...]:
    cached = NONE if model.cached is None else f"{model.cached:g}"
    origin = f"{model.currency}, {model.date} ({model.source})"
    return (
        clean_line(model.name),
        f"{model.prompt:g}",
        cached,
        f"{model.output:g}",
        clean_line(origin),
    )
