from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Began, Event, Finished, Plan, Replied
from engine.cost.document import CostReport
from gui.app import Desk
from gui.cost.cost_view import CostView
from gui.settings import load_settings
from gui.widgets.buttons import FoldButton
from tests.gui.acting import draw_up, finish
from tests.gui.costing import CHEAP, DEAR, weighed
from tests.gui.fakes import FakeBench, FakeHistory, Fakes, contender, reply_to
from tests.gui.test_accessibility import nameless
from tests.gui.test_quality_suite import ANSWERS, show_cases

OpenDesk = Callable[..., Desk]


@pytest.fixture
def desk(open_desk: OpenDesk, tmp_path: Path) -> Desk:
    crowd = {contender(name).name: (40.0, 2.0) for name in ("F16", "Q8_0", "Q4_1", "Q2_K")}
    sessions = [weighed("s2", title="Another"), weighed("s1"), weighed("s3", figures=crowd)]
    return open_desk(Fakes(tmp_path, history=FakeHistory(sessions)))


@pytest.fixture
def costed(qtbot: QtBot, desk: Desk) -> Desk:
    """The Cost page with the figures of the first session."""
    desk.cost.look_at("s1")
    with qtbot.waitSignal(desk.cost.estimated):
        desk.window.show_widget(desk.cost_page)
    return desk


def all_right(plan: Plan) -> Iterator[Event]:
    yield Began(session="s9")
    for each in plan.contenders:
        for case in plan.cases:
            yield Replied(reply=reply_to(each.name, case=case.id, text=ANSWERS[case.id]))
    yield Finished(status="finished", elapsed_s=3.0)


def view(desk: Desk) -> CostView:
    assert isinstance(desk.cost_page.view, CostView)
    return desk.cost_page.view


def report(desk: Desk) -> CostReport:
    assert desk.cost.report is not None
    return desk.cost.report


def texts(widget: QWidget) -> list[str]:
    return [each.text() for each in widget.findChildren(QLabel) if not each.isHidden()]


def test_the_results_of_a_comparison_lead_to_their_cost(qtbot: QtBot, desk: Desk) -> None:
    desk.opener.open("s2")
    asked = desk.window.page.asked
    qtbot.waitUntil(lambda: asked.cost.isVisible() and asked.cost.isEnabled())
    with qtbot.waitSignal(desk.cost.estimated):
        asked.cost.click()
    assert desk.cost_page.isVisible()
    assert desk.cost_page.title.text() == "What “Another” costs"
    assert desk.cost_page.sessions.choice == "s2"


def test_a_run_that_ended_is_the_session_of_the_page(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.compare.run()
    assert not desk.window.page.asked.cost.isEnabled()
    finish(qtbot, desk)
    with qtbot.waitSignal(desk.cost.estimated):
        desk.window.show_widget(desk.cost_page)
    assert desk.cost_page.sessions.choice == "s1"


def test_a_suite_run_in_the_window_tells_the_quality_beside_the_saving(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    fakes = Fakes(tmp_path, FakeBench(all_right), FakeHistory([weighed()]))
    desk = open_desk(fakes)
    desk.compare.contenders.replace_all((DEAR, CHEAP))
    show_cases(qtbot, desk)
    with qtbot.waitSignal(desk.quality.suite.finished):
        desk.quality_page.run.click()
    qtbot.waitUntil(lambda: desk.quality.suite.found is not None)
    with qtbot.waitSignal(desk.cost.estimated):
        desk.window.show_widget(desk.cost_page)
    (answer,) = view(desk).answers
    assert "quality unknown" not in texts(answer)
    assert any("at your margin" in text for text in texts(answer))


def test_the_first_thing_said_is_what_a_year_costs(costed: Desk) -> None:
    words = view(costed).headline.text()
    assert words.startswith(f"At 1,000 requests a day, a year costs 1.05 € with {CHEAP.name}")
    answer = texts(view(costed).answers[0])
    assert "quality unknown" in answer
    assert any("no suite compared them. It saves 60 %" in text for text in answer)


def test_every_figure_has_its_range_beside_it(costed: Desk) -> None:
    shown = texts(view(costed).figures)
    assert {
        "A year",
        "A month",
        "1,000 requests",
        "One request",
        "CO2e a year",
    } <= set(shown)
    assert shown.count("fits") == 2
    per_year = report(costed).contenders[0].per_year
    assert per_year is not None
    assert f"{per_year.low:.2f} to {per_year.high:.2f}" in shown


def test_what_is_typed_changes_the_figures(qtbot: QtBot, costed: Desk) -> None:
    form = costed.cost_page.form
    for act, holds in (
        (lambda: form.requests.setValue(2000), "At 2,000 requests a day"),
        (lambda: form.api.setText("3/15"), "with API at 3/15"),
        (lambda: form.price.setValue(0.5), "a year costs"),
    ):
        with qtbot.waitSignal(costed.cost.estimated):
            act()
        assert holds in view(costed).headline.text()
    assert report(costed).assumptions.electricity_price.likely == 0.5
    assert [form.compare.itemText(n) for n in range(form.compare.count())] == [
        "The dearest",
        DEAR.name,
        CHEAP.name,
        "API at 3/15",
    ]


def test_a_country_fills_in_its_averages_and_a_typed_price_stays(
    qtbot: QtBot, costed: Desk
) -> None:
    form = costed.cost_page.form
    assert form.country.itemText(0).endswith(" (system)")
    with qtbot.waitSignal(costed.cost.estimated):
        form.country.set_choice("DE")
    assert form.price.number == pytest.approx(0.3835, abs=0.001)
    assert "Germany" in form.grid.toolTip()
    with qtbot.waitSignal(costed.cost.estimated):
        form.price.setValue(0.2)
    with qtbot.waitSignal(costed.cost.estimated):
        form.requests.setValue(10)
    assert report(costed).assumptions.electricity_price.likely == 0.2


def test_the_machine_is_left_out_until_it_is_ticked(qtbot: QtBot, costed: Desk) -> None:
    form = costed.cost_page.form
    assert not form.hardware.isVisible()
    with qtbot.waitSignal(costed.cost.refused):
        form.with_hardware.click()
    assert costed.cost_page.why.text().startswith("Enter what the machine costs")
    assert not view(costed).isVisible()
    assert form.hardware.isVisible()
    with qtbot.waitSignal(costed.cost.estimated):
        form.hardware.setValue(1500)
    assert view(costed).isVisible()
    assert any("own share of a request" in text for text in texts(view(costed)))


def test_beyond_capacity_no_year_is_shown(qtbot: QtBot, costed: Desk) -> None:
    with qtbot.waitSignal(costed.cost.estimated):
        costed.cost_page.form.requests.setValue(20_000)
    assert "does not fit" in texts(view(costed).figures)
    assert [view(costed).choice.itemText(n) for n in range(view(costed).choice.count())] == [
        CHEAP.name
    ]


def test_another_session_can_be_chosen_on_the_page(qtbot: QtBot, costed: Desk) -> None:
    page = costed.cost_page
    qtbot.waitUntil(lambda: page.sessions.count() == 3)
    with qtbot.waitSignal(costed.cost.estimated):
        page.sessions.set_choice("s2")
    assert page.title.text() == "What “Another” costs"


def test_the_bars_are_those_of_the_chosen_model_and_are_told_in_words(costed: Desk) -> None:
    shown = view(costed)
    before = shown.bars.accessibleDescription()
    assert before.startswith("Price of electricity: ")
    shown.choice.set_choice(CHEAP.name)
    assert shown.bars.accessibleDescription() != before
    assert not shown.bars.grab().isNull()


def test_the_form_stays_within_its_card_with_everything_shown(costed: Desk) -> None:
    form = costed.cost_page.form
    form.with_hardware.setChecked(True)
    form.findChildren(FoldButton)[0].click()
    assert form.growth.isVisible()
    assert form.minimumSizeHint().width() <= form.visibleRegion().boundingRect().width()


def test_with_many_models_the_figures_come_before_the_answers(qtbot: QtBot, costed: Desk) -> None:
    shown = view(costed)
    qtbot.waitUntil(lambda: shown.answers[0].y() < shown.figures_card.y())
    with qtbot.waitSignal(costed.cost.estimated):
        costed.cost.look_at("s3")
    assert len(report(costed).contenders) == 4
    qtbot.waitUntil(lambda: shown.figures_card.y() < shown.answers[0].y())


def test_the_figures_can_be_copied(costed: Desk) -> None:
    view(costed).copy.click()
    assert "A year\t" in QGuiApplication.clipboard().text()


def test_without_any_session_the_page_says_what_to_do(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(Fakes(tmp_path))
    desk.window.show_widget(desk.cost_page)
    qtbot.waitUntil(lambda: "Run a comparison" in desk.cost_page.why.text())
    assert desk.cost_page.form.requests.isVisible()


def test_the_keyboard_finds_a_name_for_everything(qtbot: QtBot, costed: Desk) -> None:
    costed.cost_page.form.with_hardware.setChecked(True)
    with qtbot.waitSignal(costed.cost.estimated):
        costed.cost_page.form.hardware.setValue(1500)
    assert not nameless(costed.cost_page)


def test_a_paid_model_is_ticked_and_its_price_stands_beside(qtbot: QtBot, costed: Desk) -> None:
    form = costed.cost_page.form
    qtbot.waitUntil(lambda: "GPT-4o mini" in form.paid.boxes)
    box = form.paid.boxes["GPT-4o mini"]
    assert "output 0.6 USD per million tokens" in box.toolTip()
    box.setChecked(True)
    with qtbot.waitSignal(costed.cost.estimated):
        form.exchange.setText("USD=0.9")
    paid = report(costed).contenders[-1]
    assert paid.name == "GPT-4o mini"
    assert paid.per_request is not None
    assert paid.per_request.likely == pytest.approx(0.9 * (100 * 0.15 + 50 * 0.6) / 1e6, rel=0.01)


def test_the_ends_of_the_price_show_the_average_s_and_can_be_typed(
    qtbot: QtBot, costed: Desk
) -> None:
    form = costed.cost_page.form
    shown = form.price_range
    assert 0 < shown.low.number < form.price.number < shown.high.number
    with qtbot.waitSignal(costed.cost.estimated):
        shown.high.setValue(0.9)
    assert report(costed).assumptions.electricity_price.high == pytest.approx(0.9)
    assert report(costed).assumptions.electricity_price.likely == pytest.approx(form.price.number)


def test_the_price_list_is_opened_in_the_user_s_editor(
    qtbot: QtBot, costed: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    costed.cost_page.form.paid.edit.click()
    qtbot.waitUntil(lambda: bool(opened))
    assert Path(opened[0]) == tmp_path / "paid_models.toml"
    assert "[[model]]" in Path(opened[0]).read_text(encoding="utf-8")


def test_what_was_assumed_is_there_again_at_the_next_start(
    qtbot: QtBot, costed: Desk, tmp_path: Path
) -> None:
    with qtbot.waitSignal(costed.cost.estimated):
        costed.cost_page.form.requests.setValue(777)
    costed.window.close()
    assert load_settings(tmp_path / "window.json").cost.requests_per_day == 777
