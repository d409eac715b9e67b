"""The command line as a user types it, with the real small model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.document import parse
from tests.cli.conftest import LIMIT_S, ROOT, RunMain

SMALL = ("-t", "1", "-c", "512")


def test_compare_answers_side_by_side_and_records(
    small_model: Path, quantized: dict[str, Path], run_main: RunMain
) -> None:
    ran = run_main(
        *("compare", str(small_model), str(quantized["Q8_0"])),
        *("-p", "Name a colour.", "-n", "8", "--repeat", "2", "--json", *SMALL),
    )
    assert ran.returncode == 0, ran.stderr
    session = parse(ran.stdout.encode(), "standard output")
    assert [each.name for each in session.contenders] == [
        "SmolLM2-135M-Instruct Q4_1",
        "SmolLM2-135M-Instruct Q8_0",
    ]
    assert len(session.replies) == 4
    for reply in session.replies:
        assert reply.text
        assert (reply.timing.generation_tokens_per_s or 0) > 0
    shown = run_main("sessions", "show", session.id)
    assert session.replies[0].text.strip() in shown.stdout
    listed = json.loads(run_main("sessions", "list", "--json").stdout)
    assert [each["id"] for each in listed] == [session.id]


def test_a_prompt_is_read_from_standard_input(small_model: Path, run_main: RunMain) -> None:
    ran = run_main(
        *("compare", str(small_model), "-", "-n", "4", "--no-history", *SMALL),
        given="Say hello\nto the world.\n",
    )
    assert ran.returncode == 0, ran.stderr
    assert "Prompt: Say hello\nto the world." in ran.stdout
    assert "tok/s" in ran.stdout


def test_bench_measures_as_asked(small_model: Path, run_main: RunMain) -> None:
    ran = run_main(
        *("bench", str(small_model), "-p", "16", "-n", "4", "-pg", "8,2", "-r", "2"),
        *("-t", "1", "-fa", "on,off", "-o", "jsonl"),
    )
    assert ran.returncode == 0, ran.stderr
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(r["flash_attn"], r["n_prompt"], r["n_gen"]) for r in records] == [
        (flash, *test) for flash in (1, 0) for test in ((16, 0), (0, 4), (8, 2))
    ]
    for record in records:
        assert len(record["samples_ts"]) == 2
        assert record["avg_ts"] == pytest.approx(sum(record["samples_ts"]) / 2)
        assert record["n_threads"] == 1
        assert record["model_size"] == 96_576_768


def test_the_demo_makes_its_models_and_says_where_to_go_next(home: Path, run_main: RunMain) -> None:
    ran = run_main("demo", "-t", "1", "-n", "6")
    assert ran.returncode == 0, ran.stderr
    for words in ("Q2_K", "Q4_1", "Q8_0", "Next:", "smaller than", "compare A.gguf B.gguf"):
        assert words in ran.stdout
    assert ran.stdout.count(" to first token") == 9
    assert {path.name for path in (home / "models").glob("*.gguf")} == {
        "SmolLM2-135M-Instruct.Q2_K.gguf",
        "SmolLM2-135M-Instruct.Q8_0.gguf",
    }
    assert len(json.loads(run_main("sessions", "list", "--json").stdout)) == 1


def test_doctor_lists_devices_folders_and_versions(home: Path, run_main: RunMain) -> None:
    ran = run_main("doctor", "--json")
    assert ran.returncode == 0, ran.stdout
    found = json.loads(ran.stdout)
    assert any(each["kind"] == "cpu" for each in found["environment"]["devices"])
    assert "llama.cpp" in found["environment"]["llama_cpp"]
    assert found["folders"][0]["path"] == str(home)
    assert found["versions"]["llama-cpp-python"]
    assert found["energy_sources"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for groups")
def test_ctrl_c_keeps_what_was_produced(small_model: Path, home: Path) -> None:
    """The signal goes to the whole group, workers too, as a terminal sends it."""
    process = subprocess.Popen(
        [
            *(sys.executable, str(ROOT / "main.py"), "compare", str(small_model)),
            *("-p", "Write a very long story.", "-n", "100000", "--json", "-t", "1"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "loaded in" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, err
    (reply,) = parse(out.encode(), "standard output").replies
    assert reply.finish_reason == "stopped"
    assert reply.error is None
    assert re.search(r"compare --resume \S+", err)
