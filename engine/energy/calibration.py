"""From the components to the plug: what a plug meter, read twice, says of the rest of the machine.

  W_plug = P_parts / η + P_rest

Two readings, idle and under load, fix the efficiency η of the power supply and the watts P_rest of the
board, disks, fans and screen. Where the parts are only estimated, η also takes up what the estimate
errs by, so it may be any.
"""

from __future__ import annotations

import msgspec

from engine.errors import AssumptionError

LEAST_EFFICIENCY, MOST_EFFICIENCY = 0.5, 1.0
TYPICAL_EFFICIENCY = 0.9
LEAST_SPAN_WATTS = 5.0


class PlugReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the plug meter showed while the components drew `parts_watts`."""

    plug_watts: float
    parts_watts: float


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Turns joules of the components into joules at the plug."""

    efficiency: float = TYPICAL_EFFICIENCY
    rest_watts: float = 0.0

    def wall_joules(self, parts_joules: float, seconds: float) -> float:
        return parts_joules / self.efficiency + self.rest_watts * seconds


def calibrate(idle: PlugReading, load: PlugReading, *, estimated: bool = False) -> Calibration:
    """Solve for both unknowns; raises AssumptionError where the readings cannot both be right.

    estimated: the parts' watts are no sensor's.
    """
    parts_span = load.parts_watts - idle.parts_watts
    plug_span = load.plug_watts - idle.plug_watts
    if parts_span < LEAST_SPAN_WATTS:
        raise AssumptionError(
            f"The two readings lie only {parts_span:.1f} W apart at the sensors. Take the second one "
            "while a model generates."
        )
    if plug_span <= 0:
        raise AssumptionError(
            "The plug meter shows no more under load than idle. Check which reading is which."
        )
    efficiency = parts_span / plug_span
    rest_watts = idle.plug_watts - idle.parts_watts / efficiency
    if estimated:
        return Calibration(efficiency=efficiency, rest_watts=rest_watts)
    if not LEAST_EFFICIENCY <= efficiency <= MOST_EFFICIENCY:
        raise AssumptionError(
            f"The readings mean a power supply that passes on {efficiency:.0%} of what it takes; "
            f"{LEAST_EFFICIENCY:.0%} to {MOST_EFFICIENCY:.0%} is possible. Read both again, each after "
            "ten steady seconds."
        )
    if rest_watts < 0:
        raise AssumptionError(
            "The readings leave less than nothing for the rest of the machine. Read both again, each "
            "after ten steady seconds."
        )
    return Calibration(efficiency=efficiency, rest_watts=rest_watts)
