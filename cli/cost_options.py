"""What `cost` takes besides the session."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

_USE: Final = "Use"
_PRICES: Final = "Prices"
_PAID: Final = "Paid models"
_MACHINE: Final = "Buying the machine"


@dataclass(frozen=True)
class CostOptions:
    compare_with: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the others are to save against; a part of its name will do.",
            show_default="the dearest",
        ),
    ] = None
    verdicts: Annotated[
        str | None,
        typer.Option(
            metavar="SESSION",
            help="A session of `suite` on the same models: is the cheaper one good enough?",
            show_default="the session's own",
        ),
    ] = None
    requests_per_day: Annotated[
        float, typer.Option(min=0, metavar="N", help="How much is asked.", rich_help_panel=_USE)
    ] = 1000.0
    days_per_year: Annotated[
        float,
        typer.Option(min=1, max=366, metavar="N", help="On how many days.", rich_help_panel=_USE),
    ] = 365.0
    hours_per_day: Annotated[
        float,
        typer.Option(
            min=0.01, max=24, metavar="N", help="In how many hours a day.", rich_help_panel=_USE
        ),
    ] = 24.0
    prompt_tokens: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="N",
            help="A typical prompt.",
            show_default="as in the session",
            rich_help_panel=_USE,
        ),
    ] = None
    output_tokens: Annotated[
        float | None,
        typer.Option(
            min=1,
            metavar="N",
            help="A typical reply.",
            show_default="as in the session",
            rich_help_panel=_USE,
        ),
    ] = None
    machines: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="How many such machines there are.", rich_help_panel=_USE
        ),
    ] = 1
    batched_per_second: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            metavar="N",
            help="Requests a second that one machine answers many at once, as `suite` tells.",
            show_default="of a suite's session: as measured",
            rich_help_panel=_USE,
        ),
    ] = None
    growth: Annotated[
        float,
        typer.Option(
            min=-99,
            max=1000,
            metavar="PERCENT",
            help="How much more is asked each year.",
            rich_help_panel=_USE,
        ),
    ] = 0.0
    years: Annotated[
        int,
        typer.Option(
            min=1,
            max=50,
            metavar="N",
            help="How many years to look ahead, with --growth.",
            rich_help_panel=_USE,
        ),
    ] = 3
    country: Annotated[
        str | None,
        typer.Option(
            metavar="XX",
            help="Whose electricity: two letters, such as DE, EU or WORLD.",
            show_default="your system's",
            rich_help_panel=_PRICES,
        ),
    ] = None
    price: Annotated[
        str | None,
        typer.Option(
            metavar="PER_KWH",
            help="Price of electricity, such as 0.25 or, as a range, 0.20-0.30.",
            show_default="the country's average",
            rich_help_panel=_PRICES,
        ),
    ] = None
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="G_PER_KWH",
            help="CO2e of electricity in grams, such as 380 or, as a range, 350-420.",
            show_default="the country's average",
            rich_help_panel=_PRICES,
        ),
    ] = None
    grid_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="A table of the grid like the one `prices --own grid` makes.",
            show_default="your own copy, else ours",
            rich_help_panel=_PRICES,
        ),
    ] = None
    currency: Annotated[
        str, typer.Option(metavar="XXX", help="Of all prices here.", rich_help_panel=_PRICES)
    ] = "EUR"
    exchange: Annotated[
        list[str],
        typer.Option(
            metavar="XXX=RATE",
            help="What one unit of another currency is worth, such as USD=0.92; can be repeated.",
            show_default="as in your price list",
            rich_help_panel=_PRICES,
        ),
    ] = field(default_factory=list)
    above_idle: Annotated[
        bool,
        typer.Option(
            "--above-idle",
            help="Count only the energy above an idle machine's: for one that runs anyway.",
            rich_help_panel=_PRICES,
        ),
    ] = False
    components_only: Annotated[
        bool,
        typer.Option(
            "--components-only",
            help="Leave out what a plug meter told of the rest of the machine (`energy calibrate`).",
            rich_help_panel=_PRICES,
        ),
    ] = False
    api_price: Annotated[
        list[str],
        typer.Option(
            metavar="3/15",
            help="A paid model's price per million tokens, prompt/output or prompt/cached/output,"
            " in --currency; can be repeated.",
            rich_help_panel=_PAID,
        ),
    ] = field(default_factory=list)
    paid: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="A paid model of the list, or a part of its name; can be repeated.",
            rich_help_panel=_PAID,
        ),
    ] = field(default_factory=list)
    price_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="A list of paid models like the one `prices --own paid` makes.",
            show_default="your own copy, else ours",
            rich_help_panel=_PAID,
        ),
    ] = None
    cached_share: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="The part of a prompt, 0 to 1, that has the cached price.",
            rich_help_panel=_PAID,
        ),
    ] = 0.0
    hardware: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="PRICE", help="What the machine costs.", rich_help_panel=_MACHINE
        ),
    ] = None
    lifetime: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="YEARS",
            help="How long it is used.",
            show_default="4",
            rich_help_panel=_MACHINE,
        ),
    ] = None
    resale: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="PRICE", help="What it sells for then.", rich_help_panel=_MACHINE
        ),
    ] = None
    embodied: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="KG",
            help="CO2e of making it, in kg; counted with --include-hardware.",
            rich_help_panel=_MACHINE,
        ),
    ] = None
    include_hardware: Annotated[
        bool,
        typer.Option(
            "--include-hardware",
            help="Count its share in each request's cost.",
            rich_help_panel=_MACHINE,
        ),
    ] = False
    as_json: Annotated[
        bool, typer.Option("--json", help="Write all figures and assumptions as JSON.")
    ] = False
