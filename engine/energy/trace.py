"""The energy curve of one zone: samples go in, the joules of any stretch come out, or why not.

A stretch between two samples holds joules, or is void for a reason. A window that touches a void
one has no figure: an invented zero, or a whole wrap of the counter, would be worse than none.
Because all windows read one curve, their energies add up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from statistics import median

import msgspec

from engine.energy.zones import Zone

KEPT_S = 3600.0
POWER_GAP_S = 2.0
"""Power between two samples further apart than this is a guess."""


class Void(msgspec.Struct, frozen=True):
    """No figure, and the reason in words that follow the zone's name."""

    reason: str


class Trace:
    """Samples of one zone, oldest dropped after an hour; not safe for two threads at once."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.step_s = zone.step_s
        self._times: list[float] = []
        self._joules: list[float] = []
        self._void: list[str | None] = []
        self._last: float | None = None
        self._first_s = 0.0
        self._moved_s = 0.0
        self._ever_moved = False
        self._pending: str | None = None

    def add(self, time_s: float, value: float | None) -> None:
        """Take a sample; None is a failed read, which voids what lies on both sides of it."""
        if self._times and time_s <= self._times[-1]:
            return
        if value is None:
            self._pending = "could not be read during the window"
            return
        if self._last is None:
            self._append(time_s, 0.0, None)
            self._first_s = self._moved_s = time_s
        else:
            joules, fault = self._advance(time_s, value)
            self._append(time_s, joules, self._pending or fault)
            self._watch_for_a_stop(time_s, value)
        self._last = value
        self._pending = None
        self._trim(time_s)

    def break_off(self, reason: str) -> None:
        """Void the stretch from the last sample to the next one."""
        self._pending = self._pending or reason

    @property
    def dead(self) -> bool:
        """A counter that has never moved while it was watched: it is there, but tells nothing."""
        if self.zone.kind == "power" or self._ever_moved or not self._times:
            return False
        return self._times[-1] - self._first_s >= self._slack_s()

    def joules(self, begin_s: float, end_s: float) -> float | Void:
        """The energy between two moments, read off the curve."""
        if not self._times or begin_s < self._times[0]:
            return Void("was not sampled yet when the window began")
        if end_s > self._times[-1]:
            return Void(self._pending or "was not sampled to the end of the window")
        first = max(bisect_right(self._times, begin_s), 1)
        last = max(bisect_left(self._times, end_s), first)
        for reason in self._void[first : last + 1]:
            if reason is not None:
                return Void(reason)
        return max(0.0, self._at(end_s) - self._at(begin_s))

    def mean_watts(self, begin_s: float, end_s: float) -> float | Void:
        """From the first to the last sample between two moments."""
        first = bisect_left(self._times, begin_s)
        last = bisect_right(self._times, end_s) - 1
        if last <= first:
            return Void("could not be read")
        first_s, last_s = self._times[first], self._times[last]
        joules = self.joules(first_s, last_s)
        return joules if isinstance(joules, Void) else joules / (last_s - first_s)

    def watts(self, begin_s: float, end_s: float) -> float | Void:
        """The median power between two moments, over pieces long enough for the sensor's step."""
        piece_s = max(1.0, 5 * self.step_s)
        found = (
            self.joules(begin_s + index * piece_s, begin_s + (index + 1) * piece_s)
            for index in range(int((end_s - begin_s) / piece_s))
        )
        powers = [joules / piece_s for joules in found if not isinstance(joules, Void)]
        if not powers:
            return Void("has no sample in that stretch")
        return median(powers)

    def _advance(self, time_s: float, value: float) -> tuple[float, str | None]:
        assert self._last is not None
        elapsed_s = time_s - self._times[-1]
        if self.zone.kind == "power":
            if elapsed_s > POWER_GAP_S:
                return 0.0, f"was not sampled for {elapsed_s:.1f} s"
            return (self._last + value) / 2 * elapsed_s, None
        joules = value - self._last
        modulus = self.zone.modulus_joules
        if modulus is not None:
            if elapsed_s * self.zone.ceiling_watts > modulus:
                return 0.0, f"was not read for {elapsed_s:.0f} s and may have wrapped unseen"
            joules %= modulus
        if joules < 0 or joules > self.zone.ceiling_watts * (elapsed_s + self._slack_s()):
            return 0.0, "jumped, as a counter does that was reset"
        return joules, None

    def _slack_s(self) -> float:
        """A counter that moves in steps may show a whole step between two close reads."""
        return max(1.0, 10 * self.step_s)

    def _watch_for_a_stop(self, time_s: float, value: float) -> None:
        """A counter that stands still while the machine runs has stopped: so did Apple's, at 0."""
        if self.zone.kind == "power":
            return
        stood_until_s = self._times[-2] if value != self._last else time_s
        if stood_until_s - self._moved_s >= self._slack_s():
            since = bisect_right(self._times, self._moved_s)
            for index in range(since, len(self._times)):
                self._void[index] = self._void[index] or "stopped moving during the window"
        if value != self._last:
            self._moved_s = time_s
            self._ever_moved = True

    def _append(self, time_s: float, joules: float, fault: str | None) -> None:
        so_far = self._joules[-1] if self._joules else 0.0
        self._times.append(time_s)
        self._joules.append(so_far + (0.0 if fault else joules))
        self._void.append(fault)

    def _at(self, time_s: float) -> float:
        right = bisect_left(self._times, time_s)
        if self._times[right] == time_s:
            return self._joules[right]
        left = right - 1
        share = (time_s - self._times[left]) / (self._times[right] - self._times[left])
        return self._joules[left] + share * (self._joules[right] - self._joules[left])

    def _trim(self, time_s: float) -> None:
        if self._times[0] > time_s - 2 * KEPT_S:
            return
        cut = bisect_left(self._times, time_s - KEPT_S)
        del self._times[:cut], self._joules[:cut], self._void[:cut]
