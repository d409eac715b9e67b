from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from storage import network
from storage.network import network_warning


@pytest.fixture
def _mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = [
        SimpleNamespace(mountpoint="/", fstype="ext4", opts="rw"),
        SimpleNamespace(mountpoint="/home", fstype="nfs4", opts="rw,vers=4"),
        SimpleNamespace(mountpoint="/home/local", fstype="ext4", opts="rw"),
        SimpleNamespace(mountpoint="/drive", fstype="NTFS", opts="rw,remote"),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)  # noqa: A006


@pytest.mark.usefixtures("_mounts")
@pytest.mark.parametrize("folder", ["/home/me/data", "/drive/x"])
def test_a_network_folder_is_warned_of(folder: str) -> None:
    assert "network drive" in (network_warning(Path(folder)) or "")


@pytest.mark.usefixtures("_mounts")
@pytest.mark.parametrize("folder", ["/home/local/me", "/var/lib", "/homework"])
def test_a_local_folder_is_not(folder: str) -> None:
    assert network_warning(Path(folder)) is None


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert network_warning(tmp_path) is None


def test_a_network_folder_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "network_warning", lambda folder: f"{folder} is far away.")
    assert network.warn_once(tmp_path) == f"{tmp_path} is far away."
    assert network.warn_once(tmp_path) is None


def test_a_folder_of_this_machine_leaves_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "network_warning", lambda folder: None)
    assert network.warn_once(tmp_path) is None
    assert not list(tmp_path.iterdir())
