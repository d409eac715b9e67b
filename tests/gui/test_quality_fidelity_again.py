"""Recorded fidelity runs once more in the window: as they were, and changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from engine.contract import BundledSource, FidelityTask, PastedSource, RepliesSource, Session
from engine.fidelity import FidelityPlan, RepliesPlan
from engine.fidelity_recording import session_plan
from gui.app import Desk
from gui.compare.compare_model import CompareModel
from gui.history.words import measured_on
from gui.quality.fidelity_result import FidelityResult
from gui.quality.texts import Bundled, PastedText, PromptsFile, RecordedReplies, Source, TextFile
from tests.gui.fake_fidelity import FakeFidelityBench
from tests.gui.fakes import ENVIRONMENT, Fakes, contender
from tests.gui.test_quality_page import shown_rows

Q8, Q2 = contender("Q8_0", 145_000_000), contender("Q2_K")


@pytest.fixture
def bench() -> FakeFidelityBench:
    return FakeFidelityBench()


@pytest.fixture
def desk(open_desk: Callable[..., Desk], tmp_path: Path, bench: FakeFidelityBench) -> Desk:
    fakes = Fakes(tmp_path)
    fakes.fidelity = bench
    desk = open_desk(fakes)
    desk.compare.contenders.replace_all((Q8, Q2))
    desk.window.actions_table.action("page1").trigger()
    return desk


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text("A text of mine.", encoding="utf-8")
    return path


def recorded(plan: FidelityPlan | RepliesPlan) -> Session:
    """A run that was killed before it found anything."""
    known = session_plan(plan)
    return Session(
        id="20261103-000000-fide",
        title=known.title or "",
        created=datetime(2026, 11, 3, tzinfo=UTC),
        kind="fidelity",
        status="interrupted",
        environment=ENVIRONMENT,
        sampling=known.sampling,
        contenders=known.contenders,
        cases=known.cases,
        fidelity_task=known.fidelity_task,
    )


def run(qtbot: QtBot, desk: Desk, bench: FakeFidelityBench, **settings: object) -> Session:
    """Measure with these settings; gives what the history would keep."""
    model = desk.quality.fidelity
    model.edit(msgspec.structs.replace(model.settings, **settings))
    desk.quality_page.run.click()
    qtbot.waitUntil(lambda: not desk.quality.running)
    return recorded(bench.plans[-1])


def measured_again(
    qtbot: QtBot, desk: Desk, bench: FakeFidelityBench, session: Session
) -> FidelityPlan | RepliesPlan:
    before = len(bench.plans)
    desk.quality_page.repeat_fidelity(session)
    qtbot.waitUntil(lambda: not desk.quality.running)
    assert len(bench.plans) == before + 1
    return bench.plans[-1]


@pytest.mark.parametrize("of", ["bundled", "file", "prompts"])
def test_a_run_is_measured_again_as_it_was_after_other_settings_were_made(
    of: str, qtbot: QtBot, desk: Desk, bench: FakeFidelityBench, text: Path
) -> None:
    sources: dict[str, Source] = {
        "bundled": Bundled("code"),
        "file": TextFile(str(text)),
        "prompts": PromptsFile(str(text)),
    }
    asked = {"source": sources[of], "n_ctx": 64, "max_chunks": 2, "max_tokens": 9, "until": 0.01}
    session = run(qtbot, desk, bench, **asked, noise_floor=False)
    first = bench.plans[0]
    run(qtbot, desk, bench, source=Bundled("german"), n_ctx=96, max_chunks=1, max_tokens=5)
    desk.quality_page.tabs.setCurrentIndex(1)
    assert measured_again(qtbot, desk, bench, session) == first
    assert desk.quality_page.tabs.currentIndex() == 0
    assert desk.quality.fidelity.settings.source == sources[of]


def test_what_was_asked_is_shown_in_the_form_and_can_be_changed(
    qtbot: QtBot, desk: Desk, bench: FakeFidelityBench, text: Path
) -> None:
    asked = {"source": TextFile(str(text)), "n_ctx": 64, "max_chunks": 2, "until": 0.01}
    session = run(qtbot, desk, bench, **asked, noise_floor=False)
    run(qtbot, desk, bench, source=Bundled("german"), max_chunks=1, until=None, noise_floor=True)
    page = desk.quality_page
    page.change_fidelity(session)
    assert page.banners.banners[-1].text.startswith("Change models, text or limits")
    form = page.fidelity_form
    assert (form.source.choice, form.file_name.text()) == ("file", "mine.txt")
    assert (form.n_ctx.number, form.chunks.number, form.until.number) == (64, 2, 0.01)
    assert not form.noise_floor.isChecked()
    form.chunks.set_number(3)
    page.run.click()
    qtbot.waitUntil(lambda: not desk.quality.running)
    changed = msgspec.structs.replace(bench.plans[0], max_chunks=3)
    assert bench.plans[-1] == changed


def test_a_text_that_has_changed_is_not_measured_again_and_named(
    qtbot: QtBot, desk: Desk, bench: FakeFidelityBench, text: Path
) -> None:
    session = run(qtbot, desk, bench, source=TextFile(str(text)))
    text.write_text("Another text.", encoding="utf-8")
    page = desk.quality_page
    page.repeat_fidelity(session)
    qtbot.waitUntil(lambda: not desk.quality.running)
    told = page.banners.banners[-1]
    assert told.text.startswith(f"{text} is no longer the text that was measured")
    assert (told.kind, len(bench.plans)) == ("error", 1)
    assert isinstance(page.result, FidelityResult)
    assert shown_rows(page.result.table)[0][-1] == "not measured"
    page.change_fidelity(session)
    qtbot.waitUntil(lambda: "has changed since that run" in page.banners.banners[-1].text)


def test_a_session_s_replies_and_a_pasted_text_are_taken_over_as_far_as_they_are_kept(
    desk: Desk,
) -> None:
    page, form, model = desk.quality_page, desk.quality_page.fidelity_form, desk.quality.fidelity
    on_text = FidelityPlan(reference=Q8, candidates=(Q2,), text="", text_name="pasted text")
    plan = RepliesPlan(reference=Q8, candidates=(Q2,), cases=(), name="A talk")
    page.open_fidelity(
        recorded(msgspec.structs.replace(plan, source=RepliesSource(session="id of it")))
    )
    sources: list[Source] = [model.settings.source]
    assert (form.source.choice, form.file_name.text()) == ("session", "A talk")
    page.open_fidelity(recorded(msgspec.structs.replace(on_text, source=PastedSource())))
    sources.append(model.settings.source)
    assert sources == [RecordedReplies("id of it", "A talk"), PastedText("")]
    assert page.why.text() == "Paste a text first."


def test_an_older_run_does_not_tell_what_to_measure(desk: Desk, bench: FakeFidelityBench) -> None:
    older = recorded(FidelityPlan(reference=Q8, candidates=(Q2,), text="", text_name="mine.txt"))
    page, settings = desk.quality_page, desk.quality.fidelity.settings
    page.repeat_fidelity(older)
    assert "does not tell all that was asked" in page.banners.banners[-1].text
    assert (bench.plans, desk.quality.fidelity.settings) == ([], settings)


def test_nothing_is_measured_again_while_a_comparison_runs(
    desk: Desk, bench: FakeFidelityBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CompareModel, "running", True)
    desk.compare.availability_changed.emit()
    desk.quality_page.repeat_fidelity(
        recorded(FidelityPlan(reference=Q8, candidates=(Q2,), text="", text_name="mine.txt"))
    )
    assert desk.quality_page.banners.banners[-1].text == "Wait for the comparison to end."
    assert not bench.plans


def test_history_says_that_a_fidelity_run_is_not_resumed_but_begins_anew(desk: Desk) -> None:
    assert "Run it again: it begins anew" in desk.opener.why_not("resume", "fidelity")
    assert not desk.opener.why_not("again", "fidelity")


def test_history_tells_what_was_measured_within_which_limits() -> None:
    bundled = FidelityTask(source=BundledSource(name="code"), name="Python code", n_ctx=512)
    assert measured_on(bundled) == "Python code, all chunks of 512 tokens"
    limited = msgspec.structs.replace(bundled, max_chunks=1, until=0.005, noise_floor=False)
    assert measured_on(limited).endswith(
        ", 1 chunk of 512 tokens, until ± 0.005, without noise floor"
    )
