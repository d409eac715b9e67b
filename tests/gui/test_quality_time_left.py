from __future__ import annotations

from gui.quality.time_left import TimeLeft


def test_the_time_left_follows_the_pace_since_the_first_step() -> None:
    clock = iter([100.0, 101.0, 110.0, 400.0])
    left = TimeLeft(lambda: next(clock))
    left.start()
    assert left.words(0.1) == ""
    assert left.words(0.2) == ""
    assert left.words(0.3) == "about 35 s left"
    assert left.words(0.4) == "about 10 min left"
