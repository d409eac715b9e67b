"""What `bench` takes: llama-bench's options, each a list, of which every combination is measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import typer

from engine.contract import Runtime

_TESTS, _SETTINGS, _OUTPUT = (
    "Tests",
    "Settings, each a list: -t 1,2 or -t 1-4 or -t 1-8*2",
    "Output",
)
BenchFormat = Literal["md", "csv", "json", "jsonl"]


@dataclass(frozen=True)
class BenchOptions:
    n_prompt: Annotated[
        list[str],
        typer.Option(
            "-p",
            "--n-prompt",
            metavar="N,…",
            help="Evaluate a prompt of so many tokens; 0 leaves the test out.",
            show_default="512",
            rich_help_panel=_TESTS,
        ),
    ] = field(default_factory=list)
    n_gen: Annotated[
        list[str],
        typer.Option(
            "-n",
            "--n-gen",
            metavar="N,…",
            help="Generate so many tokens; 0 leaves the test out.",
            show_default="128",
            rich_help_panel=_TESTS,
        ),
    ] = field(default_factory=list)
    prompt_gen: Annotated[
        list[str],
        typer.Option(
            "-pg",
            metavar="PP,TG",
            help="Both in one test; repeatable.",
            rich_help_panel=_TESTS,
        ),
    ] = field(default_factory=list)
    n_depth: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--n-depth",
            metavar="N,…",
            help="Measure with so many tokens before it in the context.",
            show_default="0",
            rich_help_panel=_TESTS,
        ),
    ] = field(default_factory=list)
    repetitions: Annotated[
        int,
        typer.Option(
            "-r", "--repetitions", min=1, metavar="N", help="Of each test.", rich_help_panel=_TESTS
        ),
    ] = 5
    no_warmup: Annotated[
        bool,
        typer.Option("--no-warmup", help="Measure from the first run on.", rich_help_panel=_TESTS),
    ] = False
    threads: Annotated[
        list[str],
        typer.Option(
            "-t",
            "--threads",
            metavar="N,…",
            show_default="one a physical core",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    batch: Annotated[
        list[str],
        typer.Option(
            "-b",
            "--batch-size",
            metavar="N,…",
            show_default=str(Runtime().n_batch),
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    ubatch: Annotated[
        list[str],
        typer.Option(
            "-ub",
            "--ubatch-size",
            metavar="N,…",
            show_default=str(Runtime().n_ubatch),
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    cache_type_k: Annotated[
        list[str],
        typer.Option(
            "-ctk",
            "--cache-type-k",
            metavar="TYPE,…",
            show_default=Runtime().type_k,
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    cache_type_v: Annotated[
        list[str],
        typer.Option(
            "-ctv",
            "--cache-type-v",
            metavar="TYPE,…",
            show_default=Runtime().type_v,
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    flash_attn: Annotated[
        list[str],
        typer.Option(
            "-fa",
            "--flash-attn",
            metavar="auto|on|off,…",
            show_default="auto",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    gpu_layers: Annotated[
        list[str],
        typer.Option(
            "-ngl",
            "--n-gpu-layers",
            metavar="auto|all|N,…",
            show_default="auto: what fits",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    split_mode: Annotated[
        list[str],
        typer.Option(
            "-sm",
            "--split-mode",
            metavar="none|layer|row,…",
            show_default="layer",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    device: Annotated[
        list[str],
        typer.Option(
            "-dev",
            "--device",
            metavar="NAME/NAME,…",
            help="Devices of one run are joined by /.",
            show_default="all",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    tensor_split: Annotated[
        list[str],
        typer.Option(
            "-ts",
            "--tensor-split",
            metavar="X/Y,…",
            help="How much each device takes.",
            rich_help_panel=_SETTINGS,
        ),
    ] = field(default_factory=list)
    rpc: Annotated[
        list[str],
        typer.Option(
            "--rpc",
            metavar="HOST:PORT,…",
            help="Add the devices of ggml RPC servers, in a network you trust.",
            rich_help_panel="Devices and memory",
        ),
    ] = field(default_factory=list)
    no_mmap: Annotated[
        bool,
        typer.Option(
            "--no-mmap",
            help="Read the file instead of mapping it.",
            rich_help_panel="Devices and memory",
        ),
    ] = False
    mlock: Annotated[
        bool,
        typer.Option(
            "--mlock",
            help="Keep the model from being swapped out.",
            rich_help_panel="Devices and memory",
        ),
    ] = False
    load_anyway: Annotated[
        bool,
        typer.Option(
            "--load-anyway",
            help="Load even what should not fit.",
            rich_help_panel="Devices and memory",
        ),
    ] = False
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Measure what a recorded run still lacks, with its models and settings.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Do not record the run.", rich_help_panel=_OUTPUT)
    ] = False
    output: Annotated[
        BenchFormat,
        typer.Option("-o", "--output", metavar="md|csv|json|jsonl", rich_help_panel=_OUTPUT),
    ] = "md"
    as_json: Annotated[
        bool, typer.Option("--json", help="The same as -o json.", rich_help_panel=_OUTPUT)
    ] = False
