"""Whether a model fits this machine, and how fast it will be there."""

from models.fit.memory import (
    Need,
    Place,
    estimate_offload,
    layers_that_fit,
    memory_need,
    need_of,
)

__all__ = [
    "Need",
    "Place",
    "estimate_offload",
    "layers_that_fit",
    "memory_need",
    "need_of",
]
