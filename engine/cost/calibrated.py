"""Whether this machine's plug meter holds for a session: of this processor, measured by these sensors."""

from __future__ import annotations

from engine.contract import Energy, Session
from engine.energy.calibration import Calibration
from engine.energy.settings import EnergySettings
from engine.energy.sources import part_name
from engine.machine import processor_name


def calibration_for(session: Session, settings: EnergySettings) -> Calibration | None:
    """The fit to price the session with; None where it was measured elsewhere or otherwise."""
    plug = settings.plug
    if plug is None or session.environment.cpu != processor_name():
        return None
    found = {_parts(reply.energy) for reply in session.replies} - {()}
    return plug.fit() if found == {tuple(sorted(plug.parts))} else None


def _parts(energy: Energy) -> tuple[str, ...]:
    return tuple(
        sorted(
            part_name(part.name, part.source, part.basis.tdp_watts if part.basis else None)
            for part in energy.parts
            if part.counted
        )
    )
