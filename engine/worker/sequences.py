"""A context of many sequences: what lies in the cells of each is copied instead of evaluated again."""

from __future__ import annotations

from collections.abc import Sequence

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.worker.loading import LoadedModel

Tokens = npt.NDArray[np.int32]
# Beginning a prompt alone so that the next can copy it must save so much of the next one's tokens.
_WORTH_WAITING = 0.25


class Sequences:
    """Sequence 0 holds the common beginning of all prompts; 1 … n each answer one case at a time.

    A sequence keeps its tokens when its case has ended, until another case takes its place.
    """

    def __init__(self, loaded: LoadedModel, n: int) -> None:
        self._loaded = loaded
        self._free = list(range(n, 0, -1))
        self._held = [_NOTHING] * (n + 1)
        self._can_cut = can_cut_back(loaded)

    @property
    def has_free(self) -> bool:
        return bool(self._free)

    @property
    def spare(self) -> int | None:
        """A free sequence to copy into where one's own cannot be cut back; then it holds nothing to lose."""
        return self._free[-1] if self._free else None

    def empty(self) -> None:
        """Before the first case: other work may have used the context."""
        self._held = [_NOTHING] * len(self._held)
        lib.llama_memory_clear(self._loaded.memory, False)

    def hold(self, number: int, tokens: Sequence[int]) -> None:
        """These were decoded into a sequence."""
        self._held[number] = np.asarray(tokens, np.int32)

    def take(self, prompt: Sequence[int]) -> tuple[int, int]:
        """A free sequence that holds as much of a prompt as there is: its number and how many tokens.

        At least the prompt's last token is left to evaluate.
        """
        number = self._free.pop()
        source, shared = self._best_source(np.asarray(prompt, np.int32))
        if source != number:
            self._copy(source, number)
        if source:
            lib.llama_memory_seq_rm(self._loaded.memory, number, shared, -1)
        self._held[number] = self._held[number][:shared]
        return number, shared

    def is_worth_waiting(self, prompt: Sequence[int], beginning: Sequence[Sequence[int]]) -> bool:
        """Whether a prompt is better begun after those that are about to begin, to copy from them."""
        if not self._can_cut or not beginning:
            return False
        tokens = np.asarray(prompt, np.int32)
        _, now = self._best_source(tokens)
        later = max(_in_common(np.asarray(other, np.int32), tokens[:-1]) for other in beginning)
        return later - now > _WORTH_WAITING * (len(tokens) - now)

    def release(self, number: int) -> None:
        """The case has ended. What its prompt left stays to be copied from; its reply does not."""
        kept = len(self._held[number]) if self._can_cut else -1
        lib.llama_memory_seq_rm(self._loaded.memory, number, kept, -1)
        if not self._can_cut:
            self._held[number] = _NOTHING
        self._free.append(number)
        self._free.sort(reverse=True)

    def lowest_gap(self, number: int) -> int | None:
        """A free sequence below this one."""
        return self._free[-1] if self._free and self._free[-1] < number else None

    def move(self, number: int, gap: int) -> None:
        """Continue a sequence in a free one below it."""
        self._copy(number, gap)
        self._free.remove(gap)
        self.release(number)

    def _copy(self, source: int, number: int) -> None:
        lib.llama_memory_seq_rm(self._loaded.memory, number, -1, -1)
        if len(self._held[source]):
            lib.llama_memory_seq_cp(self._loaded.memory, source, number, -1, -1)
        self._held[number] = self._held[source]

    def _best_source(self, prompt: Tokens) -> tuple[int, int]:
        """Without cutting back only the common beginning will do: all prompts have all of it."""
        best, shared = 0, len(self._held[0])
        if self._can_cut:
            for number, held in enumerate(self._held):
                n = _in_common(held, prompt[:-1])
                if n > shared:
                    best, shared = number, n
        return best, shared


_NOTHING: Tokens = np.zeros(0, np.int32)


def can_cut_back(loaded: LoadedModel) -> bool:
    """Whether a sequence can be shortened: not a recurrent state, nor a window that has moved on."""
    model = loaded.model
    return not (
        lib.llama_model_is_recurrent(model)
        or lib.llama_model_is_hybrid(model)
        or lib.llama_model_n_swa(model)
    )


def common_beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts share at their beginning; each keeps at least one of its own."""
    if not prompts:
        return 0
    first = np.asarray(prompts[0][: min(len(tokens) for tokens in prompts) - 1], np.int32)
    return min(_in_common(first, np.asarray(tokens, np.int32)) for tokens in prompts)


def _in_common(one: Tokens, other: Tokens) -> int:
    n = min(len(one), len(other))
    same = one[:n] == other[:n]
    return n if same.all() else int(same.argmin())
