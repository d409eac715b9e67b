"""Speeds that were measured stand in the place of estimates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gui.models.library_columns import Column
from storage.uses import Use
from tests.gui.fake_shelf import model_bytes
from tests.gui.models.opened import OpenModels


def used(path: Path, *, layers: int = 0) -> Use:
    return Use(
        path=str(path),
        sha256=None,
        last_used=datetime.now(UTC),
        generation_tokens_per_s=23.4,
        n_replies=3,
        offloaded_layers=layers,
    )


def test_last_use_and_measured_speed_stand_in_the_table_and_the_details(
    open_models: OpenModels,
) -> None:
    opened = open_models({"a.gguf": model_bytes(), "b.gguf": model_bytes(name="B")})
    opened.wait_for("a", "b")
    opened.desk.models.use(Recorded(used(opened.own / "a.gguf")))
    opened.qtbot.waitUntil(lambda: opened.rows(Column.SPEED) == ["23.4 tok/s", ""])
    assert opened.rows(Column.USED)[0].startswith("today ")
    opened.choose("a")
    opened.wait_for_verdicts()
    opened.qtbot.waitUntil(lambda: "23.4 tok/s, measured here (3 replies)" in opened.details())
    assert "23.4 tok/s, median of 3 replies" in opened.details()
    assert not any("Expected" in text for text in opened.details())
    opened.choose("b")
    opened.qtbot.waitUntil(lambda: "Expected speed" in opened.details())


def test_a_speed_measured_on_the_gpu_does_not_replace_the_estimate_without(
    open_models: OpenModels,
) -> None:
    opened = open_models({"a.gguf": model_bytes()})
    opened.wait_for("a")
    opened.desk.models.use(Recorded(used(opened.own / "a.gguf", layers=3)))
    opened.qtbot.waitUntil(lambda: opened.rows(Column.SPEED) == ["23.4 tok/s"])
    opened.wait_for_verdicts()
    opened.qtbot.waitUntil(lambda: "Expected speed" in opened.details())
    assert "23.4 tok/s, median of 3 replies, 3 layers on the GPU" in opened.details()


@dataclass(frozen=True)
class Recorded:
    use: Use

    def uses(self, machine: str) -> tuple[Use, ...]:
        assert machine
        return (self.use,)
