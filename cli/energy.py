"""energy: what tells this machine's energy, its design power, and a plug meter's calibration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Final

from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from cli.failures import EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean, clean_line, result_console, words, write_json
from cli.usage import WrongUsage
from engine.energy.calibration import PlugReading
from engine.energy.settings import EnergySettings, PlugCalibration, sensor_root
from engine.energy.sources import find_estimate, sources
from engine.energy.steady import STEADY_S, SteadyPower
from engine.energy.tdp import DesignPower
from engine.energy.wording import plug_text, source_text
from engine.energy.zones import SourceStatus
from engine.errors import AssumptionError
from storage.energy_settings import (
    energy_settings_file,
    load_energy_settings,
    save_energy_settings,
)

Measure = Callable[[Event, Callable[[float], None]], float | None]
_STEP: Final = 0.1


def list_sources(*, as_json: bool) -> int:
    settings = load_energy_settings(energy_settings_file())
    found = sources(sensor_root(), tdp_watts=settings.tdp_watts)
    if as_json:
        write_json(found)
        return 0
    console = result_console()
    for each in found:
        print_source(console, each)
    console.print(words(f"Plug meter: {plug_text(settings.plug)}"))
    return 0


def print_source(console: Console, source: SourceStatus) -> None:
    """Its line, and below it what can be copied to make it usable."""
    console.print(Text(clean_line(source.source), style="bold"), words(source_text(source)))
    if source.remedy:
        print(clean(source.remedy), file=console.file)


def design_power(watts: float | None, *, forget: bool) -> int:
    path = energy_settings_file()
    settings = load_energy_settings(path)
    if watts is not None or forget:
        settings = _checked(replace(settings, tdp_watts=None if forget else watts))
        save_energy_settings(path, settings)
    found = find_estimate(sensor_root(), tdp_watts=settings.tdp_watts)
    print(f"{found.basis}." if isinstance(found, DesignPower) else found)
    return 0


def calibrate(idle: float | None, load: float | None, *, forget: bool) -> int:
    """Both readings, each while the sensors are read; what was known stays if they cannot be right."""
    path = energy_settings_file()
    settings = load_energy_settings(path)
    if forget:
        save_energy_settings(path, replace(settings, plug=None))
        print(plug_text(None))
        return 0
    cancelled = Event()
    with SteadyPower(tdp_watts=settings.tdp_watts) as power, StopOnInterrupt(cancelled.set):
        _say(f"Put the plug meter between machine and wall, and let it rest for {STEADY_S:.0f} s.")
        at_rest = _reading(power.at_rest, cancelled, idle)
        if at_rest is None:
            return EXIT_INTERRUPTED
        _say("Now all processor cores work. Read the plug meter while they do.")
        under_load = _reading(power.under_load, cancelled, load)
        if under_load is None:
            return EXIT_INTERRUPTED
        plug = PlugCalibration(
            idle=at_rest,
            load=under_load,
            parts=power.parts,
            estimated=power.estimated,
            made=datetime.now(UTC),
        )
    save_energy_settings(path, _checked(replace(settings, plug=plug)))
    print(plug_text(plug))
    return 0


def _reading(measure: Measure, cancelled: Event, typed: float | None) -> PlugReading | None:
    shown = -1.0

    def told(fraction: float) -> None:
        nonlocal shown
        if sys.stderr.isatty() and fraction - shown >= _STEP:
            shown = fraction
            print(f"\r{100 * fraction:3.0f} %", end="", file=sys.stderr, flush=True)

    parts_watts = measure(cancelled, told)
    if parts_watts is None:
        return None
    _say(f"\rThe sensors say {parts_watts:.3g} W.")
    plug_watts = _asked() if typed is None else typed
    return PlugReading(plug_watts=plug_watts, parts_watts=parts_watts)


def _asked() -> float:
    print("What did the plug meter show, in watts? ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().replace(",", ".")
    try:
        watts = float(answer)
    except ValueError:
        watts = 0.0
    if not 0 < watts < 1e5:
        raise WrongUsage(f"“{answer}” is no reading in watts. Nothing was changed.")
    return watts


def _checked(settings: EnergySettings) -> EnergySettings:
    try:
        return settings.checked()
    except AssumptionError as error:
        raise WrongUsage(str(error)) from error


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
