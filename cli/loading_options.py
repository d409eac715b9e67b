"""How models are loaded, asked on the command line."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.usage import WrongUsage, read_text
from engine.contract import CacheType, Lora, Runtime, Switch
from engine.limits import MOST_THREADS

_LOADING: Final = "Loading"


@dataclass(frozen=True)
class LoadingOptions:
    ctx: Annotated[
        int | None,
        typer.Option(
            "-c",
            "--ctx",
            "--context",
            min=1,
            metavar="N",
            help="Context in tokens.",
            show_default="the trained one, at most 4096",
            rich_help_panel=_LOADING,
        ),
    ] = None
    threads: Annotated[
        int | None,
        typer.Option(
            "-t",
            "--threads",
            min=1,
            max=MOST_THREADS,
            metavar="N",
            help="Processor threads.",
            show_default="one a physical core",
            rich_help_panel=_LOADING,
        ),
    ] = None
    threads_batch: Annotated[
        int | None,
        typer.Option(
            "-tb",
            "--threads-batch",
            min=1,
            max=MOST_THREADS,
            metavar="N",
            help="Processor threads for prompts.",
            show_default="as --threads",
            rich_help_panel=_LOADING,
        ),
    ] = None
    batch: Annotated[
        int, typer.Option("-b", "--batch", min=1, metavar="N", rich_help_panel=_LOADING)
    ] = Runtime().n_batch
    ubatch: Annotated[
        int, typer.Option("-ub", "--ubatch", min=1, metavar="N", rich_help_panel=_LOADING)
    ] = Runtime().n_ubatch
    gpu_layers: Annotated[
        str,
        typer.Option(
            "-ngl",
            "--gpu-layers",
            metavar="auto|all|N",
            help="Layers on the GPU; auto takes what fits its free memory.",
            rich_help_panel=_LOADING,
        ),
    ] = "auto"
    cache_type_k: Annotated[
        CacheType, typer.Option("-ctk", "--cache-type-k", metavar="TYPE", rich_help_panel=_LOADING)
    ] = Runtime().type_k
    cache_type_v: Annotated[
        CacheType,
        typer.Option(
            "-ctv",
            "--cache-type-v",
            metavar="TYPE",
            help="f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl.",
            rich_help_panel=_LOADING,
        ),
    ] = Runtime().type_v
    flash_attn: Annotated[
        Switch,
        typer.Option("-fa", "--flash-attn", metavar="auto|on|off", rich_help_panel=_LOADING),
    ] = "auto"
    device: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="Use this device; repeatable. `doctor` lists them.",
            show_default="all",
            rich_help_panel=_LOADING,
        ),
    ] = field(default_factory=list)
    rpc: Annotated[
        list[str],
        typer.Option(
            metavar="HOST:PORT",
            help="Add the devices of a ggml RPC server, in a network you trust; repeatable.",
            rich_help_panel=_LOADING,
        ),
    ] = field(default_factory=list)
    split_mode: Annotated[
        Literal["none", "layer", "row"],
        typer.Option("-sm", "--split-mode", metavar="none|layer|row", rich_help_panel=_LOADING),
    ] = "layer"
    main_gpu: Annotated[
        int,
        typer.Option(
            "-mg",
            "--main-gpu",
            min=0,
            metavar="N",
            help="The GPU that --split-mode none uses.",
            rich_help_panel=_LOADING,
        ),
    ] = Runtime().main_gpu
    tensor_split: Annotated[
        str | None,
        typer.Option(
            "-ts",
            "--tensor-split",
            metavar="X,Y…",
            help="How much each device takes, as in 3,1.",
            rich_help_panel=_LOADING,
        ),
    ] = None
    no_mmap: Annotated[
        bool,
        typer.Option(
            "--no-mmap", help="Read the file instead of mapping it.", rich_help_panel=_LOADING
        ),
    ] = False
    mlock: Annotated[
        bool,
        typer.Option(
            "--mlock", help="Keep the model from being swapped out.", rich_help_panel=_LOADING
        ),
    ] = False
    lora: Annotated[
        list[str],
        typer.Option(
            metavar="FILE[:SCALE]",
            help="Apply a LoRA adapter; repeatable.",
            rich_help_panel=_LOADING,
        ),
    ] = field(default_factory=list)
    chat_template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use this chat template (Jinja) instead of the model's own.",
            rich_help_panel=_LOADING,
        ),
    ] = None
    template_arg: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=VALUE",
            help="An argument of the chat template, as in enable_thinking=false; repeatable.",
            rich_help_panel=_LOADING,
        ),
    ] = field(default_factory=list)
    load_anyway: Annotated[
        bool,
        typer.Option(
            "--load-anyway", help="Load even what should not fit.", rich_help_panel=_LOADING
        ),
    ] = False

    def runtime(self) -> Runtime:
        return Runtime(
            n_ctx=self.ctx,
            n_batch=self.batch,
            n_ubatch=self.ubatch,
            threads=self.threads,
            threads_batch=self.threads_batch,
            n_gpu_layers=gpu_layers(self.gpu_layers),
            split_mode=self.split_mode,
            main_gpu=self.main_gpu,
            tensor_split=shares(self.tensor_split),
            devices=tuple(self.device),
            rpc_servers=tuple(self.rpc),
            type_k=self.cache_type_k,
            type_v=self.cache_type_v,
            flash_attention=self.flash_attn,
            mmap=not self.no_mmap,
            mlock=self.mlock,
            check_memory=not self.load_anyway,
            loras=tuple(_lora(each) for each in self.lora),
            chat_template=(
                read_text(self.chat_template, "--chat-template") if self.chat_template else None
            ),
            template_arguments=dict(_template_argument(each) for each in self.template_arg),
        )


def gpu_layers(text: str) -> int | Literal["auto", "all"]:
    if text == "auto":
        return "auto"
    if text == "all":
        return "all"
    if text.isdecimal():
        return int(text)
    raise WrongUsage(f"-ngl takes auto, all or a number of layers, not “{text}”.")


def shares(text: str | None) -> tuple[float, ...]:
    """The parts of 3,1 (or, as llama.cpp also writes it, 3/1)."""
    try:
        parts = tuple(float(part) for part in (text or "").replace("/", ",").split(",") if part)
    except ValueError:
        parts = (-1.0,)
    if any(part < 0 for part in parts):
        raise WrongUsage(f"--tensor-split takes numbers such as 3,1, not “{text}”.")
    return parts


def _lora(text: str) -> Lora:
    path, scale = Path(text), 1.0
    before, colon, after = text.rpartition(":")
    if colon and not path.exists():
        with contextlib.suppress(ValueError):
            path, scale = Path(before), float(after)
    if not path.is_file():
        raise WrongUsage(f"There is no LoRA adapter {path}. Check its name and folder.")
    return Lora(path=str(path.absolute()), scale=scale)


def _template_argument(text: str) -> tuple[str, bool | int | float | str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise WrongUsage(f"--template-arg takes KEY=VALUE, not “{text}”.")
    try:
        read = json.loads(value)
    except ValueError:
        read = value
    return key, read if isinstance(read, bool | int | float | str) else value
