"""Keeps what the user said of this machine's energy, in a file that a person can read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.energy.settings import EnergySettings
from engine.errors import AssumptionError, StorageError
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
    from storage.files import write_whole  # brings SQLAlchemy, which a start must not wait for

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StorageError(f"The folder {path.parent} cannot be made: {fault.strerror}.") from fault
    write_whole(path, msgspec.json.format(msgspec.json.encode(settings)))
