"""The file with what the user said of this machine's energy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.energy.calibration import PlugReading
from engine.energy.settings import EnergySettings, PlugCalibration
from engine.errors import StorageError
from storage.energy_settings import load_energy_settings, save_energy_settings

SETTINGS = EnergySettings(
    tdp_watts=65.0,
    plug=PlugCalibration(
        idle=PlugReading(plug_watts=30.0, parts_watts=10.0),
        load=PlugReading(plug_watts=90.0, parts_watts=64.0),
        parts=("processor package-0 by powercap",),
        made=datetime(2026, 3, 1, tzinfo=UTC),
    ),
)


def test_what_was_said_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "energy.json"
    save_energy_settings(path, SETTINGS)
    assert load_energy_settings(path) == SETTINGS


def test_without_a_file_nothing_was_said(tmp_path: Path) -> None:
    assert load_energy_settings(tmp_path / "none.json") == EnergySettings()


@pytest.mark.parametrize(
    "text", ["{", '{"tdp_watts": "many"}', '{"tdp_watts": -3}', "\udcff", '{"plug": {}}']
)
def test_a_file_that_cannot_be_is_named_with_the_reason(tmp_path: Path, text: str) -> None:
    path = tmp_path / "energy.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StorageError, match=r"energy\.json cannot be understood: .* delete it"):
        load_energy_settings(path)
