"""suite: verdicts shown and written, stopped and resumed, and one run with the real small model."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from cli.failures import guarded
from cli.sessions import show_session
from cli.suite import suite
from cli.suite_options import SuiteOptions
from cli.suite_view import print_trade_off
from cli.usage import WrongUsage
from engine.contract import (
    Began,
    Event,
    Failed,
    Findings,
    Finished,
    Notice,
    NotRecorded,
    Plan,
    Recorder,
    Replied,
    Reply,
    Session,
)
from engine.errors import SuiteError
from engine.quality.cases import read_suite
from engine.quality.scores import overrule
from engine.quality.standings import TradeOff
from engine.suite import assess
from storage.document import parse
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import RunMain, describe_nothing
from tests.cli.fakes import ENVIRONMENT, reply

Capture = pytest.CaptureFixture[str]
ModelFiles = Callable[..., list[str]]
LIMIT_S = 10
CASES = """
prompts: ["{{question}}"]
tests:
  - {vars: {question: "One?"}, assert: [{type: contains, value: "yes"}]}
  - {vars: {question: "Two?"}, assert: [{type: contains, value: "yes"}]}
  - {vars: {question: "Three?"}, assert: [{type: contains, value: "yes"}]}
"""

pytestmark = pytest.mark.usefixtures("home")


class Answers:
    """A bench in which each contender always gives its text, None: fails.

    presses: Ctrl+C comes before the reply of this number. disk_full: nothing can be recorded.
    """

    def __init__(
        self,
        texts: Mapping[str, str | None],
        presses: int | None = None,
        disk_full: bool = False,
    ) -> None:
        self._texts = texts
        self._presses = presses
        self._disk_full = disk_full
        self._stopped = threading.Event()
        self._recorder: Recorder | None = None
        self.plan: Plan | None = None
        self.asked = 0

    def made_with(self, recorder: Recorder | None) -> Answers:
        self._recorder = recorder
        return self

    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]:
        self.plan = plan
        assert self._recorder is not None
        done = {(each.contender, each.case) for each in resume.replies} if resume else set()
        session = resume.id if resume else self._recorder.begin(plan, ENVIRONMENT)
        if resume:
            self._recorder.resume(session)
        yield Began(session=session)
        yield Notice(text="Answered in batches.")
        if self._disk_full:
            yield NotRecorded(reason="The disk is full.")
        for contender in plan.contenders:
            for case in plan.cases:
                if (contender.name, case.id) in done:
                    continue
                if self.asked == self._presses:
                    signal.raise_signal(signal.SIGINT)
                    assert self._stopped.wait(LIMIT_S)
                    self._recorder.end(session, "stopped")
                    yield Finished(status="stopped", elapsed_s=1.0)
                    return
                self.asked += 1
                made = self._reply(contender.name, case.id)
                if not self._disk_full:
                    self._recorder.record(session, made)
                yield Failed(reply=made) if made.error else Replied(reply=made)
        self._recorder.end(session, "finished")
        yield Finished(status="finished", elapsed_s=1.0)

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        pass

    def _reply(self, contender: str, case: str) -> Reply:
        text = self._texts[contender]
        if text is None:
            return reply(contender, case, "", finish_reason="error", error="It broke.")
        return reply(contender, case, text)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES, encoding="utf-8")
    return path


def judge(files: list[str], bench: Answers, **options: Any) -> int:
    paths = [Path(each) for each in files]
    return suite(
        paths[0] if paths else None,
        paths[1:],
        SuiteOptions(**options),
        make_bench=bench.made_with,
        describe_model=describe_nothing,
    )


def recorded() -> Session:
    with History.open(database_path()) as history:
        (only,) = history.sessions()
        return history.session(only.id)


def test_pass_rates_verdict_and_lost_cases_are_shown(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    assert (
        judge(model_files("big", "small"), Answers({"big": "yes", "small": "no"}), cases=cases) == 0
    )
    captured = capsys.readouterr()
    shown = captured.out
    assert "3 cases" in shown
    assert "100.0 %" in shown
    assert "0.0 %" in shown
    assert any(f"small: {word}" in shown for word in ("WORSE", "UNDECIDED"))
    assert "lost: " in shown
    assert f"sessions show {recorded().id}" in captured.err


def test_json_is_the_session_with_scores_and_verdicts(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    bench = Answers({"big": "yes", "small": "yes"})
    assert judge(model_files("big", "small"), bench, cases=cases, as_json=True, margin=10.0) == 0
    out = capsys.readouterr().out
    session, document = parse(out.encode(), "standard output"), json.loads(out)
    assert session == recorded()
    assert session.kind == "suite"
    assert len(document["scores"]) == 6
    assert {"contender", "case", "repeat", "passed", "checks"} <= set(document["scores"][0])
    (verdict,) = document["verdicts"]
    assert (verdict["reference"], verdict["contender"]) == ("big", "small")
    assert (verdict["n"], verdict["b"], verdict["c"], verdict["margin"]) == (3, 0, 0, 0.1)
    assert {"difference", "lower_bound", "outcome", "cases_needed", "vetoed_by"} <= set(verdict)
    found = assess(read_suite(cases), session.contenders, session.replies, margin=0.1)
    assert document["sentences"] == list(found.sentences)


def test_options_go_into_the_plan(model_files: ModelFiles) -> None:
    bench = Answers({"big": "1", "small": "1"})
    options: dict[str, Any] = {"ready": "arithmetic", "number": 2, "repeat": 1, "max_tokens": 8}
    judge(model_files("big", "small"), bench, **options, deterministic=True, ctx=256, threads=1)
    plan = bench.plan
    assert plan is not None
    assert (len(plan.cases), plan.sampling.max_tokens, plan.batched) == (2, 8, False)
    assert {(each.runtime.n_ctx, each.runtime.threads) for each in plan.contenders} == {(256, 1)}


def test_a_recorded_suite_is_shown_with_what_the_checks_found_and_its_verdicts(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    bench = Answers({"big": "yes", "small": "no"})
    assert judge(model_files("big", "small"), bench, cases=cases) == 0
    ran = capsys.readouterr().out
    assert show_session(recorded().id, as_json=False) == 0
    shown = capsys.readouterr().out
    of_the_reference, of_the_candidate = shown.split("[big]")[1].split("[small]")[:2]
    assert "passed: contains. Contains “yes”. Found “yes”." in of_the_reference
    assert "failed: contains. “yes” is not in it." in of_the_candidate
    assert ran in shown, "the verdicts and what they cost, as the run printed them"


def test_a_file_that_is_set_against_itself_is_named(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    big, small = model_files("big", "small")
    bench = Answers({"big": "yes", "big 2": "yes", "big (2)": "yes", "small": "yes"})
    assert judge([big, small, big], bench, cases=cases) == 0
    told = capsys.readouterr().err
    assert "big (2) is the reference's own file with the same settings" in told
    assert "small is the reference's" not in told


def test_a_failed_contender_gives_its_sentence_and_exit_code_1(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    assert (
        judge(model_files("big", "small"), Answers({"big": "yes", "small": None}), cases=cases) == 1
    )
    assert "small failed: It broke." in capsys.readouterr().err


def test_ctrl_c_keeps_what_was_answered_and_resume_finishes_it(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    files, texts = model_files("big", "small"), {"big": "yes", "small": "yes"}
    assert judge(files, Answers(texts, presses=4), cases=cases, as_json=True) == 130
    captured = capsys.readouterr()
    stopped = parse(captured.out.encode(), "standard output")
    assert (stopped.status, len(stopped.replies)) == ("stopped", 4)
    assert recorded() == stopped
    assert f"suite --resume {stopped.id}" in captured.err

    rest = Answers(texts)
    assert judge([], rest, resume=stopped.id, as_json=True) == 0
    finished = parse(capsys.readouterr().out.encode(), "standard output")
    assert rest.asked == 2
    assert (finished.id, finished.status, len(finished.replies)) == (stopped.id, "finished", 6)
    assert recorded() == finished


def test_stopped_before_anybody_could_be_compared_asks_for_the_rest_alone(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    bench = Answers({"big": "yes", "small": "yes"}, presses=2)
    assert judge(model_files("big", "small"), bench, cases=cases) == 130
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 cases without a score are left out; if the run was stopped, finish it." in shown
    assert "should settle it" not in shown


def test_the_star_is_explained_where_there_is_one() -> None:
    assert "* no other model" not in shown_trade_off(TradeOff(contender="big", quality=None))
    starred = TradeOff(contender="big", quality=0.5, size_bytes=10**9, front=("size_bytes",))
    assert "* no other model" in shown_trade_off(starred)


def shown_trade_off(point: TradeOff) -> str:
    written = io.StringIO()
    print_trade_off(Console(file=written, width=100), [point])
    return written.getvalue()


def test_replies_that_cannot_be_recorded_are_judged_all_the_same(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    files, texts = model_files("big", "small"), {"big": "yes", "small": "yes"}
    judge(files, Answers(texts, presses=4), cases=cases)
    session = recorded().id
    capsys.readouterr()
    rest = Answers(texts, disk_full=True)
    assert judge([], rest, resume=session, as_json=True) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["scores"]) == 6
    assert "The disk is full." in captured.err
    assert "Recorded." not in captured.err


def test_resume_takes_models_and_cases_from_the_session_alone(
    model_files: ModelFiles, cases: Path
) -> None:
    files, bench = model_files("big", "small"), Answers({"big": "yes", "small": "yes"})
    judge(files, bench, cases=cases)
    session = recorded().id
    with pytest.raises(WrongUsage, match="name none here"):
        judge([], bench, cases=cases, resume=session)
    with pytest.raises(WrongUsage, match="name none here"):
        judge(files, bench, resume=session)


def test_a_session_is_judged_anew_with_what_was_overruled_in_it(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    bench = Answers({"big": "yes", "small": "no"})
    judge(model_files("big", "small"), bench, cases=cases, margin=20.0)
    session = recorded()
    place = next(i for i, each in enumerate(session.scores) if each.contender == "small")
    changed = overrule(session.scores[place], 0, passed=True, reason="It means yes.")
    scores = (*session.scores[:place], changed, *session.scores[place + 1 :])
    with History.open(database_path()) as history:
        history.keep(session.id, Findings(scores=scores))
    capsys.readouterr()
    assert judge([], bench, resume=session.id, as_json=True) == 0
    again = parse(capsys.readouterr().out.encode(), "standard output")
    (verdict,) = again.verdicts
    assert (verdict.margin, verdict.b, verdict.overruled) == (0.2, 2, 1)
    assert recorded() == again


@pytest.mark.parametrize(
    ("names", "options", "reason"),
    [
        (["big", "small"], {}, "one of --cases FILE, --ready NAME"),
        (["big", "small"], {"cases": Path("x"), "ready": "arithmetic"}, "one of --cases"),
        (["big", "small"], {"cases": Path("nowhere.yaml")}, "nowhere.yaml"),
        (["big", "small"], {"ready": "poetry"}, "poetry"),
        (["big"], {"ready": "arithmetic"}, "at least one candidate"),
        ([], {"ready": "arithmetic"}, "Name a reference"),
        (["big", "small"], {"ready": "arithmetic", "margin": 0.0}, "margin of 0 points"),
    ],
)
def test_wrong_usage_is_a_sentence(
    names: list[str], options: dict[str, Any], reason: str, model_files: ModelFiles
) -> None:
    with pytest.raises(WrongUsage, match=reason):
        judge(model_files(*names), Answers({}), **options)


def test_cases_come_from_standard_input(
    model_files: ModelFiles, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"prompt": "One?", "expected": "yes"}\n' * 2))
    bench = Answers({"big": "yes", "small": "yes"})
    assert judge(model_files("big", "small"), bench, cases=Path("-")) == 0
    assert "standard input: 2 cases." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "standard input: it is empty"), ("a: [", "standard input, line [12]: it is no YAML")],
)
def test_what_is_wrong_with_standard_input_is_told_of_it(
    text: str, reason: str, model_files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    with pytest.raises(SuiteError, match=reason) as caught:
        judge(model_files("big", "small"), Answers({}), cases=Path("-"))
    assert "pasted" not in str(caught.value)


def test_every_fault_of_a_file_is_told_with_its_line(
    model_files: ModelFiles, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("- {prompt: a, assert: [{type: contain, value: a}]}\n- {prompt: b, chek: 1}\n")
    files = model_files("big", "small")
    assert guarded(lambda: judge(files, Answers({}), cases=file)) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "The suite “broken.yaml” cannot be used."
    assert told[1].startswith("broken.yaml, line 1, [0].assert[0].type: there is no check named")
    assert told[2].startswith("broken.yaml, line 2, [1]")


@pytest.mark.parametrize(
    ("place", "reason"), [("none/x.csv", "There is no folder .*none"), (".", "is a folder")]
)
def test_a_place_that_cannot_be_written_is_told_before_the_run(
    place: str, reason: str, model_files: ModelFiles, cases: Path, tmp_path: Path
) -> None:
    bench = Answers({"big": "yes", "small": "yes"})
    with pytest.raises(WrongUsage, match=reason):
        judge(model_files("big", "small"), bench, cases=cases, trade_off=tmp_path / place)
    assert bench.asked == 0


def test_prompts_of_a_session_become_cases_with_checks(
    model_files: ModelFiles, cases: Path, tmp_path: Path, capsys: Capture
) -> None:
    files = model_files("big", "small")
    judge(files, Answers({"big": "yes", "small": "no"}), cases=cases)
    earlier = recorded()
    bench = Answers({"big": "yes", "small": "no"})
    options = {"from_session": earlier.id, "check": ["not-icontains: maybe"]}
    assert judge(files, bench, **options) == 0
    assert bench.plan is not None
    assert [len(case.checks) for case in bench.plan.cases] == [2, 2, 2]
    file = tmp_path / "mine.yaml"
    assert judge([], Answers({}), save_cases=file, answers_of="big", **options) == 0
    saved = read_suite(file)
    assert saved.cases == tuple(
        msgspec.structs.replace(case, answers=("yes",)) for case in bench.plan.cases
    )
    with pytest.raises(WrongUsage, match="has no “other”"):
        judge(files, bench, answers_of="other", **options)


def test_cases_without_any_check_are_not_run(
    model_files: ModelFiles, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "bare.yaml"
    file.write_text("- {prompt: One?}\n- {prompt: Two?}\n")
    bench = Answers({"big": "yes", "small": "no"})
    with pytest.raises(WrongUsage, match="None of these cases has a check"):
        judge(model_files("big", "small"), bench, cases=file)
    assert bench.asked == 0
    file.write_text("- {prompt: One?, expected: 'yes'}\n- {prompt: Two?}\n")
    assert judge(model_files("big", "small"), bench, cases=file) == 0
    assert "1 case without a check" in capsys.readouterr().err


def test_quality_beside_its_costs_is_shown_and_written(
    model_files: ModelFiles, cases: Path, tmp_path: Path, capsys: Capture
) -> None:
    table = tmp_path / "trade_off.csv"
    bench = Answers({"big": "yes", "small": "no"})
    files = model_files("big", "small")
    assert judge(files, bench, cases=cases, trade_off=table, price="0.5") == 0
    shown = capsys.readouterr().out
    assert "no other model passes as many cases for as little" in shown
    assert "a reply: not known. The replies do not tell how long they took." in shown
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["passed"] for row in rows] == ["1.0", "0.0"]
    assert [row["size_bytes_pareto"] for row in rows] == ["true", "false"]
    assert rows[0]["joules"] == ""
    assert rows[0]["joules_how"].startswith("not known: ")
    judge(files, bench, cases=cases, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert [point["contender"] for point in document["trade_off"]] == ["big", "small"]


def test_scores_reached_in_part_are_judged_when_asked_for_and_stay_so(
    model_files: ModelFiles, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "parts.yaml"
    checks = "[{type: contains, value: 'yes', weight: 3}, {type: contains, value: sir}]"
    file.write_text(f"- {{prompt: One?, checks: {checks}}}\n- {{prompt: Two?, checks: {checks}}}\n")
    bench = Answers({"big": "yes sir", "small": "yes"})
    assert judge(model_files("big", "small"), bench, cases=file, judge_by="score") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "small scores 25 points lower than big on average" in shown
    session = recorded()
    assert session.suite is not None
    assert session.suite.judged_by == "score"
    assert session.verdicts[0].difference == pytest.approx(-0.25)
    judge([], bench, resume=session.id)
    assert recorded().verdicts == session.verdicts
    judge([], bench, resume=session.id, judge_by="passed")
    assert recorded().verdicts[0].difference == pytest.approx(-1.0)


def test_a_check_is_overruled_by_hand_without_a_run(
    model_files: ModelFiles, cases: Path, capsys: Capture
) -> None:
    judge(model_files("big", "small"), Answers({"big": "yes", "small": "no"}), cases=cases)
    bench = Answers({})
    options = {"resume": recorded().id, "overrule": "2@small", "verdict": "passed"}
    assert judge([], bench, because="No means yes here.", **options) == 0
    assert bench.plan is None
    assert "1 check was overruled by hand." in " ".join(capsys.readouterr().out.split())
    session = recorded()
    (score,) = [s for s in session.scores if (s.contender, s.case) == ("small", "2")]
    assert (score.passed, score.checks[0].overruled) == (True, "No means yes here.")
    assert (session.verdicts[0].b, session.verdicts[0].overruled) == (2, 1)
    assert judge([], bench, because="Once more.", **(options | {"overrule": "3@small"})) == 0
    assert recorded().verdicts[0].overruled == 2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"because": ""}, "needs the case and the model"),
        ({"overrule": "2"}, "needs the case and the model"),
        ({"verdict": None}, "needs the case and the model"),
        ({"overrule": "9@small"}, "small has no reply to a case “9”"),
        ({"overrule": "2@other"}, "“other” is none of them"),
        ({"which": "2"}, "The case has: 1 contains"),
        ({"resume": None}, "needs the session"),
    ],
)
def test_overruling_says_what_it_lacks(
    options: dict[str, Any], reason: str, model_files: ModelFiles, cases: Path
) -> None:
    judge(model_files("big", "small"), Answers({"big": "yes", "small": "no"}), cases=cases)
    whole = {
        "resume": recorded().id,
        "overrule": "2@small",
        "verdict": "passed",
        "because": "It is right.",
    }
    with pytest.raises(WrongUsage, match=reason):
        judge([], Answers({}), **(whole | options))


def test_ready_suites_are_listed(capsys: Capture) -> None:
    assert judge([], Answers({}), ready="list") == 0
    shown = capsys.readouterr().out
    assert "arithmetic" in shown
    assert "json" in shown


def test_a_ready_suite_runs_on_real_models(
    small_model: Path, quantized: dict[str, Path], run_main: RunMain
) -> None:
    ran = run_main(
        *("suite", str(small_model), str(quantized["Q8_0"]), "--ready", "arithmetic"),
        *("--number", "4", "-n", "8", "-t", "1", "--json"),
    )
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert len(document["replies"]) == len(document["scores"]) == 8
    (verdict,) = document["verdicts"]
    assert verdict["n"] == 4
