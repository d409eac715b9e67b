"""Whether a model fits this machine, and how fast it will be there."""

from models.fit.bandwidth import measure_bandwidth
from models.fit.memory import (
    Need,
    Place,
    Profile,
    estimate_offload,
    layers_that_fit,
    memory_need,
    need_of,
    profile_of,
)
from models.fit.speed import Bandwidth, Speed, estimate_speed, reached_part
from models.fit.verdict import Fit, Machine, judge, parameters_that_fit
from models.fit.weights import active_parameters

__all__ = [
    "Bandwidth",
    "Fit",
    "Machine",
    "Need",
    "Place",
    "Profile",
    "Speed",
    "active_parameters",
    "estimate_offload",
    "estimate_speed",
    "judge",
    "layers_that_fit",
    "measure_bandwidth",
    "memory_need",
    "need_of",
    "parameters_that_fit",
    "profile_of",
    "reached_part",
]
