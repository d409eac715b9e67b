"""Finding stop strings in text that arrives in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class StopFinder:
    """Passes text on up to the stop string that is complete first.

    Text that may be the beginning of a stop string is held back until it is clear whether it is one. Of two
    that are complete at the same letter the longer wins. How the text was cut makes no difference.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self._stopped = False

    def feed(self, text: str) -> tuple[str, bool]:
        """What can be passed on now, and whether a stop string is complete; it and the rest are dropped."""
        if self._stopped:
            return "", True
        if not self._stops:
            return text, False
        text = self._held + text
        if (start := self._first_stop(text)) is not None:
            self._held = ""
            self._stopped = True
            return text[:start], True
        kept = possible_start(text, self._stops)
        self._held = text[kept:]
        return text[:kept], False

    def finish(self) -> str:
        """What was held back, now that no more text comes."""
        held, self._held = self._held, ""
        return held

    def _first_stop(self, text: str) -> int | None:
        found = [
            (start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0
        ]
        return min(found)[1] if found else None


def possible_start(text: str, wanted: Iterable[str]) -> int:
    """Where the longest suffix of a text begins that one of the wanted strings begins with."""
    end = len(text)
    earliest = end
    for each in wanted:
        start = text.find(each[0], max(end - len(each) + 1, 0), earliest)
        while start >= 0:
            if each.startswith(text[start:]):
                earliest = start
                break
            start = text.find(each[0], start + 1, earliest)
    return earliest
