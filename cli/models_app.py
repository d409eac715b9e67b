"""The commands about model files and what they take."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from cli.grouped import grouped
from cli.loading_options import LoadingOptions
from cli.models_making_options import ImatrixOptions, QuantizeOptions
from cli.models_search_options import SearchOptions
from engine.contract import CacheType

models_app = typer.Typer(
    no_args_is_help=True, help="Model files: what is here, what a hub has, what fits, smaller ones."
)

_Json = Annotated[bool, typer.Option("--json", help="Write it as JSON.")]
_Repository = Annotated[
    str, typer.Argument(metavar="REPO", help="owner/model, or its address in a browser.")
]


@models_app.command("list", short_help="The models on this machine.")
@grouped
def models_list(
    newer: Annotated[
        bool,
        typer.Option("--newer", help="Ask the hub which of them have a newer file there."),
    ] = False,
    as_json: _Json = False,
) -> int:
    """List the models on this machine: built-in, downloaded, made and added ones, and other programs'."""
    from cli.models_list import list_models

    return list_models(newer=newer, as_json=as_json)


@models_app.command("add", short_help="List a model file, or all in a folder, too.")
@grouped
def models_add(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A GGUF file or a folder of them.")],
) -> int:
    """List a model file, or all of a folder, too; they stay where they are."""
    from cli.models_list import add_models

    return add_models(path)


@models_app.command("remove", short_help="Move a model to the bin, or no longer list it.")
@grouped
def models_remove(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Its path or name or a part of that, or an added folder."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Move a model of Steelyard's own folder to the bin; others are not listed any more, and stay."""
    from cli.models_list import remove_model

    return remove_model(model, sure=yes)


@models_app.command("search", short_help="Look for models on Hugging Face.")
@grouped
def models_search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Words of its name.")],
    options: SearchOptions,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the first N only.")] = 20,
    as_json: _Json = False,
) -> int:
    """Look for models with GGUF files on Hugging Face, or on the hub that HF_ENDPOINT names."""
    from cli.models_search import search_hub

    return search_hub(text, options, limit=limit, as_json=as_json)


@models_app.command("files", short_help="What a repository of the hub holds.")
@grouped
def models_files(repo: _Repository, as_json: _Json = False) -> int:
    """List the quantizations of a model on the hub: their sizes, whether they fit, and what is here."""
    from cli.models_files import list_files

    return list_files(repo, as_json=as_json)


@models_app.command("get", short_help="Download a model.")
@grouped
def models_get(
    repo: _Repository,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A file's name, or a quantization such as Q4_K_M; not needed where the address has it.",
        ),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(
            min=0.01, metavar="MB", help="Megabytes a second to take.", show_default="no limit"
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace an earlier revision of the file that is here."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the paths of its files as JSON.")
    ] = False,
) -> int:
    """Download a model into the models folder; checked against the hub's sha256, and resumed after Ctrl+C."""
    from cli.models_get import get_model

    return get_model(repo, file, most_mb_per_s=limit, replaces=replace, as_json=as_json)


@models_app.command("fit", short_help="Whether a model fits this machine, and how fast it will be.")
@grouped
def models_fit(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|REPO", help="A GGUF file, or owner/model on the hub or its address there."
        ),
    ],
    loading: LoadingOptions,
    quantization: Annotated[
        str | None,
        typer.Argument(metavar="TYPE", help="Only this quantization of the repository."),
    ] = None,
    kv: Annotated[
        CacheType | None,
        typer.Option(metavar="TYPE", help="Both cache types at once.", show_default="f16"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
) -> int:
    """Tell, without loading it, whether a model fits this machine, how long a context, and how fast.

    Of a repository on the hub only headers are read.
    """
    from cli.models_fit import fit_model

    if kv is not None:
        loading = dataclasses.replace(loading, cache_type_k=kv, cache_type_v=kv)
    return fit_model(target, quantization, loading, as_json=as_json)


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
    options: QuantizeOptions,
) -> int:
    """Make quantizations of a model; the file itself stays as it is.

    The smallest types need an importance matrix, and most others gain by one.
    """
    from cli.models_quantize import quantize_model

    return quantize_model(file, types, options)


@models_app.command("imatrix", short_help="Find out which weights matter for a text.")
@grouped
def models_imatrix(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.gguf", help="The model, as precise as the memory allows."),
    ],
    options: ImatrixOptions,
) -> int:
    """Make an importance matrix for models quantize, as llama-imatrix makes it of the same text.

    The model reads the text once; what its weights meet on the way is kept best when quantizing.
    """
    from cli.models_imatrix import make_model_imatrix

    return make_model_imatrix(file, options)
