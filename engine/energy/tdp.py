"""The estimate where no sensor is: from the processor's design power and how many cores are busy.

  P = P_idle + (P_max − P_idle) · min(1, busy threads / physical cores)

with P_idle = 0.2 and P_max = 1.0 of the thermal design power, the middles of what is seen (0.1 to 0.3
and 0.7 to 1.3). Everything of it is uncertain, so a figure is a range from half to double and has two
digits. It covers the processor alone, never the memory, a GPU or the rest of the machine.
"""

from __future__ import annotations

import re

import msgspec

from engine.contract import EstimateBasis
from engine.energy.processor import Processor

SOURCE = "TDP estimate"
IDLE_SHARE = 0.2
MAX_SHARE = 1.0
FACTOR = 2.0
CORE_LIMIT_WATTS = 15.0
SERVER_CORE_WATTS = 5.0

PER_CORE: tuple[tuple[str, float], ...] = (
    (r"EPYC", 5.0),  # 9654: 360 W / 96, 7543: 225 W / 32, 9354: 280 W / 32
    (r"Xeon", 7.0),  # 8592+: 350 W / 64, 8380: 270 W / 40, E5-2680 v4: 120 W / 14
    (r"Neoverse|Ampere|Graviton|Altra", 2.5),  # Altra Q80: 250 W / 128 and 210 W / 80
    (r"Cortex|Raspberry", 1.5),
)
"""Watts for each physical core, from the vendors' published design powers."""

PER_PACKAGE: tuple[tuple[str, float], ...] = (
    (r"Apple M\d+ Ultra", 90.0),
    (r"Apple M\d+ Max", 45.0),
    (r"Apple M\d+ Pro", 30.0),
    (r"Apple M\d+", 20.0),
    (r"Threadripper", 280.0),
    (r"Ryzen AI", 28.0),
    (r"Ryzen.* \d{4}\w*(HX|HX3D)\b", 55.0),
    (r"Ryzen.* \d{4}HS\b", 35.0),
    (r"Ryzen.* \d{4}H\b", 45.0),
    (r"Ryzen.* \d{4}U\b", 20.0),
    (r"Ryzen.* \d{4}GE\b", 35.0),
    (r"Ryzen.* \d{4}(X|XT|X3D)\b", 120.0),
    (r"Ryzen.* \d{4}", 65.0),
    (r"Core.* (i\d-)?\d{3,5}HX\b", 55.0),
    (r"Core.* (i\d-)?\d{3,5}(H|HK|HQ|HS)\b", 45.0),
    (r"Core.* (i\d-)?\d{3,5}P\b", 28.0),
    (r"Core.* (i\d-)?\d{3,5}(U|G\d)\b", 15.0),
    (r"Core.* (i\d-)?\d{3,5}V\b", 17.0),
    (r"Core.* (i\d-)?\d{3,5}Y\b", 7.0),
    (r"Core.* (i\d-)?\d{3,5}T\b", 35.0),
    (r"Core.* (i\d-)?\d{3,5}(K|KF|KS|X|XE)\b", 125.0),
    (r"Core.* (i\d-)?\d{3,5}", 65.0),
    (r"Intel.* N\d{2,3}\b", 10.0),
    (r"Celeron|Pentium|Atom", 15.0),
)
"""Watts of the whole processor by what the letters after its number say."""


class DesignPower(msgspec.Struct, frozen=True, kw_only=True):
    """watts belong to `physical_cores`; basis says in words where they come from."""

    watts: float
    physical_cores: int
    basis: str


def design_power(
    processor: Processor, *, given_watts: float | None = None, limit_watts: float | None = None
) -> DesignPower | str:
    """The design power, or why none can be named.

    given_watts: the user's word. limit_watts: what the firmware set; boards that set it "unlimited"
    are not believed where the name says otherwise.
    """
    cores = processor.physical_cores
    if not cores:
        return "The system does not say how many cores the processor has."
    if given_watts is not None:
        return DesignPower(
            watts=given_watts,
            physical_cores=cores,
            basis=f"{given_watts:.0f} W, as entered in the settings",
        )
    name = re.sub(r"\((R|TM|C)\)", "", processor.name or "", flags=re.IGNORECASE).strip()
    by_name = _watts_by_name(name, cores, processor.virtual)
    believed = limit_watts is not None and (by_name is None or 0.4 <= limit_watts / by_name <= 2.0)
    if limit_watts is not None and believed and not processor.virtual:
        return DesignPower(
            watts=limit_watts,
            physical_cores=cores,
            basis=f"{limit_watts:.0f} W, the limit its firmware set",
        )
    if by_name is None:
        return (
            f"The processor “{name or 'without a name'}” is not known, so not even an estimate "
            "makes sense. Enter its design power (TDP) in the settings."
        )
    place = f"{cores} cores of a virtual machine" if processor.virtual else f"{cores} cores"
    return DesignPower(
        watts=by_name,
        physical_cores=cores,
        basis=f"{two_digits(by_name):g} W for {place} ({name or 'unnamed processor'})",
    )


def estimated_joules(basis: EstimateBasis) -> float:
    return basis.seconds * IDLE_SHARE * basis.tdp_watts + estimated_above_idle_joules(basis)


def estimated_above_idle_joules(basis: EstimateBasis) -> float:
    span_watts = (MAX_SHARE - IDLE_SHARE) * basis.tdp_watts
    # A foreign document may say that there were no cores.
    return span_watts * basis.core_seconds / max(1, basis.physical_cores)


def two_digits(figure: float) -> float:
    """Rounded to two significant digits: an estimate that shows more would lie."""
    return float(f"{figure:.1e}")


def _watts_by_name(name: str, cores: int, virtual: bool) -> float | None:
    for pattern, watts in PER_CORE:
        if re.search(pattern, name, re.IGNORECASE):
            return watts * cores
    for pattern, watts in PER_PACKAGE:
        if re.search(pattern, name, re.IGNORECASE):
            return min(watts, CORE_LIMIT_WATTS * cores) if virtual else watts
    return SERVER_CORE_WATTS * cores if virtual else None
