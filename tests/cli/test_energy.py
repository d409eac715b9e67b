"""energy: sources, design power and a plug meter, on a simulated machine."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest

from cli import energy
from cli.app import run
from engine.energy.powercap import UDEV_RULE
from engine.energy.settings import SENSOR_ROOT, EnergySettings
from engine.energy.steady import SteadyPower
from storage.energy_settings import energy_settings_file, load_energy_settings
from tests.energy.machines import Machine, living
from tests.energy.test_steady import Idle, raised_to

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "root")
    monkeypatch.setenv(SENSOR_ROOT, str(made.root))
    return made


def kept() -> EnergySettings:
    return load_energy_settings(energy_settings_file())


def steady(machine: Machine, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.2) -> None:
    """Readings of so many seconds: 10 W at rest, 70 W under load, nearer to that the longer they are."""
    busy = raised_to(machine.zone("intel-rapl:0", "package-0", 10.0), 70.0)
    quick = partial(SteadyPower, times=Idle(), busy=busy, seconds=seconds)
    monkeypatch.setattr(energy, "SteadyPower", quick)


def test_every_source_has_its_step_its_range_or_a_reason(machine: Machine, capsys: Capture) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    with living(machine):
        assert run(("energy", "sources")) == 0
    shown = capsys.readouterr().out
    assert "powercap used · processor package-0 · moves every" in shown
    assert "±10 %" in shown
    assert "amdgpu not usable · No AMD GPU" in shown
    assert "TDP estimate usable · processor · ÷2 to ×2 · 65 W, the limit its firmware set." in shown
    assert "Plug meter: not read" in shown


@pytest.mark.parametrize("command", [("energy", "sources"), ("doctor",)])
def test_closed_counters_come_with_a_rule_to_copy_and_its_warning(
    command: tuple[str, ...], machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)

    def refused(path: Path) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return path.read_text(encoding="ascii").strip()

    monkeypatch.setattr("engine.energy.powercap.find_powercap.__defaults__", (refused,))
    run(command)
    shown = capsys.readouterr().out
    assert "only root may read them" in shown
    assert "PLATYPUS" in shown
    assert UDEV_RULE in shown


def test_the_design_power_is_shown_set_and_forgotten(machine: Machine, capsys: Capture) -> None:
    assert run(("energy", "tdp")) == 0
    assert capsys.readouterr().out.startswith("65 W for ")
    assert run(("energy", "tdp", "95")) == 0
    assert capsys.readouterr().out == "95 W, as entered in the settings.\n"
    assert kept().tdp_watts == 95.0
    assert run(("energy", "tdp", "--forget")) == 0
    assert kept().tdp_watts is None


def test_an_impossible_design_power_is_wrong_usage(capsys: Capture) -> None:
    assert run(("energy", "tdp", "0")) == 2
    assert "Enter its design power" in capsys.readouterr().err


def test_two_readings_calibrate_the_machine(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """By hand: 60 W more at the parts are 75 W more at the plug, and 22.5 W stay for the rest."""
    steady(machine, monkeypatch, seconds=0.5)
    monkeypatch.setattr("sys.stdin", io.StringIO("35\n110\n"))
    with living(machine):
        assert run(("energy", "calibrate")) == 0
    told = capsys.readouterr()
    assert "35.0 W at rest and 110 W under load" in told.out
    assert "the rest of the machine draws" in told.out
    assert "Read the plug meter while they do." in told.err
    plug = kept().plug
    assert plug is not None
    assert plug.fit().efficiency == pytest.approx(0.8, rel=0.2)
    assert plug.parts == ("processor package-0 by powercap",)


def test_readings_given_beforehand_are_not_asked_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    steady(machine, monkeypatch)
    with living(machine):
        assert run(("energy", "calibrate", "--idle", "35", "--load", "110")) == 0
        assert run(("energy", "sources")) == 0
    assert "Plug meter: 35.0 W at rest" in capsys.readouterr().out
    assert run(("energy", "calibrate", "--forget")) == 0
    assert kept().plug is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("much\n", "“much” is no reading in watts"),
        ("90\n40\n", "no more under load than idle"),
        ("35\n60\n", "power supply that passes on"),
    ],
)
def test_readings_that_cannot_be_change_nothing(
    typed: str,
    reason: str,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    steady(machine, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with living(machine):
        assert run(("energy", "calibrate")) == 2
    assert reason in capsys.readouterr().err
    assert kept() == EnergySettings()


def test_settings_that_cannot_be_read_are_named_by_the_doctor(
    home: Path, monkeypatch: pytest.MonkeyPatch, machine: Machine, capsys: Capture
) -> None:
    energy_settings_file().parent.mkdir(parents=True, exist_ok=True)
    energy_settings_file().write_text("{", encoding="utf-8")
    run(("doctor",))
    assert "energy.json cannot be understood" in capsys.readouterr().out.replace("\n", " ")
