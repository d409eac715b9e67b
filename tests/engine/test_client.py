"""A worker process and its ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from engine.client import WorkerClient, worker_command
from engine.contract import Runtime, Sampling
from engine.errors import WorkerDied
from engine.protocol import Generate, ListDevices, Load
from tests.engine.fakes import ROOT, case, start_fake_worker


def load(client: WorkerClient, act: str) -> None:
    request = Load(id=client.next_id(), path=f"/m/{act}.gguf", runtime=Runtime(), n_gpu_layers=0)
    list(client.ask(request))


def generate(client: WorkerClient) -> Generate:
    return Generate(id=client.next_id(), case=case(), sampling=Sampling())


def test_a_worker_that_prints_nothing_sensible_and_ends_is_explained() -> None:
    client = WorkerClient("The worker", (sys.executable, "-c", "raise SystemExit('no way')"))
    with pytest.raises(WorkerDied, match=r"ended with code 1\. Its last words: no way"):
        client.start()
    client.close()


def test_a_worker_has_the_environment_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells OpenMP how long to spin, and a GPU's driver which devices there are."""
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    client = start_fake_worker("The worker")
    client.start()
    try:
        assert psutil.Process(client.pid).environ()["GOMP_SPINCOUNT"] == "1000"
    finally:
        client.close()


def test_a_missing_llama_cpp_is_told_with_what_to_do() -> None:
    code = "raise ModuleNotFoundError(\"No module named 'llama_cpp'\")"
    client = WorkerClient("The worker", (sys.executable, "-c", code))
    with pytest.raises(WorkerDied, match="Run `make setup`"):
        client.start()
    client.close()


def test_a_worker_of_another_version_is_refused() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import msgspec\n"
        "from engine.frames import write_frame; from engine.protocol import Ready\n"
        "write_frame(1, msgspec.msgpack.encode(Ready(version=999, pid=1)))\n"
        "sys.stdin.read()"
    )
    client = WorkerClient("The worker", (sys.executable, "-c", code, str(ROOT)))
    with pytest.raises(Exception, match="another version"):
        client.start()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_worker_killed_while_idle_is_noticed_at_the_next_request(sent: signal.Signals) -> None:
    client = start_fake_worker("The worker")
    client.start()
    assert client.pid is not None
    os.kill(client.pid, sent)
    with pytest.raises(WorkerDied, match=r"killed|ended by another program|crashed"):
        list(client.ask(ListDevices(id=client.next_id())))
    assert not client.alive
    client.close()


def test_a_worker_killed_in_the_middle_of_a_reply_is_noticed() -> None:
    client = start_fake_worker("The worker")
    client.start()
    load(client, "endless")
    responses = client.ask(generate(client))
    next(responses)
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied, match="memory ran out"):
        list(responses)
    client.close()


def test_close_ends_a_worker_in_the_middle_of_a_reply() -> None:
    client = start_fake_worker("The worker")
    client.start()
    load(client, "endless")
    responses = client.ask(generate(client))
    next(responses)
    process = psutil.Process(client.pid)
    client.close()
    assert not process.is_running()


def test_stop_without_a_request_does_nothing() -> None:
    client = start_fake_worker("The worker")
    client.stop()
    client.start()
    client.stop()
    load(client, "answer")
    client.close()


def test_the_real_worker_leaves_when_its_parent_is_killed() -> None:
    """SIGKILL gives the parent no chance to say goodbye; the end of the pipe must do."""
    parent = textwrap.dedent(
        """
        import sys, time
        sys.path.insert(0, sys.argv[1])
        from engine.client import WorkerClient
        client = WorkerClient("The worker")
        client.start()
        print(client.pid, flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        worker = psutil.Process(int(process.stdout.readline()))
        process.kill()
    worker.wait(timeout=10)


def test_workers_are_started_as_this_program() -> None:
    assert worker_command() == (sys.executable, str(ROOT / "main.py"), "--worker")
