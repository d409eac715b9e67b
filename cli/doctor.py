"""doctor: what this machine offers, where things are kept, and what is missing with what to do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.failures import EXIT_FAILED
from cli.program import program_name
from cli.terminal import clean, clean_line, result_console, words, write_json
from cli.wording import size
from engine.bench import Bench
from engine.contract import DeviceInfo, Environment
from engine.energy.settings import EnergySettings, sensor_root
from engine.energy.sources import sources
from engine.energy.wording import plug_text, source_text
from engine.energy.zones import SourceStatus
from engine.errors import DamagedHistory, SteelyardError
from engine.machine import available_memory, describe_environment
from engine.wording import count
from models import fit
from models.demo import demo_model_path
from storage.energy_settings import energy_settings_file, load_energy_settings
from storage.folders import data_folder, database_path, log_folder, models_folder
from storage.history import History
from storage.usable import why_unusable

_PACKAGES: Final = (
    "llama-cpp-python",
    "PySide6-Essentials",
    "SQLAlchemy",
    "alembic",
    "msgspec",
    "numpy",
    "rich",
    "typer",
)
_QT_LIMIT_S: Final = 20
_SCARCE_DISK_BYTES: Final = 5_000_000_000


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """vital: without it no model can run, or nothing of it be kept."""

    what: str
    remedy: str
    vital: bool = False


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    use: str
    path: str
    exists: bool
    free_bytes: int | None
    usable: bool = True


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """versions None: not installed. free_ram_bytes: what a new model could take."""

    environment: Environment
    free_ram_bytes: int
    sessions: int | None
    folders: tuple[Folder, ...]
    versions: dict[str, str | None]
    energy_sources: tuple[SourceStatus, ...]
    plug_meter: str
    missing: tuple[Missing, ...]


def doctor(*, rpc_servers: tuple[str, ...], as_json: bool) -> int:
    """The exit code: 1 where something vital is missing."""
    diagnosis = diagnose(rpc_servers)
    if as_json:
        write_json(diagnosis)
    else:
        _print(result_console(), diagnosis)
    return EXIT_FAILED if any(each.vital for each in diagnosis.missing) else 0


def diagnose(rpc_servers: tuple[str, ...] = ()) -> Diagnosis:
    environment, no_llama_cpp = _ask_llama_cpp(rpc_servers)
    n_sessions, no_history = _count_sessions()
    energy, no_energy = _energy_settings()
    found = [
        no_llama_cpp,
        _no_demo_model(),
        _no_folder(),
        no_history,
        no_energy,
        _no_window(),
        _little_disk(),
    ]
    return Diagnosis(
        environment=environment,
        free_ram_bytes=available_memory(),
        sessions=n_sessions,
        folders=_folders(),
        versions={name: _version(name) for name in _PACKAGES},
        energy_sources=sources(sensor_root(), tdp_watts=energy.tdp_watts),
        plug_meter=plug_text(energy.plug),
        missing=tuple(each for each in found if each is not None),
    )


def _ask_llama_cpp(rpc_servers: tuple[str, ...]) -> tuple[Environment, Missing | None]:
    bench = Bench(fit=fit)
    try:
        return bench.environment(rpc_servers), None
    except SteelyardError as error:
        # The sentence of a missing installation says what to do already.
        missing = Missing(what=str(error), remedy="Run `make setup`.", vital=True)
        return describe_environment((), None), missing
    finally:
        bench.close()


def _no_demo_model() -> Missing | None:
    try:
        demo_model_path()
    except SteelyardError as error:
        return Missing(what="The small model of the demo is not installed.", remedy=_remedy(error))
    return None


def _no_folder() -> Missing | None:
    fault = why_unusable(data_folder())
    if fault is None:
        return None
    return Missing(
        what=f"The data folder {data_folder()} cannot be used: {fault}",
        remedy="Set STEELYARD_HOME to a folder that you may write to.",
        vital=True,
    )


def _count_sessions() -> tuple[int | None, Missing | None]:
    if not database_path().exists():
        return 0, None
    try:
        with History.open(database_path()) as history:
            return len(history.sessions()), None
    except DamagedHistory as error:
        remedy = f"{error} Run: {program_name()} sessions salvage"
        return None, Missing(what="The history is damaged.", remedy=remedy)
    except SteelyardError as error:
        return None, Missing(what="The history cannot be opened.", remedy=str(error))


def _energy_settings() -> tuple[EnergySettings, Missing | None]:
    try:
        return load_energy_settings(energy_settings_file()), None
    except SteelyardError as error:
        what = "What was set about this machine's energy cannot be read."
        return EnergySettings(), Missing(what=what, remedy=str(error))


def _no_window() -> Missing | None:
    """Qt in a process of its own: a missing shared library must not end this one."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", "import PySide6.QtWidgets"],
            capture_output=True,
            text=True,
            timeout=_QT_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Missing(what="Qt could not be tried.", remedy=str(error))
    if tried.returncode == 0:
        return None
    reason = (tried.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return Missing(
        what=f"The window cannot open: {reason}",
        remedy="Run `make setup`, which names the package that brings it.",
    )


def _little_disk() -> Missing | None:
    free = _free_bytes(models_folder())
    if free is None or free >= _SCARCE_DISK_BYTES:
        return None
    return Missing(
        what=f"Only {size(free)} of disk are free for models and sessions.",
        remedy="Free some, or move them with STEELYARD_HOME.",
    )


def _folders() -> tuple[Folder, ...]:
    uses = (
        ("data", data_folder()),
        ("history", database_path()),
        ("models", models_folder()),
        ("logs", log_folder()),
    )
    return tuple(
        Folder(
            use=use,
            path=str(path),
            exists=path.exists(),
            free_bytes=_free_bytes(path),
            usable=why_unusable(path.parent if use == "history" else path) is None,
        )
        for use, path in uses
    )


def _free_bytes(path: Path) -> int | None:
    """Of the disk that it lies on, or will lie on."""
    there = next((each for each in (path, *path.parents) if each.exists()), None)
    try:
        return shutil.disk_usage(there).free if there else None
    except OSError:
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _remedy(error: SteelyardError) -> str:
    """The last sentence says what to do."""
    return str(error).rstrip().rsplit(". ", 1)[-1]


def _print(console: Console, found: Diagnosis) -> None:
    machine = found.environment
    rows = [
        ("app", f"{machine.app}, Python {platform.python_version()}"),
        ("llama.cpp", machine.llama_cpp or "not installed"),
        ("system", machine.os),
        ("processor", _processor(machine)),
        ("memory", f"{size(found.free_ram_bytes)} free of {size(machine.ram_bytes)}"),
        ("power", machine.power_source or machine.absent.get("power_source", "not known")),
    ]
    _section(console, "Machine", rows)
    _section(console, "Devices", [(d.name, _device(d)) for d in machine.devices])
    _section(console, "Energy", _energy(found))
    _print_remedies(console, found.energy_sources)
    _section(console, "Folders", [(each.use, _folder(each, found)) for each in found.folders])
    _section(console, "Versions", [(n, v or "not installed") for n, v in found.versions.items()])
    if not found.missing:
        console.print(words("Nothing is missing.", "green"))
    for each in found.missing:
        console.print(words(clean_line(each.what), "bold red" if each.vital else "bold yellow"))
        console.print(words(f"  {clean_line(each.remedy)}"))


def _section(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    console.print(Text(title, style="bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=12, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(words(f"  {clean_line(name)}", "dim"), words(text))
    console.print(grid)
    console.print()


def _energy(found: Diagnosis) -> list[tuple[str, str]]:
    rows = [(each.source, clean_line(source_text(each))) for each in found.energy_sources]
    return [*rows, ("plug meter", found.plug_meter)]


def _print_remedies(console: Console, sources: Sequence[SourceStatus]) -> None:
    """As they are, for a line that was folded could not be copied."""
    for each in sources:
        if each.remedy is not None:
            console.print(words(f"To make {each.source} usable:", "bold"))
            print(clean(each.remedy), file=console.file)


def _processor(machine: Environment) -> str:
    cores = machine.physical_cores or machine.logical_cores
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    text = f"{machine.cpu}, {cores} cores" if cores else machine.cpu
    return (
        f"{text}, {allowed} usable here" if allowed and allowed != machine.logical_cores else text
    )


def _device(device: DeviceInfo) -> str:
    text = f"{device.kind} · {clean_line(device.description)} · {device.backend}"
    if device.total_bytes:
        free = "unknown" if device.free_bytes is None else size(device.free_bytes)
        text += f" · {free} free of {size(device.total_bytes)}"
    return text


def _folder(folder: Folder, found: Diagnosis) -> str:
    text = folder.path
    if not folder.usable:
        return f"{text} · cannot be used"
    if folder.use == "history" and found.sessions is not None:
        return f"{text} · {count(found.sessions, 'session')}"
    return text if folder.exists else f"{text} · made when needed"
