"""What a context's sequences hold, on a simulated memory that keeps the tokens of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.worker import sequences as module
from engine.worker.sequences import Sequences, common_beginning

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=7), min_size=1, max_size=12)


class SimulatedMemory:
    """llama_memory's calls on lists of tokens; a kind that cannot cut refuses to, as a state does."""

    def __init__(self, *, cuts: bool) -> None:
        self.cells: dict[int, list[int]] = {}
        self.cuts = cuts

    def llama_memory_clear(self, _memory: Any, _data: bool) -> None:
        self.cells.clear()

    def llama_memory_seq_cp(self, _memory: Any, source: int, number: int, *_all: int) -> None:
        self.cells[number] = list(self.cells.get(source, []))

    def llama_memory_seq_rm(self, _memory: Any, number: int, start: int, _end: int) -> None:
        assert self.cuts or start == -1
        self.cells[number] = self.cells.get(number, [])[: max(0, start)]

    def llama_model_is_recurrent(self, _model: Any) -> bool:
        return not self.cuts

    def llama_model_is_hybrid(self, _model: Any) -> bool:
        return False

    def llama_model_n_swa(self, _model: Any) -> int:
        return 0


def simulated(patch: pytest.MonkeyPatch, n: int, *, cuts: bool = True) -> Any:
    memory = SimulatedMemory(cuts=cuts)
    patch.setattr(module, "lib", memory)
    loaded: Any = SimpleNamespace(memory=None, model=None)
    return memory, Sequences(loaded, n)


def begin(memory: SimulatedMemory, sequences: Sequences, prompt: list[int]) -> tuple[int, int]:
    number, shared = sequences.take(prompt)
    assert memory.cells.get(number, []) == prompt[:shared]
    assert shared < len(prompt)
    sequences.hold(number, prompt)
    # The reply's tokens come after the prompt's and are nobody's prompt.
    memory.cells[number] = [*prompt, 99]
    return number, shared


@given(prompts=PROMPTS, n=st.integers(1, 3), cuts=st.booleans(), data=st.data())
def test_a_case_finds_in_its_sequence_the_beginning_of_its_prompt_and_nothing_else(
    prompts: list[list[int]], n: int, cuts: bool, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        memory, sequences = simulated(patch, n, cuts=cuts)
        shared = prompts[0][: common_beginning(prompts)]
        memory.cells[0] = list(shared)
        sequences.hold(0, shared)
        running: list[int] = []
        for prompt in prompts:
            if not sequences.has_free:
                ended = running.pop(data.draw(st.integers(0, len(running) - 1)))
                sequences.release(ended)
            number, held = begin(memory, sequences, prompt)
            assert number not in running
            assert held >= len(shared)
            running.append(number)


@given(running=st.sets(st.integers(1, 6), min_size=1))
def test_those_that_generate_move_together_and_keep_what_they_have(running: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        memory, sequences = simulated(patch, 6)
        numbers = [begin(memory, sequences, [n, n])[0] for n in range(6)]
        for number in set(numbers) - running:
            sequences.release(number)
        before = sorted(memory.cells[number] for number in running)
        at = set(running)
        for number in sorted(running, reverse=True):
            gap = sequences.lowest_gap(number)
            if gap is not None:
                sequences.move(number, gap)
                at = at - {number} | {gap}
        assert at == set(range(1, len(running) + 1))
        assert sorted(memory.cells[number] for number in at) == before


def test_a_prompt_like_one_that_ended_is_copied_up_to_its_last_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, sequences = simulated(monkeypatch, 2)
    number, _ = begin(memory, sequences, [1, 2, 3, 4])
    sequences.release(number)
    assert begin(memory, sequences, [1, 2, 3, 4])[1] == 3
    assert begin(memory, sequences, [1, 2, 9])[1] == 2


def test_what_cannot_be_cut_back_copies_the_common_beginning_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, sequences = simulated(monkeypatch, 2, cuts=False)
    memory.cells[0] = [1]
    sequences.hold(0, [1])
    begin(memory, sequences, [1, 2, 3, 4])
    assert begin(memory, sequences, [1, 2, 3, 4])[1] == 1
    assert not sequences.is_worth_waiting([1, 2, 3, 4], [[1, 2, 3, 4]])


def test_a_prompt_waits_for_another_only_where_that_saves_a_good_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, sequences = simulated(monkeypatch, 2)
    prompt = list(range(20))
    assert sequences.is_worth_waiting(prompt, [list(range(10))])
    assert not sequences.is_worth_waiting(prompt, [[0, 1, 2, 50]])
    assert not sequences.is_worth_waiting(prompt, [])
