"""What a speed run is to measure, as the user writes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from engine.contract import Session, SpeedTest

_LARGEST: Final = 1 << 20


class SpeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """prompts, replies and depths as the user writes them: whole numbers with commas between."""

    prompts: str = "512"
    replies: str = "128"
    depths: str = "0"
    repetitions: int = 5

    def why_not(self) -> str:
        """Why there is nothing to measure, in a sentence; empty where there is."""
        written = (sizes(self.prompts), sizes(self.replies), sizes(self.depths))
        if any(each is None for each in written):
            return "Write sizes as whole numbers with commas between, such as 512, 2048."
        return "" if self.tests() else "Give at least one prompt or one reply a size."

    def tests(self) -> tuple[SpeedTest, ...]:
        """At each depth the prompts, then the replies, as llama-bench orders them; without repeats."""
        found = [
            test
            for depth in sizes(self.depths) or (0,)
            for test in (
                *(SpeedTest(n_prompt=n, n_depth=depth) for n in sizes(self.prompts) or () if n),
                *(SpeedTest(n_gen=n, n_depth=depth) for n in sizes(self.replies) or () if n),
            )
        ]
        return tuple(dict.fromkeys(found))


def sizes(text: str) -> tuple[int, ...] | None:
    """The numbers of a list; None where it is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 8 for part in parts):
        return None
    numbers = tuple(int(part) for part in parts)
    return numbers if all(number <= _LARGEST for number in numbers) else None


def settings_of(session: Session) -> SpeedSettings | None:
    """Those that measure what a recorded run measured; None where no settings of ours do."""
    tests = session.tests or tuple(dict.fromkeys(each.test for each in session.speeds))
    found = SpeedSettings(
        prompts=_listed(test.n_prompt for test in tests),
        replies=_listed(test.n_gen for test in tests),
        depths=", ".join(str(depth) for depth in dict.fromkeys(test.n_depth for test in tests)),
        repetitions=session.repeats,
    )
    return found if tests and set(found.tests()) == set(tests) else None


def _listed(sizes: Iterable[int]) -> str:
    """Without what a test lacks, since the lists are put together again."""
    return ", ".join(str(size) for size in dict.fromkeys(sizes) if size) or "0"
