"""What a person said where no reply was the best, in words."""

from __future__ import annotations

from typing import Final

from engine.contract import NoBest

NO_BEST_WORDS: Final[dict[NoBest | None, str]] = {
    "tie": "all were equally good",
    "all_bad": "none was good",
    None: "none was better",
}
