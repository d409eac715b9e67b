"""Keeps what the user said of this machine's energy, in a file that a person can read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.energy.settings import EnergySettings
from engine.errors import AssumptionError, StorageError
from storage.files import write_settings
from storage.folders import data_folder


def energy_file(folder: Path) -> Path:
    return folder / "energy.json"


def energy_settings_file() -> Path:
    return energy_file(data_folder())


def load_energy_settings(path: Path) -> EnergySettings:
    """The defaults where there is no file; raises StorageError where it cannot be understood."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=EnergySettings).checked()
    except FileNotFoundError:
        return EnergySettings()
    except OSError as fault:
        raise StorageError(f"{path} cannot be read: {fault.strerror}.") from fault
    except (msgspec.MsgspecError, UnicodeDecodeError, AssumptionError) as fault:
        raise StorageError(
            f"{path} cannot be understood: {str(fault).rstrip('.')}. Correct it or delete it."
        ) from fault


def save_energy_settings(path: Path, settings: EnergySettings) -> None:
    """Write the file whole or not at all; raises StorageError."""
    write_settings(path, settings)
