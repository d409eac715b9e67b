"""The real shelf: the user's folders, this machine's devices and memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract import DeviceInfo
from gui.models.hub_desk import HubPlaces
from gui.models.making_workshop import Collect, Workshop
from gui.models.shelf import Shelf
from models.origins import Origins
from storage.folders import data_folder, models_folder

if TYPE_CHECKING:
    from models.fingerprint import Fingerprints
    from models.fit import Bandwidth
    from models.hub.settings import HubSettings
    from models.hub.token import Tokens
    from models.library import Library
    from models.quantize import Quantizer


def make_shelf() -> Shelf:
    """Nothing is read or started yet."""
    workshop = Workshop(models_folder(), _quantizer, _collect)
    return Shelf(models_folder(), _library, workshop, _devices, _bandwidth)


def hub_places() -> HubPlaces:
    return HubPlaces(
        own_folder=models_folder(),
        fingerprints=_fingerprints,
        origins=_origins,
        settings=_settings,
        tokens=_tokens,
    )


def _settings(offline: bool) -> HubSettings:
    from models.hub.settings import hub_settings

    return hub_settings(os.environ, offline=offline)


def _tokens(endpoint: str) -> Tokens:
    from models.hub.token import Tokens

    return Tokens(endpoint)


def _library() -> Library:
    from models.demo import bundled_models
    from models.library import Library, app_roots

    others = app_roots(Path.home(), os.environ, sys.platform)
    return Library(
        models_folder(), others, data_folder(), _fingerprints(), _origins(), bundled_models
    )


def _quantizer() -> Quantizer:
    from models.quantize import Quantizer

    return Quantizer(_fingerprints(), _origins())


def _collect() -> Collect:
    from models.imatrix_making import make_imatrix

    return make_imatrix


def _fingerprints() -> Fingerprints:
    from models.fingerprint import Fingerprints

    return Fingerprints(models_folder() / "fingerprints")


def _origins() -> Origins:
    return Origins(models_folder() / "origins")


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
