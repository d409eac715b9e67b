"""How many cases a verdict needs, and what even a spotless comparison leaves open."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
POWER: Final = 0.80

_NORMAL = NormalDist()


def cases_needed(
    flip_rate: float,
    margin: float,
    *,
    true_difference: float = 0.0,
    design_effect: float = 1.0,
    confidence: float = CONFIDENCE,
) -> int | None:
    """The cases at which non-inferiority would be shown with 80 % power; None when it never would.

    (z_confidence + z_power)² · (flip rate − difference²) / (margin + difference)², and never fewer
    than a comparison without any flip needs.
    """
    room = margin + true_difference
    if room <= 0:
        return None
    z = _NORMAL.inv_cdf(confidence) + _NORMAL.inv_cdf(POWER)
    variance = max(0.0, flip_rate - true_difference**2) * design_effect
    return max(round(z * z * variance / room**2), cases_without_flips(margin, confidence))


def cases_without_flips(margin: float, confidence: float = CONFIDENCE) -> int:
    """The cases at which not one flip keeps the possible loss below the margin."""
    z = _NORMAL.inv_cdf(confidence)
    return int(z * z * (1 - margin) / margin) + 1


def loss_left_open(n: int, confidence: float = CONFIDENCE) -> float:
    """The loss that n cases without any flip cannot rule out: z² / (n + z²), Tango's bound
    there."""
    z = _NORMAL.inv_cdf(confidence)
    return z * z / (n + z * z)
