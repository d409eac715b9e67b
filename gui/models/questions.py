"""What the hub is being asked: an answer counts only if nothing was asked after it in its lane."""

from __future__ import annotations

from gui.jobs import Lane


class Questions:
    def __init__(self) -> None:
        self._asked: dict[Lane, str] = {}
        self._turns: dict[Lane, int] = {}

    @property
    def words(self) -> str:
        """All that is being asked."""
        return " ".join(self._asked.values())

    def ask(self, lane: Lane, words: str) -> int:
        """The number of this question, by which its answer is told from a late one."""
        self._turns[lane] = self._turns.get(lane, 0) + 1
        self._asked[lane] = words
        return self._turns[lane]

    def answered(self, lane: Lane, turn: int) -> bool:
        """Whether the answer counts; nothing is being asked in the lane then."""
        counts = turn == self._turns[lane]
        if counts:
            self._asked.pop(lane, None)
        return counts

    def give_up(self) -> None:
        """No answer counts that has not come yet."""
        self._asked.clear()
        for lane in self._turns:
            self._turns[lane] += 1
