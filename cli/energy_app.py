"""The commands about this machine's energy and what they take."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.grouped import grouped

energy_app = typer.Typer(
    no_args_is_help=True, help="What tells this machine's energy, and how to set it right."
)


@energy_app.command("sources", short_help="Every source: usable, or why not and what to do.")
@grouped
def energy_sources(
    as_json: Annotated[bool, typer.Option("--json", help="Write them as JSON.")] = False,
) -> int:
    """List every source of energy figures with its step and its range; `doctor` lists them too."""
    from cli.energy import list_sources

    return list_sources(as_json=as_json)


@energy_app.command("tdp", short_help="The processor's design power, for the estimate.")
@grouped
def energy_tdp(
    watts: Annotated[
        float | None,
        typer.Argument(metavar="WATTS", help="What the maker states for the processor."),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Go by the firmware's limit or the name again.")
    ] = False,
) -> int:
    """Show or set the design power (TDP) from which energy is estimated where no sensor tells it."""
    from cli.energy import design_power

    return design_power(watts, forget=forget)


@energy_app.command("calibrate", short_help="Fit the rest of the machine with a plug meter.")
@grouped
def energy_calibrate(
    idle: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="WATTS",
            help="What the plug meter shows at rest.",
            show_default="asked for",
        ),
    ] = None,
    load: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="WATTS",
            help="What it shows while all cores work.",
            show_default="asked for",
        ),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Count the components only again.")
    ] = False,
) -> int:
    """Read a plug meter at rest and under load: replies then tell their energy at the plug, too."""
    from cli.energy import calibrate

    return calibrate(idle, load, forget=forget)
