"""bench, and its forms beside llama-bench's own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.bench import Benches, bench
from cli.bench_options import BenchOptions
from cli.sessions import list_sessions, show_session
from cli.usage import WrongUsage
from engine.contract import Contender, Findings, Measured, ModelFile, Session, SpeedTest
from engine.speed import Measuring, NotMeasured, SpeedEvent, SpeedPlan
from engine.speed_recording import session_plan
from storage.folders import database_path
from storage.history import History
from tests.cli.fakes import ENVIRONMENT
from tests.resolved import RESOLVED

# What llama-bench 0c1e570 prints, but for the figures and its own word for the size (256M).
LLAMA_BENCH_TABLE = Path(__file__).parents[1] / "data" / "cli" / "llama_bench.md"
LLAMA_BENCH_FIELDS = {
    "model_filename",
    "n_prompt",
    "n_gen",
    "n_threads",
    "n_batch",
    "n_ubatch",
    "type_k",
    "type_v",
    "n_gpu_layers",
    "flash_attn",
    "avg_ts",
    "stddev_ts",
    "samples_ts",
    "avg_ns",
    "stddev_ns",
    "samples_ns",
    "model_type",
    "model_size",
    "model_n_params",
    "build_commit",
    "cpu_info",
    "gpu_info",
    "backends",
    "split_mode",
    "main_gpu",
    "devices",
    "tensor_split",
    "test_time",
    "n_depth",
}


def describe(path: Path) -> ModelFile:
    """The small model's figures."""
    return ModelFile(
        path=str(path),
        file=path.name,
        size_bytes=98_301_760,
        architecture="llama",
        quantization="Q4_1",
        bits_per_weight=8 * 96_576_768 / 134_515_008,
        parameters=134_515_008,
    )


class FakeSpeeds:
    """Every repetition takes as long as 1 s / 250 a prompt token and 1 s / 125 a generated one."""

    def __init__(self, refused: str | None = None, *, unloadable: bool = False) -> None:
        self.asked: list[Contender] = []
        self.closed = False
        self._refused = refused
        self._unloadable = unloadable

    def run(self, plan: SpeedPlan) -> Iterator[SpeedEvent]:
        self.asked += plan.contenders
        for contender in plan.contenders:
            if self._unloadable:
                reason = f"{contender.model.file} would need 9 GB."
                yield NotMeasured(contender=contender.name, test=None, reason=reason)
                continue
            for test in plan.tests_of(contender.name):
                yield Measuring(contender=contender.name, test=test, done=0)
                if self._refused:
                    yield NotMeasured(contender=contender.name, test=test, reason=self._refused)
                    continue
                elapsed_ns = test.n_prompt * 4_000_000 + test.n_gen * 8_000_000
                yield Measured(
                    contender=contender.name,
                    runtime=RESOLVED,
                    test=test,
                    measured_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
                    samples_ns=(elapsed_ns,) * plan.repetitions,
                )

    def stop(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def speeds() -> FakeSpeeds:
    return FakeSpeeds()


def run(speeds: FakeSpeeds, files: list[str], **options: Any) -> int:
    return bench(
        [Path(each) for each in files],
        BenchOptions(n_prompt=["32"], n_gen=["8"], **options),
        make_benches=lambda _: Benches(speed=speeds, environment=ENVIRONMENT),
        describe_model=describe,
    )


@pytest.fixture
def files(model_files: Callable[..., list[str]]) -> list[str]:
    return model_files("small")


def test_the_table_is_llama_benchs(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(speeds, files) == 0
    table = LLAMA_BENCH_TABLE.read_text(encoding="utf-8")
    assert capsys.readouterr().out == f"{table}\nbuild: fake\n"
    assert speeds.closed


def test_settings_that_were_asked_for_get_their_columns(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(speeds, files, threads=["1,2"], cache_type_k=["q8_0"], flash_attn=["on"], gpu_layers=["0"])
    header = capsys.readouterr().out.splitlines()[0]
    assert [cell.strip() for cell in header.split("|")[5:-3]] == ["ngl", "threads", "type_k", "fa"]
    assert [each.runtime.threads for each in speeds.asked] == [1, 2]


@pytest.mark.parametrize("options", [{"output": "json"}, {"as_json": True}])
def test_json_has_llama_benchs_fields(
    speeds: FakeSpeeds,
    files: list[str],
    options: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(speeds, files, repetitions=2, **options) == 0
    prompt, generation = json.loads(capsys.readouterr().out)
    assert set(prompt) >= LLAMA_BENCH_FIELDS
    assert (prompt["n_prompt"], prompt["n_gen"]) == (32, 0)
    assert prompt["avg_ts"] == pytest.approx(250)
    assert prompt["samples_ns"] == [128_000_000] * 2
    assert prompt["model_size"] == 96_576_768
    assert generation["stddev_ts"] == 0


def test_a_single_repetition_has_no_deviation(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(speeds, files, repetitions=1, output="jsonl")
    (first, _) = capsys.readouterr().out.splitlines()
    assert json.loads(first)["stddev_ts"] is None
    assert json.loads(first)["stddev_ns"] is None


def test_csv_has_a_header_and_a_row_a_test(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(speeds, files, output="csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["n_gen"] for row in rows] == ["0", "8"]
    assert float(rows[0]["avg_ts"]) == pytest.approx(250)


def test_what_cannot_be_measured_is_said_and_the_json_stays_whole(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(FakeSpeeds("It does not fit."), files, output="json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert captured.err.count("It does not fit.") == 2
    assert "Recorded" not in captured.err
    with History.open(database_path()) as history:
        assert history.sessions() == ()


def test_a_file_that_its_reason_begins_with_is_named_once(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(FakeSpeeds(unloadable=True), files) == 1
    name = Path(files[0]).name
    assert f"{name} would need 9 GB." in capsys.readouterr().err.splitlines()
    assert run(FakeSpeeds(unloadable=True), files, threads=["1", "2"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert f"{name} (2 of 2) would need 9 GB." in told


def test_a_run_is_recorded_and_shown_again_as_it_was(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(speeds, files, repetitions=2)
    printed = capsys.readouterr()
    with History.open(database_path()) as history:
        (found,) = history.sessions(10)
        session = history.session(found.id)
    assert (session.kind, session.status) == ("bench", "finished")
    assert session.title == "pp32, tg8 of small.gguf"
    assert (session.repeats, session.warm_up) == (2, True)
    assert session.contenders == tuple(speeds.asked)
    assert [each.test.name for each in session.speeds] == ["pp32", "tg8"]
    assert session.id in printed.err
    show_session(session.id, as_json=False)
    shown = capsys.readouterr().out
    table = printed.out.partition("\n\n")[0]
    assert table in shown
    assert "bench · finished\n" in shown


def test_the_list_of_sessions_tells_a_measurement_from_replies(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(speeds, files)
    capsys.readouterr()
    list_sessions(limit=20, as_json=False)
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields[2:] == ["finished", "-", "pp32, tg8 of small.gguf", "small.gguf", "bench"]


def test_a_run_is_left_unrecorded_on_request(speeds: FakeSpeeds, files: list[str]) -> None:
    assert run(speeds, files, no_history=True) == 0
    assert not database_path().exists()


def test_a_history_that_cannot_be_opened_is_told_and_the_run_goes_on(
    speeds: FakeSpeeds, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    database_path().parent.mkdir(parents=True)
    database_path().write_bytes(b"This is no database." * 100)
    assert run(speeds, files) == 0
    captured = capsys.readouterr()
    assert captured.out.count("tg8") == 1
    assert captured.err.count("This run is not recorded.") == 1


def test_every_model_runs_in_every_combination(
    speeds: FakeSpeeds, model_files: Callable[..., list[str]]
) -> None:
    run(speeds, model_files("a", "b"), threads=["1,2"])
    assert [(each.model.file, each.runtime.threads) for each in speeds.asked] == [
        ("a.gguf", 1),
        ("a.gguf", 2),
        ("b.gguf", 1),
        ("b.gguf", 2),
    ]
    assert len({each.name for each in speeds.asked}) == 4


# What a run still lacks --------------------------------------------------------------------------


def interrupted(files: list[str], n_measured: int) -> Session:
    """A run whose process died after so many tests."""
    plan = SpeedPlan(
        contenders=(Contender(name="small.gguf", model=describe(Path(files[0]))),),
        tests=(SpeedTest(n_prompt=32), SpeedTest(n_gen=8)),
        repetitions=2,
    )
    measured = [each for each in FakeSpeeds().run(plan) if isinstance(each, Measured)]
    with History.open(database_path()) as history:
        recorder = history.recorder("bench")
        session = recorder.begin(session_plan(plan), ENVIRONMENT)
        recorder.keep(session, Findings(speeds=tuple(measured[:n_measured])))
        return history.session(session)


def resume(session: str, speeds: FakeSpeeds, **options: Any) -> int:
    return bench(
        [],
        BenchOptions(resume=session, **options),
        make_benches=lambda _: Benches(speed=speeds, environment=ENVIRONMENT),
    )


@pytest.fixture
def died(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process that began a run lives any more."""
    monkeypatch.setattr("storage.reading.is_alive", lambda _: False)


@pytest.mark.usefixtures("died")
@pytest.mark.parametrize("n_measured", [0, 1])
def test_an_interrupted_run_is_finished_in_its_session(
    speeds: FakeSpeeds, files: list[str], n_measured: int, capsys: pytest.CaptureFixture[str]
) -> None:
    session = interrupted(files, n_measured)
    assert resume(session.id, speeds, as_json=True) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    with History.open(database_path()) as history:
        (only,) = history.sessions()
        whole = history.session(only.id)
    assert (whole.id, whole.status) == (session.id, "finished")
    assert whole.speeds[:n_measured] == session.speeds
    assert [each.test for each in whole.speeds] == list(session.tests)
    with pytest.raises(WrongUsage, match=r"Nothing of session .* sessions rerun"):
        resume(session.id, speeds)


@pytest.mark.usefixtures("died")
def test_a_resumed_run_that_measures_nothing_keeps_its_session(files: list[str]) -> None:
    session = interrupted(files, 0)
    assert resume(session.id, FakeSpeeds(unloadable=True)) == 1
    with History.open(database_path()) as history:
        assert history.sessions()[0].id == session.id


def test_what_the_session_says_itself_is_not_asked_for(files: list[str]) -> None:
    session = interrupted(files, 1)
    with pytest.raises(WrongUsage, match="name none here"):
        resume(session.id, FakeSpeeds(), repetitions=9)
    with pytest.raises(WrongUsage, match="Name the models"):
        bench([], BenchOptions())
