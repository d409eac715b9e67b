"""Windows on the Models page, over files that are written for the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract import DeviceInfo
from tests.gui.fake_shelf import FakeQuantizer, model_bytes, shelf_in
from tests.gui.fakes import Fakes
from tests.gui.models.opened import OpenDesk, Opened


@pytest.fixture
def quantizer() -> FakeQuantizer:
    return FakeQuantizer()


@pytest.fixture
def open_models(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path, quantizer: FakeQuantizer
) -> Callable[..., Opened]:
    """Opens the page over these files, by name."""

    def open_page(files: dict[str, bytes], devices: tuple[DeviceInfo, ...] = ()) -> Opened:
        own = tmp_path / "own"
        own.mkdir()
        for name, content in files.items():
            (own / name).write_bytes(content)
        fakes = Fakes(tmp_path)
        fakes.given = replace(
            fakes.given, make_shelf=lambda: shelf_in(tmp_path, quantizer, devices)
        )
        desk = open_desk(fakes)
        places = [page.picture for page in desk.window.pages]
        desk.window.show_page(places.index("models"))
        return Opened(qtbot, desk, own)

    return open_page


@pytest.fixture
def opened(open_models: Callable[..., Opened]) -> Opened:
    made = open_models(
        {
            "alpha.F16.gguf": model_bytes(),
            "beta.F16.gguf": model_bytes(name="Beta", template=False),
            "wide.F16.gguf": model_bytes(width=64),
        }
    )
    made.wait_for("alpha.F16", "beta.F16", "wide.F16")
    return made
