from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from engine.contract import Began, Case, Event, Message, Plan, Session, Started
from engine.errors import PlanError
from gui.compare.cells import Phase
from gui.compare.compare_model import CompareModel
from gui.compare.draft_model import Draft
from gui.jobs import Jobs
from tests.gui.fakes import (
    FakeBench,
    FakeHistory,
    Fakes,
    contender,
    pieces,
    reply_to,
    session_of,
    whole_run,
)

A, B = contender("Q8_0"), contender("Q2_K")

Make = Callable[..., CompareModel]


@pytest.fixture
def make(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> Iterator[Make]:
    made: list[CompareModel] = []

    def make_one(
        bench: FakeBench | None = None, history: FakeHistory | None = None
    ) -> CompareModel:
        fakes = Fakes(tmp_path, bench, history)
        compare = CompareModel(jobs, fakes.given)
        made.append(compare)
        compare.make_ready(fakes.history)
        qtbot.waitUntil(lambda: compare.why_not_run() != "Getting ready…")
        return compare

    yield make_one
    for compare in made:
        assert compare.close()
        compare.deleteLater()


def draw_up(compare: CompareModel, prompt: str = "Why?") -> None:
    compare.contenders.replace_all((A, B))
    compare.draft.edit(prompt=prompt)


def finish(qtbot: QtBot, compare: CompareModel) -> None:
    qtbot.waitUntil(lambda: not compare.running)


def test_it_says_what_is_missing_before_it_can_run(make: Make) -> None:
    compare = make()
    assert compare.why_not_run() == "Add a model first."
    compare.contenders.replace_all((A,))
    assert compare.why_not_run() == "Write a prompt first."
    compare.draft.edit(prompt="Why?")
    assert compare.why_not_run() == ""


def test_it_is_getting_ready_until_the_bench_is_there(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    compare = CompareModel(jobs, Fakes(tmp_path).given)
    assert compare.why_not_run() == "Getting ready…"
    compare.run()
    assert not compare.running


def test_a_run_ends_with_every_reply_on_the_board(qtbot: QtBot, make: Make) -> None:
    compare = make()
    draw_up(compare)
    compare.run()
    assert compare.running
    assert compare.why_not_edit() == "Stop the comparison first."
    finish(qtbot, compare)
    assert compare.board.status == "finished"
    assert compare.board.text(A.name) == ("An answer.", "")
    assert compare.board.column(B.name).phase is Phase.DONE
    assert compare.why_not_run() == ""


def test_stop_keeps_what_was_produced(qtbot: QtBot, make: Make) -> None:
    def script(plan: Plan) -> Iterator[Event | threading.Event]:
        yield Began(session="s1")
        yield Started(contender=A.name, case="1", repeat=0)
        yield from pieces(A.name, "It is")
        yield threading.Event()
        yield from whole_run(plan)

    compare = make(FakeBench(script))
    draw_up(compare)
    compare.run()
    qtbot.waitUntil(lambda: compare.board.text(A.name)[0] == "It is")
    compare.stop()
    assert compare.why_not_stop() == "Stopping…"
    finish(qtbot, compare)
    assert compare.board.column(A.name).phase is Phase.STOPPED
    assert compare.board.column(B.name).phase is Phase.NOT_RUN
    assert compare.why_not_stop() == "Nothing is running."


def test_a_stop_right_after_the_start_is_not_lost(qtbot: QtBot, make: Make) -> None:
    def script(plan: Plan) -> Iterator[Event | threading.Event]:
        yield threading.Event()
        yield from whole_run(plan)

    compare = make(FakeBench(script))
    draw_up(compare)
    for _ in range(5):
        compare.run()
        compare.stop()
        finish(qtbot, compare)
        assert compare.board.status == "stopped"


def test_a_plan_that_cannot_run_is_told_and_leaves_the_page_usable(
    qtbot: QtBot, make: Make
) -> None:
    class Refusing(FakeBench):
        def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]:
            raise PlanError("Two contenders have the same name.")

    compare = make(Refusing())
    draw_up(compare)
    told: list[str] = []
    compare.failed.connect(told.append)
    compare.run()
    finish(qtbot, compare)
    assert told == ["Two contenders have the same name."]
    assert compare.board.status == "stopped"
    assert compare.why_not_run() == ""


def test_a_fault_of_ours_in_a_run_reaches_the_crash_handler(qtbot: QtBot, tmp_path: Path) -> None:
    def script(plan: Plan) -> Iterator[Event]:
        yield Began(session="s1")
        raise RuntimeError("a mistake")

    jobs = Jobs()
    crashes: list[Exception] = []
    jobs.crashed.connect(crashes.append)
    fakes = Fakes(tmp_path, FakeBench(script))
    compare = CompareModel(jobs, fakes.given)
    compare.make_ready(fakes.history)
    qtbot.waitUntil(lambda: compare.why_not_run() == "Add a model first.")
    draw_up(compare)
    compare.run()
    qtbot.waitUntil(lambda: bool(crashes))
    assert str(crashes[0]) == "a mistake"
    assert not compare.running
    assert compare.close()
    assert jobs.close()


def test_files_are_read_in_the_background_and_become_contenders(qtbot: QtBot, make: Make) -> None:
    compare = make()
    told: list[str] = []
    compare.failed.connect(told.append)
    compare.add_files([Path("/m/a.Q8_0.gguf"), Path("/m/notes.txt"), Path("/m/a.Q2_K.gguf")])
    qtbot.waitUntil(lambda: len(compare.contenders.contenders) == 2 and bool(told))
    assert [each.name for each in compare.contenders.contenders] == ["a Q8_0", "a Q2_K"]
    assert told == ["/m/notes.txt is not a GGUF file. Choose a file that ends in .gguf."]


def test_the_demo_makes_its_models_and_runs(qtbot: QtBot, make: Make) -> None:
    compare = make()
    progress: list[tuple[str, float]] = []
    compare.demo.progressed.connect(lambda text, fraction: progress.append((text, fraction)))
    compare.demo.run()
    qtbot.waitUntil(lambda: compare.board.status == "finished")
    assert [fraction for _, fraction in progress] == [0.4, 0.8]
    assert len(compare.board.contenders) == 3
    assert compare.draft.draft.prompt


def test_a_session_is_opened_with_its_models_prompt_and_replies(qtbot: QtBot, make: Make) -> None:
    plan = Plan(
        contenders=(A, B), cases=(Case(id="1", messages=(Message(role="user", content="Why?"),)),)
    )
    session = session_of(plan, [reply_to(A.name), reply_to(B.name)])
    compare = make()
    opened: list[Session] = []
    compare.opened.connect(opened.append)
    compare.show_session(session)
    assert opened == [session]
    assert compare.contenders.contenders == (A, B)
    assert compare.draft.draft.prompt == "Why?"
    assert compare.board.text(B.name)[0] == "An answer."


def two_prompts() -> Plan:
    cases = tuple(
        Case(id=str(n), messages=(Message(role="user", content=f"Question {n}"),)) for n in (1, 2)
    )
    return Plan(contenders=(A, B), cases=cases)


def test_the_composer_follows_the_shown_prompt_until_it_is_edited(qtbot: QtBot, make: Make) -> None:
    compare = make()
    compare.show_session(session_of(two_prompts(), []))
    assert compare.draft.draft.prompt == "Question 1"
    compare.board.show_case(1)
    assert compare.draft.draft.prompt == "Question 2"
    compare.draft.edit(prompt="My own")
    compare.board.show_case(0)
    assert compare.draft.draft.prompt == "My own"


def test_an_interrupted_session_can_be_resumed(qtbot: QtBot, make: Make) -> None:
    session = session_of(two_prompts(), [reply_to(A.name)], status="interrupted")
    bench = FakeBench()
    compare = make(bench, FakeHistory([session]))
    assert compare.why_not_resume() == "No unfinished session is open."
    compare.show_session(session)
    assert not compare.why_not_resume()
    compare.resume()
    qtbot.waitUntil(lambda: compare.board.status == "finished")
    assert bench.resumed == [session]
    assert bench.plans == [session.plan()]


def test_run_again_runs_the_whole_session_that_is_shown(qtbot: QtBot, make: Make) -> None:
    bench = FakeBench()
    compare = make(bench)
    compare.show_session(session_of(two_prompts(), []))
    assert len(compare.board.cases) == 2
    compare.run_again()
    finish(qtbot, compare)
    assert [len(plan.cases) for plan in bench.plans] == [2]
    assert bench.resumed == [None]


def test_a_changed_session_stays_whole_while_its_prompts_are_looked_at(
    qtbot: QtBot, make: Make
) -> None:
    compare = make()
    compare.change_session(session_of(two_prompts(), []))
    compare.board.show_case(1)
    assert len(compare.draft.draft.cases) == 2
    compare.draft.edit(prompt="")
    assert not compare.why_not_run()
    compare.draft.edit(cases=())
    assert compare.why_not_run() == "Write a prompt first."


def test_the_last_contenders_come_back_as_far_as_their_files_are_there(
    qtbot: QtBot, make: Make
) -> None:
    compare = make()
    warned: list[str] = []
    compare.warned.connect(warned.append)
    gone = contender("Q6_K")
    lost = type(gone)(
        name="Lost", model=type(gone.model)(path="/x.bin", file="x.bin", size_bytes=1)
    )
    compare.restore((A, lost), Draft(prompt="Why?"))
    qtbot.waitUntil(lambda: bool(warned))
    assert [each.name for each in compare.contenders.contenders] == [A.name]
    assert warned[0].startswith("Lost is no longer on the page: /x.bin")
    assert compare.draft.draft.prompt == "Why?"


def test_a_session_opened_before_the_last_contenders_are_back_shows_its_own_alone(
    qtbot: QtBot, make: Make, jobs: Jobs
) -> None:
    compare = make()
    looked = threading.Event()
    compare.restore((contender("Q6_K"),), Draft())
    jobs.start("files", looked.set)
    compare.show_session(session_of(two_prompts(), []))
    own = compare.contenders.contenders
    qtbot.waitUntil(looked.is_set)
    QCoreApplication.processEvents()
    assert compare.contenders.contenders == own


def test_closing_during_a_run_stops_it_and_ends_the_workers(
    qtbot: QtBot, jobs: Jobs, tmp_path: Path
) -> None:
    def script(plan: Plan) -> Iterator[Event | threading.Event]:
        yield Began(session="s1")
        yield threading.Event()

    fakes = Fakes(tmp_path, FakeBench(script))
    compare = CompareModel(jobs, fakes.given)
    compare.make_ready(fakes.history)
    qtbot.waitUntil(lambda: compare.why_not_run() == "Add a model first.")
    draw_up(compare)
    compare.run()
    qtbot.waitUntil(lambda: compare.board.session_id == "s1")
    assert compare.close()
    assert fakes.bench.stopped.is_set()
    assert fakes.bench.closed


def test_new_comparison_clears_the_board_and_keeps_the_models(qtbot: QtBot, make: Make) -> None:
    compare = make()
    draw_up(compare)
    compare.run()
    finish(qtbot, compare)
    compare.start_anew()
    assert compare.board.status == "empty"
    assert compare.contenders.contenders == (A, B)
    assert compare.draft.draft.prompt == ""
