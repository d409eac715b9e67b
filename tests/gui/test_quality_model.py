from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from engine.contract import Fidelity
from engine.errors import LoadError, PlanError
from engine.fidelity import FidelityPlan
from gui.compare.contenders_model import ContendersModel
from gui.jobs import Jobs
from gui.quality.participants_model import ParticipantsModel
from gui.quality.quality_model import QualityModel
from gui.quality.texts import (
    Bundled,
    PastedText,
    PromptsFile,
    TextFile,
    read_text,
    why_no_text,
)
from storage.history import History
from tests.gui.fake_fidelity import FakeFidelityBench
from tests.gui.fakes import Fakes, contender

F16, Q8, Q2 = contender("F16", 271_000_000), contender("Q8_0", 145_000_000), contender("Q2_K")


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


@pytest.fixture
def model(qtbot: QtBot, jobs: Jobs, fakes: Fakes) -> QualityModel:
    contenders = ContendersModel()
    contenders.replace_all((Q8, F16, Q2))
    made = QualityModel(jobs, fakes.given, contenders)
    contenders.setParent(made)
    made.fidelity.edit(
        msgspec.structs.replace(made.fidelity.settings, source=PastedText("A text."), max_chunks=3)
    )
    return made


def run(qtbot: QtBot, model: QualityModel) -> None:
    model.fidelity.run()
    qtbot.waitUntil(lambda: not model.running)


def test_the_largest_file_is_the_reference_until_another_is_chosen(model: QualityModel) -> None:
    participants = model.participants
    assert participants.reference == F16
    assert participants.candidates == (Q8, Q2)
    participants.choose_reference(Q8.name)
    assert participants.reference == Q8
    assert participants.candidates == (F16, Q2)


def test_a_candidate_can_be_left_out(model: QualityModel) -> None:
    model.participants.set_candidate(Q8.name, False)
    assert model.participants.candidates == (Q2,)


def test_a_reference_that_is_removed_gives_way_to_another() -> None:
    contenders = ContendersModel()
    participants = ParticipantsModel(contenders)
    contenders.replace_all((F16, Q2))
    participants.choose_reference(Q2.name)
    contenders.remove(Q2.name)
    assert participants.reference == F16
    assert participants.why_not_enough() == "Add a second model to compare with the first."


def test_nothing_runs_without_a_text(model: QualityModel) -> None:
    settings = msgspec.structs.replace(model.fidelity.settings, source=PastedText("  "))
    model.fidelity.edit(settings)
    assert model.fidelity.why_not_run() == "Paste a text first."
    model.fidelity.run()
    assert not model.running


def test_a_run_gives_estimates_and_then_the_document(
    qtbot: QtBot, model: QualityModel, fakes: Fakes
) -> None:
    estimated: list[str] = []
    fractions: list[float] = []
    model.fidelity.estimated.connect(estimated.append)
    model.fidelity.progressed.connect(lambda words, fraction: fractions.append(fraction))
    run(qtbot, model)
    assert estimated == [Q8.name, Q2.name] * 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    document = model.fidelity.document
    assert document is not None
    assert [each.name for each in document.candidates] == [Q8.name, Q2.name]
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    plan = fakes.fidelity.plans[0]
    assert isinstance(plan, FidelityPlan)
    assert (plan.text, plan.text_name, plan.max_chunks) == ("A text.", "pasted text", 3)


def test_a_run_is_recorded_with_what_it_found(
    qtbot: QtBot, model: QualityModel, tmp_path: Path
) -> None:
    with History.open(tmp_path / "history.sqlite") as history:
        model.use(history)
        run(qtbot, model)
        (summary,) = history.sessions(10)
        session = history.session(summary.id)
    assert (session.kind, session.status) == ("fidelity", "finished")
    assert session.fidelity == model.fidelity.document
    assert session.contenders == (F16, Q8, Q2)


def test_stop_keeps_what_was_measured(qtbot: QtBot, model: QualityModel, fakes: Fakes) -> None:
    fakes.fidelity = FakeFidelityBench(threading.Event())
    model.fidelity.run()
    qtbot.waitUntil(lambda: len(model.fidelity.running_estimates) == 2)
    model.fidelity.stop()
    assert model.fidelity.why_not_stop() == "Stopping…"
    qtbot.waitUntil(lambda: not model.running)
    document = model.fidelity.document
    assert document is not None
    assert document.stopped == "stopped by the user"


def test_a_stop_that_follows_at_once_is_not_lost(
    qtbot: QtBot, model: QualityModel, fakes: Fakes
) -> None:
    fakes.fidelity = FakeFidelityBench(threading.Event())
    model.fidelity.run()
    model.fidelity.stop()
    qtbot.waitUntil(lambda: not model.running)


def test_a_fault_of_the_world_is_told_and_a_second_run_is_possible(
    qtbot: QtBot, model: QualityModel, fakes: Fakes
) -> None:
    told: list[str] = []
    model.failed.connect(told.append)
    fakes.fidelity = FakeFidelityBench(fault=LoadError("The file is damaged. Fetch it again."))
    run(qtbot, model)
    assert told == ["The file is damaged. Fetch it again."]
    assert model.fidelity.why_not_run() == ""


def test_a_file_that_is_no_text_is_told_by_name(
    qtbot: QtBot, model: QualityModel, tmp_path: Path
) -> None:
    told: list[str] = []
    model.failed.connect(told.append)
    wrong = tmp_path / "picture.txt"
    wrong.write_bytes(b"\xff\xfe\x00\x80")
    settings = msgspec.structs.replace(model.fidelity.settings, source=TextFile(str(wrong)))
    model.fidelity.edit(settings)
    run(qtbot, model)
    assert len(told) == 1
    assert "picture.txt is not a text in UTF-8" in told[0]


def test_closing_ends_a_run(qtbot: QtBot, model: QualityModel, fakes: Fakes) -> None:
    fakes.fidelity = FakeFidelityBench(threading.Event())
    model.fidelity.run()
    qtbot.waitUntil(lambda: bool(model.fidelity.running_estimates))
    assert model.close()


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"nowhere\.txt cannot be read"):
        read_text(TextFile(str(tmp_path / "nowhere.txt")))


def test_a_text_file_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe")
    assert read_text(TextFile(str(file))) == ("notes.txt", "Grüße")


def test_a_bundled_text_is_read_by_its_name() -> None:
    assert why_no_text(Bundled()) == ""
    name, text = read_text(Bundled("code"))
    assert name == "Python code"
    assert len(text) > 100_000


def on_prompts(model: QualityModel, path: Path) -> None:
    source = PromptsFile(str(path))
    model.fidelity.edit(msgspec.structs.replace(model.fidelity.settings, source=source))


def test_prompts_go_forward_from_the_answers_to_the_scores(
    qtbot: QtBot, model: QualityModel, fakes: Fakes, tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n')
    on_prompts(model, prompts)
    fractions: list[float] = []
    model.fidelity.progressed.connect(lambda words, fraction: fractions.append(fraction))
    run(qtbot, model)
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    document = model.fidelity.document
    assert document is not None
    assert document.scored == "replies"
    far = document.candidates[1]
    assert isinstance(far, Fidelity)
    question = model.fidelity.question(far.name, far.replies[1])
    assert question is not None
    assert (question.reference, question.candidate) == (F16, Q2)
    assert (question.case.messages[-1].content, question.place) == ("Two?", 2)
    assert model.fidelity.question("nobody", far.replies[1]) is None


def test_a_file_without_prompts_is_told(qtbot: QtBot, model: QualityModel, tmp_path: Path) -> None:
    told: list[str] = []
    model.failed.connect(told.append)
    source = PromptsFile()
    model.fidelity.edit(msgspec.structs.replace(model.fidelity.settings, source=source))
    assert model.fidelity.why_not_run() == "Choose a file of prompts first."
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    on_prompts(model, empty)
    run(qtbot, model)
    assert told == ["empty.txt holds no prompt. Write one a line."]


def test_who_holds_the_machine_is_told(qtbot: QtBot, model: QualityModel) -> None:
    with qtbot.waitSignal(model.held) as told:
        model.hold("Wait for the comparison to end.")
    assert told.args == [model.why_not_run()]
