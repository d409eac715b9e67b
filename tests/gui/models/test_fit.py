"""Verdicts on what fits, and how they move with the settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.contract import DeviceInfo
from gui.models.fit_settings import FitSettings
from gui.models.library_columns import Column
from gui.models.library_model import LibraryRole
from tests.gui.fake_shelf import model_bytes
from tests.gui.models.opened import Opened


def test_the_verdict_stands_in_the_row_and_in_the_details(opened: Opened) -> None:
    opened.wait_for_verdicts()
    assert opened.rows(Column.FIT) == ["in memory"] * 3
    opened.choose("wide.F16")
    assert opened.page.details.fit.badge.text() == "in memory"
    assert opened.page.details.fit.sentence.text() == "Fits in memory."


@pytest.mark.parametrize(
    "change",
    [
        lambda settings: settings.flash_attention.set_choice("off"),
        lambda settings: settings.n_ubatch.setValue(64),
        lambda settings: settings.n_batch.setValue(64),
        lambda settings: settings.cache.set_choice("q8_0"),
    ],
    ids=["flash attention", "tokens at once", "batch", "cache type"],
)
def test_the_need_moves_with_each_setting(
    opened: Opened, change: Callable[[FitSettings], None]
) -> None:
    opened.wait_for_verdicts()
    opened.choose("alpha.F16")

    def total() -> int:
        found = opened.model.library.fit(opened.model.selection[0])
        return 0 if found is None or isinstance(found, str) else found.need.whole.total_bytes

    before = total()
    opened.page.settings.more.click()
    change(opened.page.settings)
    opened.qtbot.waitUntil(lambda: total() != before)


def test_the_verdict_moves_with_the_settings(opened: Opened) -> None:
    opened.wait_for_verdicts()
    opened.choose("alpha.F16")
    before = opened.model.library.fit(opened.model.selection[0])
    opened.page.settings.n_ctx.setValue(8192)

    def moved() -> bool:
        now = opened.model.library.fit(opened.model.selection[0])
        return not isinstance(now, str | None) and now.need.n_ctx == 8192

    opened.qtbot.waitUntil(moved)
    now = opened.model.library.fit(opened.model.selection[0])
    assert before is not None
    assert not isinstance(before, str)
    assert now is not None
    assert not isinstance(now, str)
    assert now.need.whole.kv_bytes == 2 * before.need.whole.kv_bytes


def test_a_gpu_is_counted_where_there_is_one(open_models: Callable[..., Opened]) -> None:
    gpu = DeviceInfo(
        name="CUDA0", description="A card", kind="gpu", backend="CUDA", free_bytes=8 << 30
    )
    opened = open_models({"alpha.F16.gguf": model_bytes()}, (gpu,))
    opened.wait_for("alpha.F16")
    opened.qtbot.waitUntil(lambda: opened.rows(Column.FIT) == ["on the GPU"])
    assert "A card, 8.6 GB free" in opened.page.machine.text()


def test_a_model_that_is_too_large_says_by_how_much(
    open_models: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.machine.available_memory", lambda: 1 << 29)
    opened = open_models({"alpha.F16.gguf": model_bytes()})
    opened.wait_for("alpha.F16")
    opened.wait_for_verdicts()
    assert opened.rows(Column.FIT)[0].startswith("too large by ")
    assert opened.table.model().index(0, Column.FIT).data(LibraryRole.MOOD) == "error"
