"""The commands about model files and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.grouped import grouped
from cli.loading_options import LoadingOptions

models_app = typer.Typer(no_args_is_help=True, help="Model files: what fits, smaller ones.")


@models_app.command("fit", short_help="Whether a model fits this machine, and how fast it will be.")
@grouped
def models_fit(
    file: Annotated[Path, typer.Argument(metavar="FILE.gguf", help="The model.")],
    loading: LoadingOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
) -> int:
    """Tell, without loading it, whether a model fits this machine, how long a context, and how fast."""
    from cli.models_fit import fit_model

    return fit_model(file, loading, as_json=as_json)


@models_app.command("quantize", short_help="Make smaller versions of a model.")
@grouped
def models_quantize(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.gguf", help="The model, best at F16, BF16 or F32.")
    ],
    types: Annotated[
        list[str],
        typer.Argument(metavar="TYPE", help="What to make of it, such as Q4_K_M or Q8_0."),
    ],
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to.", show_default="the models folder"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write what was made as JSON.")] = False,
) -> int:
    """Make quantizations of a model; the file itself stays as it is."""
    from cli.models_quantize import quantize_model

    return quantize_model(file, types, to, as_json=as_json)
