from __future__ import annotations

import subprocess
import sys

import msgspec
import psutil
import pytest

from storage import owner
from storage.owner import Owner, is_alive, this_process


def test_this_process_is_alive_and_stays_the_same() -> None:
    assert is_alive(this_process())
    assert this_process().pid == this_process().pid
    assert abs(this_process().started_s - this_process().started_s) < 0.1


def test_a_later_process_of_the_same_number_is_another() -> None:
    later = msgspec.structs.replace(this_process(), started_s=this_process().started_s - 60)
    assert not is_alive(later)


def test_a_process_of_an_earlier_boot_is_gone() -> None:
    assert not is_alive(msgspec.structs.replace(this_process(), boot="another"))


def test_a_number_that_no_process_has_is_gone() -> None:
    assert not is_alive(Owner(2**22 + 7, 0.0, this_process().boot))


@pytest.mark.skipif(not psutil.POSIX, reason="only there a dead process waits to be asked about")
def test_a_dead_process_that_nobody_asked_about_yet_is_gone() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        found = psutil.Process(process.pid)
        other = Owner(process.pid, owner._started_s(found), this_process().boot)
        assert is_alive(other)
        assert process.stdin is not None
        process.stdin.close()
        assert process.stdout is not None
        # It has closed its output, which it does by dying; until `wait` it is a zombie.
        assert process.stdout.read() == b""
        while found.status() != psutil.STATUS_ZOMBIE:
            pass
        assert not is_alive(other)


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere the start does not move with the clock")
def test_setting_the_clock_does_not_make_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = this_process()
    created, booted = psutil.Process().create_time(), psutil.boot_time()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: created + 3600)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted + 3600)
    assert is_alive(before)
