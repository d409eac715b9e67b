"""The real shelf: the user's folders, this machine's devices and memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract import DeviceInfo
from gui.models.shelf import Shelf
from storage.folders import data_folder, models_folder

if TYPE_CHECKING:
    from models.fit import Bandwidth


def make_shelf() -> Shelf:
    """Nothing is read or started yet."""
    from models.fingerprint import Fingerprints
    from models.library import Library, app_roots
    from models.origins import Origins
    from models.quantize import Quantizer

    own = models_folder()
    fingerprints, origins = Fingerprints(own / "fingerprints"), Origins(own / "origins")
    others = app_roots(Path.home(), os.environ, sys.platform)
    library = Library(own, others, data_folder(), fingerprints, origins)
    return Shelf(library, Quantizer(fingerprints, origins), own, _devices, _bandwidth)


def _devices() -> tuple[DeviceInfo, ...]:
    from engine.bench import Bench
    from models import fit

    bench = Bench(fit=fit)
    try:
        return bench.environment().devices
    finally:
        bench.close()


def _bandwidth() -> Bandwidth:
    import psutil

    from models.fit import Bandwidth, measure_bandwidth

    return Bandwidth(host=measure_bandwidth(psutil.cpu_count(logical=False) or 1))
