"""Ctrl+C."""

from __future__ import annotations

import signal
import threading

import pytest

from cli.interrupt import StopOnInterrupt

LIMIT_S = 10


def test_the_first_press_stops_and_the_second_leaves() -> None:
    stopped = threading.Event()
    with StopOnInterrupt(stopped.set) as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert stopped.wait(LIMIT_S)
        assert interrupt.pressed
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_stopping_happens_on_another_thread_so_that_no_lock_is_taken_twice() -> None:
    lock, stopped = threading.Lock(), threading.Event()

    def stop() -> None:
        with lock:
            stopped.set()

    with StopOnInterrupt(stop):
        with lock:
            signal.raise_signal(signal.SIGINT)
        assert stopped.wait(LIMIT_S)


def test_afterwards_ctrl_c_means_what_it_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with StopOnInterrupt(lambda: None):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
