from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from engine.contract import ModelFile, Session, Verdict
from engine.cost.assumptions import Assumptions
from engine.cost.document import ContenderCost, CostReport
from engine.cost.ranges import Range
from engine.cost.wording import remarks
from engine.energy.calibration import PlugReading
from engine.energy.settings import EnergySettings, PlugCalibration
from engine.machine import processor_name
from gui.cost.cost_model import NO_SESSION, CostModel
from gui.cost.cost_words import UNKNOWN, answers, as_text, headline, rows, tornado
from gui.cost.settings import CostSettings, Ends
from gui.jobs import Jobs
from storage.energy_settings import energy_file, save_energy_settings
from tests.gui.costing import CHEAP, DEAR, FIGURES, judged, unmetered, weighed
from tests.gui.fakes import FakeHistory

MakeModel = Callable[..., CostModel]
PLAIN = CostSettings(price=Ends(likely=0.30), grid=Ends(likely=400.0))


@pytest.fixture
def make_model(jobs: Jobs, tmp_path: Path) -> MakeModel:
    def make(*sessions: object, settings: CostSettings = PLAIN) -> CostModel:
        model = CostModel(jobs, tmp_path, parent=jobs)
        model.settings = settings
        model.use(FakeHistory(sessions or [weighed()]))  # type: ignore[arg-type] # tests pass sessions
        return model

    return make


def shown(qtbot: QtBot, model: CostModel) -> CostReport:
    with qtbot.waitSignal(model.estimated):
        model.show()
    assert model.report is not None
    return model.report


def edited(qtbot: QtBot, model: CostModel, **changes: object) -> CostReport:
    with qtbot.waitSignal(model.estimated):
        model.edit(msgspec.structs.replace(model.settings, **changes))
    assert model.report is not None
    return model.report


def refusal(qtbot: QtBot, model: CostModel, act: Callable[[], None]) -> str:
    with qtbot.waitSignal(model.refused) as refused:
        act()
    assert refused.args is not None
    return str(refused.args[0])


def named(report: CostReport, name: str) -> ContenderCost:
    return next(each for each in report.contenders if each.name == name)


def cell(report: CostReport, title: str, place: int) -> str:
    return next(row.cells[place].likely for row in rows(report) if row.title == title)


def test_a_year_costs_what_its_joules_cost(qtbot: QtBot, make_model: MakeModel) -> None:
    report = shown(qtbot, make_model())
    per_year = named(report, DEAR.name).per_year
    assert per_year is not None
    assert per_year.likely == pytest.approx(90 / 3.6e6 * 0.30 * 365_000, rel=0.005)
    assert cell(report, "A year", 0) == "2.74 €"


def test_the_newest_session_is_shown_where_none_was_asked_for(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    report = shown(qtbot, make_model(weighed("s7", title="Newest")))
    assert report.title == "Newest"


def test_a_chosen_session_is_shown_instead(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model(weighed("s1"), weighed("s2", title="Chosen"))
    model.look_at("s2")
    assert shown(qtbot, model).title == "Chosen"
    with qtbot.waitSignal(model.estimated):
        model.look_at("s1")
    assert model.report is not None
    assert model.report.title == "Letters"


def test_nothing_is_read_before_the_page_is_seen(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    history = FakeHistory([weighed()])
    model = CostModel(jobs, tmp_path, parent=jobs)
    model.use(history)
    model.look_at("s1")
    assert not history.asked_in
    shown(qtbot, model)
    assert history.asked_in == {"jobs-history"}


def test_without_a_session_it_is_said_what_to_do(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    model = CostModel(jobs, tmp_path, parent=jobs)
    model.use(FakeHistory())
    assert refusal(qtbot, model, model.show) == NO_SESSION


class Reckoning:
    """The real reckoning, watched; `hold` keeps it from answering."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from engine.cost import report as module

        self.threads: set[str] = set()
        self.begun: list[float] = []
        self.hold = threading.Event()
        self.hold.set()
        self._real = module.cost_report
        monkeypatch.setattr(module, "cost_report", self.report)

    def report(
        self, session: Session, assumptions: Assumptions, verdicts: Sequence[Verdict]
    ) -> CostReport:
        self.threads.add(threading.current_thread().name)
        self.begun.append(assumptions.requests_per_day)
        assert self.hold.wait(5.0)
        return self._real(session, assumptions, verdicts)


@pytest.fixture
def reckoning(monkeypatch: pytest.MonkeyPatch) -> Reckoning:
    return Reckoning(monkeypatch)


def test_figures_are_reckoned_off_the_windows_thread(
    qtbot: QtBot, make_model: MakeModel, reckoning: Reckoning
) -> None:
    shown(qtbot, make_model())
    assert reckoning.threads == {"jobs-cost"}


def test_typing_is_reckoned_once_it_pauses(
    qtbot: QtBot, make_model: MakeModel, reckoning: Reckoning
) -> None:
    model = make_model()
    shown(qtbot, model)
    with qtbot.waitSignal(model.estimated):
        for requests in (2, 20, 200, 2000):
            model.edit(msgspec.structs.replace(model.settings, requests_per_day=requests))
    assert reckoning.begun == [1000.0, 2000.0]


def test_figures_of_settings_that_have_changed_since_are_dropped(
    qtbot: QtBot, make_model: MakeModel, reckoning: Reckoning
) -> None:
    model = make_model()
    told: list[float] = []

    def note() -> None:
        assert model.report is not None
        told.append(model.report.assumptions.requests_per_day)

    model.estimated.connect(note)
    reckoning.hold.clear()
    model.show()
    qtbot.waitUntil(lambda: reckoning.begun == [1000.0])
    model.edit(msgspec.structs.replace(model.settings, requests_per_day=5))
    reckoning.hold.set()
    qtbot.waitUntil(lambda: 5.0 in told)
    assert told == [5.0]


def test_a_hidden_page_reads_nothing(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    history = FakeHistory([weighed("s1"), weighed("s2")])
    model = CostModel(jobs, tmp_path, parent=jobs)
    model.use(history)
    shown(qtbot, model)
    model.hide()
    history.asked_in.clear()
    model.look_at("s2")
    done: list[None] = []
    jobs.start("history", lambda: None, done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert not history.asked_in


def test_an_api_price_is_set_beside_the_models(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model()
    shown(qtbot, model)
    report = edited(qtbot, model, api_price="3/15")
    paid = named(report, "API at 3/15")
    assert paid.per_request is not None
    assert paid.per_request.likely == pytest.approx((100 * 3 + 50 * 15) / 1e6, rel=0.005)
    assert "makers of paid models" in " ".join(remarks(paid, report.assumptions))
    assert edited(qtbot, model, api_price="").contenders[-1].kind == "local"


def test_what_cannot_be_assumed_is_refused_in_a_sentence(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    shown(qtbot, model)
    for changes, words in (
        ({"api_price": "cheap"}, "“cheap” is no API price"),
        ({"include_hardware": True}, "Enter what the machine costs"),
        ({"currency": "USD", "price": Ends()}, "what a kWh costs in USD"),
        ({"exchange": "USD"}, "“USD” is no exchange rate"),
        ({"price": Ends(likely=0.3, low=0.4)}, "price of electricity runs from 0.4"),
    ):
        wrong = msgspec.structs.replace(PLAIN, **changes)
        assert words in refusal(qtbot, model, lambda wrong=wrong: model.edit(wrong))  # type: ignore[misc] # bound


def test_buying_the_machine_counts_only_where_it_is_wanted(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    shown(qtbot, model)
    edited(qtbot, model, hardware_price=1000.0)
    assert model.report is not None
    without = named(model.report, DEAR.name).per_request
    bought = named(edited(qtbot, model, include_hardware=True), DEAR.name)
    assert without is not None
    assert bought.per_request is not None
    share = 1000 / (4 * 365 * 24 * 3600) * 6
    assert bought.per_request.likely - without.likely == pytest.approx(share, rel=0.01)


def test_making_the_machine_counts_in_the_co2e(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model()
    shown(qtbot, model)
    bought = {"hardware_price": 1000.0, "include_hardware": True}
    without = named(edited(qtbot, model, **bought), DEAR.name).co2e_g_per_request
    made = named(edited(qtbot, model, hardware_embodied_kg=300.0), DEAR.name).co2e_g_per_request
    assert without is not None
    assert made is not None
    share = 300_000 / (4 * 365 * 24 * 3600) * 6
    assert made.likely - without.likely == pytest.approx(share, rel=0.01)


def test_another_country_brings_its_own_averages(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model()
    shown(qtbot, model)
    with qtbot.waitSignal(model.estimated):
        model.edit(model.settings.with_country("DE"))
    assert model.report is not None
    assumed = model.report.assumptions
    assert assumed.electricity_price.likely == 0.3835
    assert "Germany" in assumed.origins["grid_g_per_kwh"]
    assert model.countries["DE"] == "Germany"


def test_a_saving_without_a_suite_says_that_the_quality_is_unknown(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    report = shown(qtbot, make_model())
    (answer,) = answers(report, ())
    assert (answer.name, (answer.badge, answer.mood)) == (CHEAP.name, UNKNOWN)
    assert "is not known: no suite compared them. It saves 60 %" in answer.sentence


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (judged("non-inferior"), "is good enough at your margin of 5 points and saves 60 %"),
        (judged("worse"), "is worse than"),
        (judged("non-inferior", vetoed_by=("c1",)), "fails a critical case"),
    ],
)
def test_a_suites_verdict_stands_beside_the_saving(
    qtbot: QtBot, make_model: MakeModel, verdict: object, words: str
) -> None:
    model = make_model()
    model.judge((DEAR, CHEAP), (verdict,))  # type: ignore[arg-type] # parameters are objects
    report = shown(qtbot, model)
    (answer,) = answers(report, model.verdicts)
    assert words in answer.sentence
    assert answer.badge != UNKNOWN[0]


def test_a_verdict_on_other_files_of_the_same_name_does_not_count(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    other = msgspec.structs.replace(CHEAP, model=ModelFile(path="/x", file="x", size_bytes=1))
    model.judge((DEAR, other), (judged("better"),))
    report = shown(qtbot, model)
    assert [each.badge for each in answers(report, model.verdicts)] == [UNKNOWN[0]]


def test_the_one_compared_with_can_be_chosen(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model()
    shown(qtbot, model)
    report = edited(qtbot, model, compare_with=CHEAP.name)
    assert [each.name for each in answers(report, ())] == [DEAR.name]
    report = edited(qtbot, model, compare_with="API at 3/15")
    assert [each.name for each in answers(report, ())] == [CHEAP.name]


def test_beyond_its_capacity_a_model_does_not_fit_and_has_no_year(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    shown(qtbot, model)
    report = edited(qtbot, model, requests_per_day=20_000)
    assert cell(report, "Can it serve them?", 0) == "does not fit"
    assert cell(report, "A year", 0) == "–"
    assert cell(report, "Can it serve them?", 1) == "fits"
    assert f"{DEAR.name} does not fit." in headline(report)
    assert not tornado(named(report, DEAR.name), report.assumptions)
    assert "2 machines would be needed." in remarks(named(report, DEAR.name), report.assumptions)


def test_growth_adds_the_later_years(qtbot: QtBot, make_model: MakeModel) -> None:
    model = make_model()
    assert "Year 2" not in [row.title for row in rows(shown(qtbot, model))]
    report = edited(qtbot, model, growth_percent=100.0)
    assert cell(report, "Year 3", 0) == "11.0 €"


def test_energy_that_is_absent_is_said_with_its_reason(qtbot: QtBot, make_model: MakeModel) -> None:
    report = shown(qtbot, make_model(unmetered()))
    assert cell(report, "A year", 0) == "–"
    assert headline(report).endswith("This machine has no energy counter.")
    lines = remarks(report.contenders[0], report.assumptions)
    assert lines.count("This machine has no energy counter.") == 1
    assert cell(report, "Can it serve them?", 0) == "fits"


def test_the_widest_bar_comes_first_and_spans_the_range_of_the_price(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    report = shown(qtbot, make_model(settings=CostSettings(country="DE")))
    bars = tornado(named(report, DEAR.name), report.assumptions)
    assert bars[0].title == "Price of electricity"
    assert bars[0].high / bars[0].low == pytest.approx(1.5, rel=0.01)
    widths = [each.high - each.low for each in bars]
    assert widths == sorted(widths, reverse=True)


def test_the_copied_text_holds_every_figure_with_its_range(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    report = shown(qtbot, make_model())
    text = as_text(report, ())
    per_year = named(report, DEAR.name).per_year
    assert per_year is not None
    assert "quality unknown" in text
    assert all(name in text for name in FIGURES)
    assert f"A year\t2.74 € ({per_year.low:.2f} to {per_year.high:.2f})" in text
    assert "Assumed: 1,000 requests a day" in text


def test_the_ends_of_a_price_and_of_the_grid_can_be_typed(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    shown(qtbot, model)
    report = edited(
        qtbot,
        model,
        price=Ends(likely=0.30, low=0.20, high=0.60),
        grid=Ends(low=100.0),
    )
    assumed = report.assumptions
    assert assumed.electricity_price == Range(0.20, 0.30, 0.60)
    assert assumed.grid_g_per_kwh.low == 100.0
    assert assumed.grid_g_per_kwh.high > assumed.grid_g_per_kwh.likely > 100.0


OWN_LIST = """
[worth_in_eur]
USD = 0.5
[[model]]
name = "Ours"
prompt = 2
output = 4
currency = "USD"
date = 2026-10-01
source = "contract 17"
"""


def test_models_of_the_price_list_stand_beside_the_session_s(
    qtbot: QtBot, make_model: MakeModel, tmp_path: Path
) -> None:
    """By hand: 100 prompt and 50 output tokens, at 1 and 2 euros a million."""
    (tmp_path / "paid_models.toml").write_text(OWN_LIST, encoding="utf-8")
    model = make_model()
    shown(qtbot, model)
    qtbot.waitUntil(lambda: [each.name for each in model.paid] == ["Ours"])
    ours = named(edited(qtbot, model, paid=("Ours",)), "Ours")
    assert ours.per_request is not None
    assert ours.per_request.likely == pytest.approx(200e-6, rel=0.005)
    dearer = named(edited(qtbot, model, exchange="USD=0.9"), "Ours")
    assert dearer.per_request is not None
    assert dearer.per_request.likely == pytest.approx(360e-6, rel=0.005)


def test_a_model_without_an_exchange_rate_says_what_to_enter(
    qtbot: QtBot, make_model: MakeModel
) -> None:
    model = make_model()
    shown(qtbot, model)
    report = edited(qtbot, model, paid=("Claude Sonnet 4.5",))
    sonnet = named(report, "Claude Sonnet 4.5")
    assert sonnet.per_request is None
    assert "enter what 1 USD is worth in EUR" in " ".join(remarks(sonnet, report.assumptions))


def test_the_user_s_own_list_is_made_once_and_kept(
    qtbot: QtBot, make_model: MakeModel, tmp_path: Path
) -> None:
    model = make_model()
    shown(qtbot, model)
    with qtbot.waitSignal(model.own_list_made) as made:
        model.make_own_list()
    path = tmp_path / "paid_models.toml"
    assert made.args == [str(path)]
    path.write_text(OWN_LIST, encoding="utf-8")
    with qtbot.waitSignal(model.own_list_made):
        model.make_own_list()
    assert path.read_text(encoding="utf-8") == OWN_LIST


def test_a_list_that_was_changed_meanwhile_is_read_anew(
    qtbot: QtBot, make_model: MakeModel, tmp_path: Path
) -> None:
    model = make_model()
    shown(qtbot, model)
    (tmp_path / "paid_models.toml").write_text(OWN_LIST, encoding="utf-8")
    with qtbot.waitSignal(model.estimated):
        model.read_tables()
    assert [each.name for each in model.paid] == ["Ours"]


def test_the_verdicts_of_a_suite_s_session_stand_beside_its_saving(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    suite = msgspec.structs.replace(weighed(), kind="suite", verdicts=(judged("non-inferior"),))
    model = CostModel(jobs, tmp_path, PLAIN, jobs)
    model.use(FakeHistory([suite]))
    report = shown(qtbot, model)
    (answer,) = answers(report, model.verdicts)
    assert answer.badge != UNKNOWN[0]
    assert "good enough at your margin" in answer.sentence


def test_a_calibrated_machine_s_sessions_are_priced_at_the_plug(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    """By hand: 90 J / 0.8 + 22.5 W · 6 s."""
    plug = PlugCalibration(
        idle=PlugReading(plug_watts=35.0, parts_watts=10.0),
        load=PlugReading(plug_watts=110.0, parts_watts=70.0),
        parts=("processor package-0 by powercap",),
        made=datetime(2026, 3, 1, tzinfo=UTC),
    )
    save_energy_settings(energy_file(tmp_path), EnergySettings(plug=plug))
    here = msgspec.structs.replace(weighed().environment, cpu=processor_name())
    model = CostModel(jobs, tmp_path, PLAIN, jobs)
    model.use(FakeHistory([msgspec.structs.replace(weighed(), environment=here)]))
    dear = named(shown(qtbot, model), DEAR.name)
    assert dear.joules_per_request is not None
    assert dear.joules_per_request.likely == pytest.approx(90 / 0.8 + 22.5 * 6, rel=0.01)


def test_an_earlier_suite_of_the_history_judges_the_same_models(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    suite = msgspec.structs.replace(
        weighed("s9", title="Letters of ours"),
        kind="suite",
        verdicts=(judged("non-inferior"),),
    )
    model = CostModel(jobs, tmp_path, PLAIN, jobs)
    model.use(FakeHistory([weighed(), suite]))
    model.look_at("s1")
    report = shown(qtbot, model)
    (answer,) = answers(report, model.verdicts)
    assert "good enough at your margin" in answer.sentence
    assert "comes from the session “Letters of ours” of" in " ".join(report.notes)
