from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.contract import Measured, Runtime, Session, SpeedTest
from gui.app import Desk
from gui.compare.compare_model import CompareModel
from gui.history.words import KINDS, replies
from gui.quality.speed_chart import SpeedChart
from gui.quality.speed_result import SpeedResult
from gui.quality.speed_settings import SpeedSettings, settings_of, sizes
from gui.quality.speed_words import comparisons, figure
from storage.folders import database_path
from storage.history import History
from tests.gui.acting import key
from tests.gui.fake_speed import FakeSpeedBench
from tests.gui.fakes import ENVIRONMENT, RUNTIME, Fakes, contender
from tests.gui.test_quality_page import show_quality, shown_rows
from tests.gui.test_real_run import OpenReal, open_real

__all__ = ["open_real"]

F16, Q8, Q2 = contender("F16", 271_000_000), contender("Q8_0", 145_000_000), contender("Q2_K")
PLACE = 2
PP, TG = SpeedTest(n_prompt=512), SpeedTest(n_gen=128)
LIMIT_MS = 60_000


@pytest.fixture
def bench() -> FakeSpeedBench:
    return FakeSpeedBench()


@pytest.fixture
def desk(open_desk: Callable[..., Desk], tmp_path: Path, bench: FakeSpeedBench) -> Desk:
    fakes = Fakes(tmp_path)
    fakes.speed = bench
    desk = open_desk(fakes)
    desk.compare.contenders.replace_all((Q8, Q2))
    show_speed(desk)
    return desk


def show_speed(desk: Desk) -> None:
    show_quality(desk)
    desk.quality_page.tabs.setCurrentIndex(PLACE)


def finish(qtbot: QtBot, desk: Desk, limit_ms: int = 5000) -> SpeedResult:
    qtbot.waitUntil(lambda: not desk.quality.running, timeout=limit_ms)
    result = desk.quality_page.speeds
    assert isinstance(result, SpeedResult)
    return result


def measured(name: str, test: SpeedTest, *seconds: float) -> Measured:
    return Measured(
        contender=name,
        runtime=RUNTIME,
        test=test,
        measured_at=datetime(2026, 11, 24, tzinfo=UTC),
        samples_ns=tuple(round(each * 1e9) for each in seconds),
    )


def recorded(*speeds: Measured) -> Session:
    return Session(
        id="b1",
        title="pp512, tg128 of two",
        created=datetime(2026, 11, 24, tzinfo=UTC),
        kind="bench",
        status="finished",
        environment=ENVIRONMENT,
        contenders=(Q8, Q2),
        cases=(),
        speeds=speeds,
    )


def test_a_run_ends_in_a_table_with_spreads_sentences_and_a_chart(
    qtbot: QtBot, desk: Desk, bench: FakeSpeedBench
) -> None:
    desk.quality_page.run.click()
    result = finish(qtbot, desk)
    assert shown_rows(result.table) == [
        [Q8.name, "145 MB", "135 ± 1.1", "16.9 ± 0.14"],
        [Q2.name, "98 MB", "200 ± 1.7", "25.1 ± 0.21"],
    ]
    assert f"pp512: {Q2.name} is 1.48 times as fast as {Q8.name}." in result.words.text()
    assert "of 5 repetitions; 2 threads" in result.scope.text()
    qtbot.waitUntil(lambda: isinstance(result.chart, SpeedChart), timeout=10_000)
    qtbot.waitUntil(lambda: bench.closed == 1)


def test_the_settings_reach_the_run(qtbot: QtBot, desk: Desk, bench: FakeSpeedBench) -> None:
    form = desk.quality_page.speed_form
    form.prompts.setText("16, 32")
    form.replies.setText("0")
    form.depths.setText("64")
    form.repetitions.set_number(2)
    desk.quality_page.run.click()
    finish(qtbot, desk)
    (plan,) = bench.plans
    assert plan.contenders == (Q8, Q2)
    assert plan.tests == (
        SpeedTest(n_prompt=16, n_depth=64),
        SpeedTest(n_prompt=32, n_depth=64),
    )
    assert plan.repetitions == 2


def test_a_single_model_is_enough(qtbot: QtBot, desk: Desk, bench: FakeSpeedBench) -> None:
    desk.compare.contenders.replace_all(())
    assert desk.quality_page.why.text() == "Add a model first."
    desk.compare.contenders.replace_all((Q2,))
    desk.quality_page.run.click()
    result = finish(qtbot, desk)
    assert len(shown_rows(result.table)) == 1
    assert not result.words.isVisible()


@pytest.mark.parametrize(
    ("prompts", "replies", "why"),
    [("many", "128", "whole numbers"), ("0", "0", "at least one"), ("512,-1", "", "whole numbers")],
)
def test_sizes_that_say_nothing_to_measure_disable_the_run_and_say_why(
    desk: Desk, prompts: str, replies: str, why: str
) -> None:
    form = desk.quality_page.speed_form
    form.prompts.setText(prompts)
    form.replies.setText(replies)
    assert not desk.quality_page.run.isEnabled()
    assert why in desk.quality_page.why.text()


def test_a_model_that_cannot_be_loaded_is_told_and_the_others_are_measured(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.compare.contenders.replace_all((F16, Q2))
    desk.quality_page.run.click()
    rows = shown_rows(finish(qtbot, desk).table)
    assert [row[2:] for row in rows] == [["–", "–"], ["200 ± 1.7", "25.1 ± 0.21"]]
    (banner,) = [each.text for each in desk.quality_page.banners.banners]
    assert banner == f"{F16.name}: There is not enough memory."


def test_stop_keeps_what_was_measured(qtbot: QtBot, desk: Desk, bench: FakeSpeedBench) -> None:
    bench._hold = threading.Event()
    page = desk.quality_page
    page.run.click()
    qtbot.waitUntil(lambda: bool(desk.quality.speed.speeds))
    assert isinstance(page.speeds, SpeedResult)
    assert shown_rows(page.speeds.table)[0][2:] == ["135 ± 1.1", "…"]
    assert page.findings.words.text().startswith("tg128, 0 of 5")
    key(qtbot, page.stop, Qt.Key.Key_Escape)
    rows = shown_rows(finish(qtbot, desk).table)
    assert [row[2:] for row in rows] == [["135 ± 1.1", "–"], ["–", "–"]]


def test_the_speeds_are_copied_as_a_table(qtbot: QtBot, desk: Desk) -> None:
    desk.quality_page.run.click()
    finish(qtbot, desk).copy_text.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[:3] == [
        "| Model | Size | pp512 | tg128 |",
        "| --- | ---: | ---: | ---: |",
        f"| {Q8.name} | 145 MB | 135 ± 1.1 | 16.9 ± 0.14 |",
    ]


def test_a_recorded_run_is_shown_as_it_was(qtbot: QtBot, desk: Desk, bench: FakeSpeedBench) -> None:
    desk.quality_page.tabs.setCurrentIndex(0)
    desk.quality_page.open_speeds(
        recorded(measured(Q8.name, PP, 2.0, 2.1), measured(Q8.name, TG, 4.0, 4.0))
    )
    assert desk.quality_page.tabs.currentIndex() == PLACE
    result = finish(qtbot, desk)
    assert shown_rows(result.table) == [
        [Q8.name, "145 MB", "250 ± 8.6", "32.0 ± 0"],
        [Q2.name, "98 MB", "–", "–"],
    ]
    assert bench.plans == []


@pytest.mark.slow
def test_real_models_are_measured_recorded_and_opened_again(
    qtbot: QtBot, open_real: OpenReal, small_model: Path
) -> None:
    desk = open_real()
    desk.compare.add_files([small_model])
    qtbot.waitUntil(lambda: len(desk.compare.contenders.contenders) == 1, timeout=10_000)
    (only,) = desk.compare.contenders.contenders
    runtime = Runtime(threads=1)
    desk.compare.contenders.change(only.name, msgspec.structs.replace(only, runtime=runtime))
    show_speed(desk)
    form = desk.quality_page.speed_form
    form.prompts.setText("8")
    form.replies.setText("2")
    form.repetitions.set_number(2)
    desk.quality_page.run.click()
    rows = shown_rows(finish(qtbot, desk, LIMIT_MS).table)
    assert all("±" in figures for figures in rows[0][2:])
    with History.open(database_path()) as history:
        (summary,) = history.sessions(10)
    assert (summary.kind, summary.status) == ("bench", "finished")
    assert (KINDS[summary.kind], replies(summary)) == ("Speed", "")
    desk.quality.speed.speeds = {}
    desk.opener.open(summary.id)
    qtbot.waitUntil(lambda: len(desk.quality.speed.speeds) == 2)
    assert shown_rows(finish(qtbot, desk).table) == rows


def test_lists_of_sizes_are_read_and_other_text_is_none() -> None:
    assert sizes("512, 2048") == (512, 2048)
    assert sizes(" 7 ,") == (7,)
    assert sizes("") == ()
    for text in ("x", "1.5", "-1", "1;2", "99999999", "²"):
        assert sizes(text) is None


def test_a_test_that_is_asked_for_twice_is_run_once() -> None:
    assert SpeedSettings(prompts="8,8", replies="", depths="").tests() == (SpeedTest(n_prompt=8),)


def test_a_difference_within_the_spread_is_called_none() -> None:
    close = {
        (Q8.name, PP.name): measured(Q8.name, PP, 2.0, 2.2),
        (Q2.name, PP.name): measured(Q2.name, PP, 2.05, 2.1),
    }
    assert comparisons((Q8, Q2), (PP,), close) == [
        "pp512: no difference beyond the spread of the repetitions."
    ]


def test_a_single_repetition_is_shown_without_a_spread() -> None:
    assert figure(measured("A", PP, 2.0)) == "256"


def test_no_measurement_s_settings_push_the_others_out_of_the_card(desk: Desk) -> None:
    page, theme = desk.quality_page, desk.theme
    room = theme.characters(44) - 2 * theme.space.m - 2
    for form in (page.fidelity_form, page.suite_form, page.speed_form):
        assert form.minimumSizeHint().width() <= room


# Recorded runs once more -------------------------------------------------------------------------


def killed(*speeds: Measured) -> Session:
    """A run whose process died after so much."""
    tests = (SpeedTest(n_prompt=16), SpeedTest(n_gen=4))
    before = msgspec.structs.replace(recorded(*speeds), status="interrupted", repeats=2)
    return msgspec.structs.replace(before, tests=tests)


def test_a_run_that_was_killed_before_its_first_figure_is_measured_again(
    qtbot: QtBot, desk: Desk, bench: FakeSpeedBench
) -> None:
    desk.quality_page.repeat_speeds(killed())
    result = finish(qtbot, desk)
    (plan,) = bench.plans
    assert (plan.contenders, plan.tests, plan.repetitions) == ((Q8, Q2), killed().tests, 2)
    assert len(shown_rows(result.table)) == 2
    assert not desk.quality_page.banners.banners
    form = desk.quality_page.speed_form
    assert (form.prompts.text(), form.replies.text(), form.repetitions.number) == ("16", "4", 2)


def test_a_killed_run_is_resumed_with_what_is_missing_and_keeps_its_figures(
    qtbot: QtBot, desk: Desk, bench: FakeSpeedBench
) -> None:
    (prompt, _) = killed().tests
    there = measured(Q8.name, prompt, 0.5)
    desk.quality_page.resume_speeds(killed(there))
    finish(qtbot, desk)
    (plan,) = bench.plans
    assert plan.known == {(Q8.name, prompt.name)}
    assert desk.quality.speed.speeds[Q8.name, prompt.name] is there
    assert len(desk.quality.speed.speeds) == 4


def test_a_recorded_run_is_changed_before_it_is_measured_again(
    qtbot: QtBot, desk: Desk, bench: FakeSpeedBench
) -> None:
    page = desk.quality_page
    page.change_speeds(killed())
    assert "then press Run" in page.banners.banners[-1].text
    page.speed_form.replies.setText("8")
    page.run.click()
    finish(qtbot, desk)
    assert bench.plans[0].tests == (SpeedTest(n_prompt=16), SpeedTest(n_gen=8))


def test_nothing_is_measured_again_while_a_comparison_runs(
    desk: Desk, bench: FakeSpeedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CompareModel, "running", True)
    desk.compare.availability_changed.emit()
    desk.quality_page.repeat_speeds(killed())
    assert desk.quality_page.banners.banners[-1].text == "Wait for the comparison to end."
    assert not bench.plans


def test_an_old_run_without_a_figure_does_not_tell_what_to_measure(
    desk: Desk, bench: FakeSpeedBench
) -> None:
    page, there = desk.quality_page, measured(Q8.name, PP, 0.5)
    for ask, session in (
        (page.repeat_speeds, recorded()),
        (page.resume_speeds, recorded(there)),
    ):
        ask(session)
        assert "does not tell" in page.banners.banners[-1].text
    assert not bench.plans


def test_settings_are_those_that_measure_the_same() -> None:
    for settings in (SpeedSettings(), SpeedSettings(prompts="8, 9", replies="0", depths="0, 64")):
        tests = settings.tests()
        shown = settings_of(msgspec.structs.replace(recorded(), tests=tests, repeats=5))
        assert shown == settings
    both = (SpeedTest(n_prompt=8, n_gen=4),)
    assert settings_of(msgspec.structs.replace(recorded(), tests=both)) is None
