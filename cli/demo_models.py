"""The demo's contenders: the bundled small model, and other quantizations that are made from it here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.wording import percent
from engine.contract import Contender, Runtime
from engine.naming import unique_names
from models.demo import demo_model_path, demo_quantizations
from models.describe import describe

MADE: Final = ("Q2_K", "Q8_0")
Tell = Callable[[str], None]


def demo_contenders(
    folder: Path, runtime: Runtime, tell: Tell, stopping: threading.Event
) -> tuple[Contender, ...]:
    """Smallest first; what was made before is used again. Raises Stopped, SteelyardError."""
    bundled = describe(demo_model_path())
    made = demo_quantizations(
        folder,
        MADE,
        on_progress=lambda name, fraction: tell(f"Making {name}: {percent(fraction)}"),
        cancelled=stopping.is_set,
    )
    models = sorted((bundled, *made), key=lambda model: model.size_bytes)
    return tuple(
        Contender(name=name, model=model, runtime=runtime)
        for name, model in zip(unique_names(models), models, strict=True)
    )
