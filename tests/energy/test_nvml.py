"""NVIDIA GPUs, on a library that answers and refuses as NVML does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

import pynvml
import pytest

from engine.energy.nvml import POWER_AVERAGE, POWER_INSTANT, find_nvml
from engine.energy.zones import Zone


class Card:
    """One GPU: which calls it supports, and what it draws."""

    def __init__(
        self,
        *,
        counter: bool = True,
        fields: Iterable[tuple[int, int]] = ((POWER_INSTANT, 0), (POWER_AVERAGE, 0)),
        usage: bool = True,
        watts: float = 200.0,
        architecture: int = 8,
    ) -> None:
        self.counter = counter
        self.fields = set(fields)
        self.usage = usage
        self.watts = watts
        self.architecture = architecture
        self.millijoules = 5_000_000_000
        self.pids: list[int] = []
        self.reasons = 0


class FakeNvml:
    """The part of pynvml that is used; refusals are its own error."""

    NVMLError = pynvml.NVMLError
    NVML_SUCCESS = pynvml.NVML_SUCCESS

    def __init__(self, *cards: Card, installed: bool = True) -> None:
        self.cards = cards
        self.installed = installed
        self.open = False

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.installed:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
        self.open = True

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open = False

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:  # noqa: N802
        return self.cards[index]

    def nvmlDeviceGetName(self, card: Card) -> str:  # noqa: N802
        return "NVIDIA Test 4090"

    def nvmlDeviceGetArchitecture(self, card: Card) -> int:  # noqa: N802
        return card.architecture

    def nvmlDeviceGetTotalEnergyConsumption(self, card: Card) -> int:  # noqa: N802
        if not card.counter:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return card.millijoules

    def nvmlDeviceGetPowerUsage(self, card: Card) -> int:  # noqa: N802
        if not card.usage:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return int(card.watts * 1000)

    def nvmlDeviceGetFieldValues(  # noqa: N802
        self, card: Card, wanted: list[tuple[int, int]]
    ) -> list[SimpleNamespace]:
        (field, scope) = wanted[0]
        supported = (field, scope) in card.fields
        code = pynvml.NVML_SUCCESS if supported else pynvml.NVML_ERROR_NOT_SUPPORTED
        value = SimpleNamespace(uiVal=int(card.watts * 1000) if supported else 0)
        return [SimpleNamespace(nvmlReturn=code, value=value)]

    def nvmlDeviceGetComputeRunningProcesses(self, card: Card) -> list[SimpleNamespace]:  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in card.pids]

    def nvmlDeviceGetCurrentClocksEventReasons(self, card: Card) -> int:  # noqa: N802
        return card.reasons


def zones_of(*cards: Card) -> Mapping[str, Zone]:
    reader, _ = find_nvml(FakeNvml(*cards))
    assert reader is not None
    return {zone.key: zone for zone in reader.zones}


def test_a_card_with_a_counter_is_read_in_joules_and_its_power_only_checks() -> None:
    reader, status = find_nvml(FakeNvml(Card()))
    assert reader is not None
    zones = {zone.key: zone for zone in reader.zones}
    assert zones["nvml:0:energy"].counted
    assert not zones["nvml:0:power"].counted
    assert zones["nvml:0:power"].checks == "nvml:0:energy"
    assert reader.read() == {"nvml:0:energy": 5_000_000.0, "nvml:0:power": 200.0}
    assert status.covers == ("GPU 0 (NVIDIA Test 4090)",)


def test_an_older_card_is_sampled_by_its_power_at_the_moment() -> None:
    zones = zones_of(Card(counter=False))
    assert zones["nvml:0:power"].counted
    assert zones["nvml:0:power"].step_s == 0.2
    assert zones["nvml:0:power"].label == "sampled"


def test_only_the_average_power_means_a_step_of_a_second() -> None:
    zones = zones_of(Card(counter=False, fields=[(POWER_AVERAGE, 0)]))
    assert zones["nvml:0:power"].step_s == 1.0


def test_the_module_is_asked_where_the_gpu_scope_is_refused() -> None:
    zones = zones_of(Card(counter=False, fields=[(POWER_INSTANT, 1)]))
    assert zones["nvml:0:power"].step_s == 0.2


@pytest.mark.parametrize(("architecture", "step_s"), [(7, 1.0), (6, 0.2)])
def test_plain_power_is_an_average_from_ampere_on(architecture: int, step_s: float) -> None:
    zones = zones_of(Card(counter=False, fields=(), architecture=architecture))
    assert zones["nvml:0:power"].step_s == step_s


def test_a_card_that_refuses_everything_is_named_and_never_zero() -> None:
    """Elsewhere NotSupported became 0 W (mlco2/codecarbon#295)."""
    library = FakeNvml(Card(counter=False, fields=(), usage=False))
    reader, status = find_nvml(library)
    assert reader is None
    assert not status.usable
    assert "GPU 0" in (status.reason or "")
    assert not library.open


def test_a_power_of_zero_is_a_refusal() -> None:
    reader, _ = find_nvml(FakeNvml(Card(counter=False, watts=0.0)))
    assert reader is None


def test_one_silent_card_among_others_is_named() -> None:
    silent = Card(counter=False, fields=(), usage=False)
    reader, status = find_nvml(FakeNvml(Card(), silent))
    assert reader is not None
    assert {zone.key for zone in reader.zones} == {"nvml:0:energy", "nvml:0:power"}
    assert "GPU 1" in (status.reason or "")


def test_a_card_that_starts_to_refuse_is_left_out_of_the_read() -> None:
    card = Card()
    reader, _ = find_nvml(FakeNvml(card))
    assert reader is not None
    card.counter = False
    assert reader.read() == {"nvml:0:power": 200.0}


def test_without_a_driver_the_reason_is_the_driver() -> None:
    reader, status = find_nvml(FakeNvml(installed=False))
    assert reader is None
    assert "No NVIDIA driver" in (status.reason or "")


def test_the_library_is_let_go_of() -> None:
    library = FakeNvml(Card())
    reader, _ = find_nvml(library)
    assert reader is not None
    assert library.open
    reader.close()
    assert not library.open
