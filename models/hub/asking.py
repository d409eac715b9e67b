"""Questions to a hub that one can give up on while it is silent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from engine.client import Stopped

T = TypeVar("T")

_here = threading.local()


def given_up() -> bool:
    """Whether this thread's question was given up on, so that it contacts nobody any more."""
    question: _Question[object] | None = getattr(_here, "question", None)
    return question is not None and question.given_up


class Asking:
    """Each question has a thread of its own, which ends by the client's time limits when given up on."""

    def __init__(self) -> None:
        self._open: set[_Question[object]] = set()
        self._turn = 0
        self._lock = threading.Lock()

    def ask(self, question: Callable[[], T], turn: int | None = None) -> T:
        """Its answer, or what it raises; raises Stopped as soon as it is given up on.

        turn: as `give_up` gave it; a question of an earlier turn is given up on before it is asked.
        """
        asked = _Question(question)
        with self._lock:
            if turn not in {None, self._turn}:
                raise Stopped
            self._open.add(asked)  # type: ignore[arg-type]  # the set takes answers of every kind
        try:
            return asked.answer()
        finally:
            with self._lock:
                self._open.discard(asked)

    def give_up(self) -> int:
        """End the waiting for every question that is open now; gives the turn of those that follow."""
        with self._lock:
            for asked in self._open:
                asked.give_up()
            self._turn += 1
            return self._turn


class _Question(Generic[T]):
    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self.given_up = False
        self._settled = threading.Event()
        self._answers: list[T] = []
        self._error: BaseException | None = None

    def answer(self) -> T:
        threading.Thread(target=self._find, name="hub-question", daemon=True).start()
        self._settled.wait()
        if self._answers:
            return self._answers[0]
        raise self._error or Stopped

    def give_up(self) -> None:
        self.given_up = True
        self._settled.set()

    def _find(self) -> None:
        _here.question = self
        try:
            self._answers.append(self._question())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self._error = error
        self._settled.set()
