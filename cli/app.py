"""The commands and what they take. What they do is imported when one of them runs, so that help is quick."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.bench_options import BenchOptions
from cli.compare_options import PromptOptions, RunOptions
from cli.cost_options import CostOptions
from cli.energy_app import energy_app
from cli.failures import guarded
from cli.fidelity_options import FidelityOptions
from cli.grouped import grouped
from cli.help_view import tidy, without_python_types
from cli.loading_options import LoadingOptions
from cli.models_app import models_app
from cli.program import program_name
from cli.sampling_options import SamplingOptions
from cli.sessions_app import sessions_app
from cli.suite_options import SuiteOptions
from cli.threads_option import Threads

_EPILOG: Final = (
    "COMMAND --help shows what it takes, with examples. Ctrl+C stops and keeps what is there."
    " Exit codes: 0 all well, 1 something failed, 2 wrong usage, 130 stopped."
)
_Reference = Annotated[
    Path | None, typer.Argument(metavar="REFERENCE.gguf", help="The dearer model.")
]
_Candidates = Annotated[
    list[Path] | None, typer.Argument(metavar="CANDIDATE.gguf", help="The cheaper ones.")
]

app = typer.Typer(
    name="steelyard",
    help="Weighs local language models against each other: the same work, and what each costs."
    " Without a command it opens the window.",
    epilog=_EPILOG,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(
    models_app,
    name="models",
    short_help="Model files: here or on a hub, what fits; make smaller ones.",
)
app.add_typer(sessions_app, name="sessions")
app.add_typer(energy_app, name="energy")
without_python_types()


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives the exit code of the process."""
    _forgive_encodings()
    return guarded(lambda: _invoke(arguments))


def _invoke(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    tidy(command, program_name())
    # The list of commands is asked for most and must come at once; Rich, which draws the help of each
    # command in groups, takes as long to import as all else together.
    if isinstance(command, typer.core.TyperGroup):
        command.rich_markup_mode = None
    result = command.main(args=list(arguments), prog_name=program_name(), standalone_mode=False)
    return result if isinstance(result, int) else 0


def _forgive_encodings() -> None:
    """A terminal that lacks a character shows a question mark in its place, and no run ends over it."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _show_version(wanted: bool) -> None:
    if wanted:
        from engine.machine import APP_VERSION

        print(f"Steelyard {APP_VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command(short_help="Compare one small model at several quantizations.")
@grouped
def demo(
    threads: Threads = None,
    max_tokens: Annotated[
        int,
        typer.Option(
            "-n", "--max-tokens", min=1, metavar="N", help="End a reply after so many tokens."
        ),
    ] = 64,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the session as JSON to standard output.")
    ] = False,
) -> int:
    """Compare one small model at several quantizations; takes half a minute."""
    from cli.demo import demo as run_demo

    return run_demo(threads=threads, max_tokens=max_tokens, as_json=as_json)


@app.command(short_help="The same prompts to several models, side by side.")
@grouped
def compare(
    prompts: PromptOptions,
    running: RunOptions,
    sampling: SamplingOptions,
    loading: LoadingOptions,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE.gguf", help="The models; - reads a prompt from standard input."
        ),
    ] = None,
) -> int:
    """Give several models the same prompts: replies side by side, with timings."""
    from cli.compare import compare as run_compare

    return run_compare(files or [], prompts, sampling, loading, running)


@app.command(short_help="Prompt and generation speed, as llama-bench has it.")
@grouped
def bench(
    options: BenchOptions,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE.gguf", help="The models.")
    ] = None,
) -> int:
    """Measure prompt and generation speed (pp512, tg128) as llama-bench defines them."""
    from cli.bench import bench as run_bench

    return run_bench(files or [], options)


@app.command(short_help="How far cheaper models are from a reference: perplexity, KL divergence.")
@grouped
def fidelity(
    options: FidelityOptions,
    reference: _Reference = None,
    candidates: _Candidates = None,
) -> int:
    """Compare models on a text or on your prompts: perplexity, KL divergence, same top token."""
    from cli.fidelity import fidelity as run_fidelity

    return run_fidelity(reference, candidates or [], options)


@app.command(short_help="At which words a cheaper model would have left a reply.")
@grouped
def diverge(
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE.gguf", help="Who answers.")],
    candidate: Annotated[
        Path, typer.Argument(metavar="CANDIDATE.gguf", help="Who reads that answer.")
    ],
    prompt: Annotated[str, typer.Option("-p", "--prompt", metavar="TEXT", help="The question.")],
    max_tokens: Annotated[
        int, typer.Option("-n", "--max-tokens", min=1, metavar="N", help="The answer's limit.")
    ] = 128,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write every token as JSON.")] = False,
) -> int:
    """Put one model's reply through another, token by token, and show where it would differ."""
    from cli.diverge import diverge as run_diverge

    return run_diverge(
        reference, candidate, prompt, max_tokens=max_tokens, threads=threads, as_json=as_json
    )


@app.command(short_help="Is a cheaper model good enough on your cases?")
@grouped
def suite(
    options: SuiteOptions,
    reference: _Reference = None,
    candidates: _Candidates = None,
) -> int:
    """Check replies to your cases and judge: good enough, worse, or not enough cases."""
    from cli.suite import suite as run_suite

    return run_suite(reference, candidates or [], options)


@app.command(short_help="What a session's models cost, and what the cheaper one saves.")
@grouped
def cost(
    session: Annotated[
        str,
        typer.Argument(
            metavar="SESSION",
            help="Its id, or a .json file of a session.",
        ),
    ],
    options: CostOptions,
) -> int:
    """Price a session's models: per request, month and year, with CO2, and what the cheaper one saves."""
    from cli.cost import cost as run_cost

    return run_cost(session, options)


@app.command(short_help="The prices of paid models, and your own list of them.")
@grouped
def prices(
    own: Annotated[
        Literal["paid", "grid", "electricity"] | None,
        typer.Option(
            help="Copy this table into your data folder, to change it, and name the copy."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the list as JSON.")] = False,
) -> int:
    """List the prices of paid models and the exchange rates that `cost` and the Cost page use."""
    from cli.prices import prices as run_prices

    return run_prices(own=own, as_json=as_json)


@app.command(short_help="Devices, sensors, folders, versions, what is missing.")
@grouped
def doctor(
    rpc: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="Also list the devices of a ggml RPC server."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON.")] = False,
) -> int:
    """Show devices, sensors, folders, versions, and what is missing."""
    from cli.doctor import doctor as run_doctor

    return run_doctor(rpc_servers=tuple(rpc or ()), as_json=as_json)
