"""Opens the window with the real collaborators; what takes time to import is imported when it is used."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract import Contender, Environment, ModelFile, Recorder, Session
from engine.machine import APP_VERSION
from engine.shared_memory import SharedMemory
from gui.app import main
from gui.collaborators import (
    Bench,
    Collaborators,
    DivergenceBench,
    FidelityBench,
    History,
    Progress,
    SpeedBench,
)
from gui.models.start import hub_places, make_shelf
from storage.folders import data_folder, database_path, models_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.exports.paper import Paper
    from storage.exports.redaction import Omit


def start_window(arguments: Sequence[str] = ()) -> int:
    """Run the window until it is closed; the process's exit code."""
    memory = SharedMemory()
    given = Collaborators(
        make_bench=partial(_make_bench, memory),
        open_history=_open_history,
        describe=_describe,
        demo=_demo_contenders,
        export_sessions=_export_sessions,
        render_sessions=_render_sessions,
        first_page=_first_page,
        make_fidelity_bench=partial(_make_fidelity_bench, memory),
        make_divergence_bench=partial(_make_divergence_bench, memory),
        make_speed_bench=partial(_make_speed_bench, memory),
        environment=_environment,
        make_shelf=make_shelf,
        hub=hub_places(),
        salvage=_salvage,
        network_warning=_network_warning,
        settings_file=data_folder() / "window.json",
        version=APP_VERSION,
    )
    return main([sys.argv[0], *arguments], given)


def _make_bench(memory: SharedMemory, recorder: Recorder | None) -> Bench:
    from engine.bench import Bench as RealBench
    from engine.energy.meter import machine_meter
    from models import fit
    from storage.energy_settings import energy_settings_file, load_energy_settings

    settings = partial(load_energy_settings, energy_settings_file())
    meter = machine_meter(settings=settings)
    return RealBench(fit=fit, recorder=recorder, meter=meter, memory=memory)


def _make_fidelity_bench(memory: SharedMemory) -> FidelityBench:
    from engine.fidelity import FidelityBench as RealBench
    from models import fit

    return RealBench(fit=fit, memory=memory)


def _make_divergence_bench(memory: SharedMemory) -> DivergenceBench:
    from engine.divergence import DivergenceBench as RealBench
    from models import fit

    return RealBench(fit=fit, memory=memory)


def _make_speed_bench(memory: SharedMemory) -> SpeedBench:
    from engine.speed import SpeedBench as RealBench
    from models import fit

    return RealBench(fit=fit, memory=memory)


def _environment() -> Environment:
    from engine.bench import Bench as RealBench
    from models import fit

    listing = RealBench(fit=fit)
    try:
        return listing.environment()
    finally:
        listing.close()


def _open_history() -> History:
    from storage.history import History as RealHistory

    return RealHistory.open(database_path())


def _salvage() -> str:
    from storage.salvage import salvage, salvaged_words

    return salvaged_words(salvage(database_path()))


def _network_warning() -> str | None:
    from storage.network import warn_once

    return warn_once(data_folder())


def _describe(path: Path) -> ModelFile:
    from models.describe import describe
    from models.fingerprint import Fingerprints
    from models.origins import Origins
    from models.provenance import Provenance

    folder = models_folder()
    known = Provenance(Fingerprints(folder / "fingerprints"), Origins(folder / "origins"))
    return known.of(describe(path))


def _demo_contenders(on_progress: Progress) -> tuple[Contender, ...]:
    """The small model as it came, and two cheaper or dearer quantizations of it made on the spot."""
    from models.demo import demo_model_path, demo_quantizations
    from models.describe import describe

    types = ("Q8_0", "Q2_K")
    made = demo_quantizations(
        models_folder(),
        types,
        on_progress=lambda name, fraction: on_progress(
            f"Making the {name} of the small model", (types.index(name) + fraction) / len(types)
        ),
    )
    files = (made[0], describe(demo_model_path()), made[1])
    return tuple(Contender(name=f"SmolLM2 135M {file.quantization}", model=file) for file in files)


def _export_sessions(
    sessions: Sequence[Session], path: Path, omit: Omit, paper: Paper = "a4"
) -> None:
    from storage.export import export_sessions

    export_sessions(sessions, path, omit, paper)


def _first_page(sessions: Sequence[Session], omit: Omit, paper: Paper) -> bytes:
    from storage.export import first_page

    return first_page(sessions, omit, paper)


def _render_sessions(sessions: Sequence[Session], ending: str, omit: Omit) -> bytes:
    from storage.export import render

    return render(sessions, ending, omit)
