"""Windows' energy meters, on devices that answer with the bytes of emi.h."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.energy.emi import (
    GET_MEASUREMENT,
    GET_METADATA,
    GET_METADATA_SIZE,
    GET_VERSION,
    channel_names,
    find_emi,
)

PICOWATT_HOURS_PER_JOULE = 1 / 3.6e-9


def metadata_v2(names: list[str]) -> bytes:
    """EMI_METADATA_V2: maker, model, revision, number of channels, then the channels."""
    head = "GenuineIntel".ljust(16, "\0").encode("utf-16-le")
    head += "Family 6".ljust(16, "\0").encode("utf-16-le")
    head += struct.pack("<HH", 1, len(names))
    for name in names:
        text = f"{name}\0".encode("utf-16-le")
        head += struct.pack("<LH", 0, len(text)) + text
    return head


def metadata_v1(name: str) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    return b"\0" * 68 + struct.pack("<HH", 1, len(text)) + text


class FakeDevice:
    def __init__(self, path: str, joules: dict[str, float], *, version: int = 2) -> None:
        self.path = path
        self.joules = joules
        self.version = version
        self.gone = False
        self.closed = False

    def ask(self, request: int, size_bytes: int) -> bytes:
        if self.gone:
            raise OSError(21, "The device is not ready", self.path)
        names = list(self.joules)
        metadata = metadata_v2(names) if self.version == 2 else metadata_v1(names[0])
        measurement = b"".join(
            struct.pack("<QQ", int(each * PICOWATT_HOURS_PER_JOULE), 10_000_000)
            for each in self.joules.values()
        )
        answers = {
            GET_VERSION: struct.pack("<H", self.version),
            GET_METADATA_SIZE: struct.pack("<L", len(metadata)),
            GET_METADATA: metadata,
            GET_MEASUREMENT: measurement,
        }
        return answers[request][:size_bytes]

    def close(self) -> None:
        self.closed = True


def package() -> dict[str, float]:
    return {
        "RAPL_Package0_PKG": 1000.0,
        "RAPL_Package0_PP0": 800.0,
        "RAPL_Package0_PP1": 50.0,
        "RAPL_Package0_DRAM": 90.0,
    }


def test_the_package_and_its_memory_count_and_nothing_inside_them() -> None:
    reader, status = find_emi([FakeDevice("a", package())])
    assert reader is not None
    assert sum(reader.read().values()) == pytest.approx(1090, rel=1e-6)
    assert {zone.covers for zone in reader.zones} == {"cpu", "memory"}
    assert status.usable


def test_a_device_for_each_core_adds_nothing() -> None:
    """Choosing within each device gave 265 W for 154 W (mlco2/codecarbon#1263)."""
    cores = [
        FakeDevice(f"core{index}", {f"RAPL_Package0_Core{index}_CORE": 100.0 + index})
        for index in range(8)
    ]
    reader, _ = find_emi([FakeDevice("package", {"RAPL_Package0_PKG": 1000.0}), *cores])
    assert reader is not None
    assert sum(reader.read().values()) == pytest.approx(1000, rel=1e-6)


def test_dies_that_mirror_one_counter_count_once() -> None:
    dies = [FakeDevice(f"d{die}", {f"RAPL_Package{die}_PKG": 5e6}) for die in range(2)]
    reader, _ = find_emi(dies)
    assert reader is not None
    assert len(reader.zones) == 1


def test_a_meter_of_something_else_is_no_processor() -> None:
    device = FakeDevice("surface", {"BATTERY_DISCHARGE": 12.0}, version=1)
    reader, status = find_emi([device])
    assert reader is None
    assert "processor" in (status.reason or "")
    assert device.closed


def test_no_meter_at_all_names_what_it_takes() -> None:
    _, status = find_emi([])
    assert "Windows 11" in (status.reason or "")


def test_a_meter_that_vanishes_is_left_out_of_the_read() -> None:
    device = FakeDevice("a", package())
    reader, _ = find_emi([device])
    assert reader is not None
    device.gone = True
    assert reader.read() == {}


def test_a_meter_that_cannot_be_asked_does_not_hide_the_others() -> None:
    broken = FakeDevice("broken", package())
    broken.gone = True
    reader, _ = find_emi([broken, FakeDevice("a", package())])
    assert reader is not None


def test_the_first_version_of_the_interface_has_one_channel() -> None:
    assert channel_names(1, metadata_v1("CPU")) == ["CPU"]


@given(raw=st.binary(max_size=300), version=st.integers(0, 3))
def test_any_description_gives_names_or_a_reason(raw: bytes, version: int) -> None:
    names: list[str] | str
    try:
        names = channel_names(version, raw)
    except ValueError as error:
        names = str(error)
    assert all(isinstance(name, str) for name in names)
