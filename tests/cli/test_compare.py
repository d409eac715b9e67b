"""compare, with workers that hold no model: what is written where, recorded, and given as exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.compare import compare
from cli.compare_options import PromptOptions, RunOptions
from cli.loading_options import LoadingOptions
from cli.sampling_options import SamplingOptions
from cli.usage import WrongUsage
from engine.contract import Session
from engine.errors import StorageError
from storage.document import parse
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import describe_nothing
from tests.cli.fakes import ScriptedBench, bench_without_models
from tests.cli.test_terminal import EVIL

Capture = pytest.CaptureFixture[str]
ModelFiles = Callable[..., list[str]]

pytestmark = pytest.mark.usefixtures("home")


def run(
    files: list[str], *prompts: str, make_bench: Any = bench_without_models, **running: Any
) -> int:
    return compare(
        files,
        PromptOptions(prompt=list(prompts)),
        SamplingOptions(),
        LoadingOptions(),
        RunOptions(**running),
        make_bench=make_bench,
        describe_model=describe_nothing,
    )


def recorded() -> list[Session]:
    with History.open(database_path()) as history:
        return [history.session(each.id) for each in history.sessions()]


def test_replies_and_timings_go_to_standard_output_and_progress_to_standard_error(
    model_files: ModelFiles, capsys: Capture
) -> None:
    assert run(model_files("answer"), "Count.") == 0
    captured = capsys.readouterr()
    assert "One two three." in captured.out
    assert "6.67 tok/s · 3 tokens · 0.50 s to first token · end of text" in captured.out
    assert "generation" in captured.out
    assert "loaded in 0.25 s" in captured.err
    assert "sessions show" in captured.err


def test_json_is_the_session_document_and_nothing_else(
    model_files: ModelFiles, capsys: Capture
) -> None:
    files = model_files("answer", "answer-too")
    assert run(files, "One?", "Two?", repeat=2, as_json=True, title="Mine") == 0
    out = capsys.readouterr().out
    session = parse(out.encode(), "standard output")
    assert json.loads(out)["format"] == "steelyard.session"
    assert session == recorded()[0]
    assert (session.title, session.status, len(session.replies)) == ("Mine", "finished", 8)


def test_without_history_the_document_is_the_same_and_nothing_is_kept(
    model_files: ModelFiles, capsys: Capture
) -> None:
    assert run(model_files("answer"), "One?", as_json=True, no_history=True) == 0
    session = parse(capsys.readouterr().out.encode(), "standard output")
    assert (session.title, session.status, len(session.replies)) == ("One?", "finished", 1)
    assert session.environment.llama_cpp == "fake"
    assert not database_path().exists()


def test_a_failed_contender_gives_its_sentence_and_exit_code_1_and_the_other_its_reply(
    model_files: ModelFiles, capsys: Capture
) -> None:
    assert run(model_files("corrupt", "answer"), "Count.") == 1
    captured = capsys.readouterr()
    assert "corrupt failed: The file is damaged." in captured.err
    assert "One two three." in captured.out


def test_partial_replies_of_a_crash_are_shown(model_files: ModelFiles, capsys: Capture) -> None:
    assert run(model_files("crash-in-reply"), "Count.") == 1
    assert "One" in capsys.readouterr().out


def test_control_characters_of_a_model_never_reach_either_stream(
    model_files: ModelFiles, capsys: Capture
) -> None:
    files = model_files("good", "bad")
    run(files, EVIL, make_bench=lambda recorder: ScriptedBench(recorder, EVIL, fails=["bad"]))
    captured = capsys.readouterr()
    for stream in (captured.out, captured.err):
        assert "red" in stream
        assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r"} & set(stream)


def test_a_stopped_session_is_finished_by_resume(model_files: ModelFiles, capsys: Capture) -> None:
    run(model_files("answer", "answer-too"), "One?", as_json=True)
    session = parse(capsys.readouterr().out.encode(), "standard output")
    half = msgspec.structs.replace(
        session, id="half-0001", status="stopped", replies=session.replies[:1]
    )
    with History.open(database_path()) as history:
        _put(history, half)
    assert run([], resume="half-0001", as_json=True) == 0
    finished = parse(capsys.readouterr().out.encode(), "standard output")
    assert (finished.id, finished.status, len(finished.replies)) == ("half-0001", "finished", 2)
    assert finished.replies[0] == session.replies[0]


def _put(history: History, session: Session) -> None:
    file = history.path.with_name("half.json")
    file.write_bytes(msgspec.json.encode(session))
    history.import_file(file)


@pytest.mark.parametrize(
    ("files", "prompts", "running"),
    [
        ([], ["Hi"], {}),
        (["nowhere.gguf"], ["Hi"], {}),
        (["x"], [], {"resume": "half"}),
        ([], ["Hi"], {"resume": "half"}),
        ([], [], {"resume": "half", "no_history": True}),
    ],
)
def test_wrong_usage_is_a_sentence(
    files: list[str], prompts: list[str], running: dict[str, Any]
) -> None:
    with pytest.raises(WrongUsage, match=r"\.$"):
        run(files, *prompts, **running)


def test_a_model_without_a_prompt_is_wrong_usage(model_files: ModelFiles) -> None:
    with pytest.raises(WrongUsage, match="no prompt"):
        run(model_files("answer"))


def test_a_history_that_cannot_be_opened_says_how_to_go_on_without(
    model_files: ModelFiles, home: Path
) -> None:
    home.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(StorageError, match="--no-history"):
        run(model_files("answer"), "Hi")
