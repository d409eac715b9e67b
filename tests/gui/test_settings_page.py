"""The Settings page on a simulated machine: sources, design power, a plug meter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.energy import steady
from engine.energy.settings import SENSOR_ROOT
from gui.app import Desk
from gui.energy.energy_model import MEASURING
from gui.energy.source_row import SourceRow
from storage.energy_settings import energy_file, load_energy_settings
from tests.energy.machines import Machine, living
from tests.energy.test_steady import Idle, raised_to
from tests.gui.acting import draw_up
from tests.gui.fakes import Fakes
from tests.gui.test_accessibility import nameless

OpenDesk = Callable[..., Desk]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "root")
    monkeypatch.setenv(SENSOR_ROOT, str(made.root))
    return made


@pytest.fixture
def desk(machine: Machine, open_desk: OpenDesk, tmp_path: Path) -> Desk:
    return open_desk(Fakes(tmp_path))


def shown(qtbot: QtBot, desk: Desk) -> dict[str, SourceRow]:
    with qtbot.waitSignal(desk.energy.listed):
        desk.window.show_widget(desk.settings_page)
    return {row.source.source: row for row in desk.settings_page.rows}


def words(widget: QWidget) -> str:
    return " | ".join(each.text() for each in widget.findChildren(QLabel))


def measure(qtbot: QtBot, desk: Desk) -> None:
    """Both readings of the sensors."""
    for state in ("rest", "load"):
        desk.settings_page.plug.measure[state].click()
        qtbot.waitUntil(lambda state=state: state in desk.energy.measured)  # type: ignore[misc] # bound


@pytest.fixture
def metered(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """10 W at rest and 70 W under load, each read for half a second."""
    busy = raised_to(machine.zone("intel-rapl:0", "package-0", 10.0), 70.0)
    quick = partial(steady.SteadyPower, times=Idle(), busy=busy, seconds=0.5)
    monkeypatch.setattr(steady, "SteadyPower", quick)
    return machine


def test_every_source_is_listed_with_step_and_range_or_the_reason(
    qtbot: QtBot, machine: Machine, desk: Desk
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    with living(machine):
        rows = shown(qtbot, desk)
    assert words(rows["powercap"]).startswith("used | powercap | processor package-0 · moves every")
    assert words(rows["powercap"]).endswith("±10 %")
    assert "not usable | amdgpu | No AMD GPU tells its power" in words(rows["amdgpu"])
    assert "÷2 to ×2" in words(rows["TDP estimate"])


def test_closed_counters_bring_a_rule_that_can_be_copied(
    qtbot: QtBot, machine: Machine, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)

    def refused(path: Path) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return path.read_text(encoding="ascii").strip()

    monkeypatch.setattr("engine.energy.powercap.find_powercap.__defaults__", (refused,))
    row = shown(qtbot, desk)["powercap"]
    assert "only root may read them" in words(row)
    assert row.copy is not None
    row.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "PLATYPUS" in copied
    assert 'SUBSYSTEM=="powercap"' in copied


def test_the_design_power_can_be_set_is_kept_and_says_where_it_is_from(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    shown(qtbot, desk)
    page = desk.settings_page
    assert page.basis.text().startswith("Taken now: 65 W for ")
    with qtbot.waitSignal(desk.energy.listed):
        page.tdp.setValue(95)
    assert page.basis.text() == "Taken now: 95 W, as entered in the settings."
    assert load_energy_settings(energy_file(tmp_path)).tdp_watts == 95
    with qtbot.waitSignal(desk.energy.listed):
        page.tdp.setValue(0)
    assert page.tdp.text() == "automatic"
    assert load_energy_settings(energy_file(tmp_path)).tdp_watts is None


def test_two_readings_calibrate_the_machine_and_are_kept(
    qtbot: QtBot, metered: Machine, desk: Desk, tmp_path: Path
) -> None:
    """By hand: 60 W more at the parts are 75 W more at the plug, and 22.5 W stay for the rest."""
    plug = desk.settings_page.plug
    with living(metered):
        shown(qtbot, desk)
        assert "Measure at rest and under load first" in plug.keep.toolTip()
        measure(qtbot, desk)
    plug.plug["rest"].setValue(35)
    assert not plug.keep.isEnabled()
    plug.plug["load"].setValue(110)
    assert plug.keep.isEnabled()
    assert "This means: 35.0 W at rest and 110 W under load" in plug.why.text()
    with qtbot.waitSignal(desk.energy.listed):
        plug.keep.click()
    kept = load_energy_settings(energy_file(tmp_path)).plug
    assert kept is not None
    assert kept.fit().efficiency == pytest.approx(0.8, rel=0.2)
    assert "the rest of the machine draws" in plug.known.text()
    with qtbot.waitSignal(desk.energy.listed):
        plug.forget.click()
    assert load_energy_settings(energy_file(tmp_path)).plug is None


def test_readings_that_cannot_both_be_right_are_not_kept(
    qtbot: QtBot, metered: Machine, desk: Desk
) -> None:
    plug = desk.settings_page.plug
    with living(metered):
        shown(qtbot, desk)
        measure(qtbot, desk)
    plug.plug["rest"].setValue(110)
    plug.plug["load"].setValue(35)
    assert not plug.keep.isEnabled()
    assert "Check which reading is which" in plug.why.text()


def test_nothing_else_measures_meanwhile(
    qtbot: QtBot, metered: Machine, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steady, "SteadyPower", partial(steady.SteadyPower, seconds=30.0))
    draw_up(desk)
    shown(qtbot, desk)
    plug = desk.settings_page.plug
    plug.measure["rest"].click()
    assert desk.compare.why_not_run() == MEASURING
    assert not plug.measure["load"].isEnabled()
    assert plug.cancel.isVisible()
    plug.cancel.click()
    qtbot.waitUntil(lambda: desk.energy.measuring is None)
    assert not desk.compare.why_not_run()
    assert "rest" not in desk.energy.measured


def test_during_a_comparison_no_reading_can_be_taken(desk: Desk) -> None:
    draw_up(desk)
    desk.compare.run()
    assert desk.energy.why_not_measure() == "Wait for the comparison to end."


def test_settings_that_cannot_be_read_are_named(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    energy_file(tmp_path).write_text("{", encoding="utf-8")
    desk.window.show_widget(desk.settings_page)
    qtbot.waitUntil(lambda: bool(desk.settings_page.banners.banners))
    assert "energy.json cannot be understood" in desk.settings_page.banners.banners[0].text


def test_the_keyboard_finds_a_name_for_everything(
    qtbot: QtBot, machine: Machine, desk: Desk
) -> None:
    shown(qtbot, desk)
    assert not nameless(desk.settings_page)
