"""Sums of squares of what goes into each matrix, gathered while llama.cpp evaluates a text.

What counts, how it is added up and under which name it is kept is that of tools/imatrix/imatrix.cpp of
llama.cpp 0c1e570. Numbers are added in its order and in float32, so that the sums are its sums to the
last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.worker.imatrix_tensor import F32, Tensor, check_layout, values
from engine.worker.refused import RequestRefused

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
_FEWEST_ROWS = 16


class Sums:
    """What was gathered of one weight: a row of sums and a count of tokens for each expert."""

    def __init__(self, rows: int, columns: int, counts: int) -> None:
        self.squares: Floats = np.zeros((rows, columns), np.float32)
        self.counts: Counts = np.zeros(counts, np.int64)

    def add(self, row: int, inputs: Floats) -> None:
        """Add the squares of these inputs, a token a row, one after the other."""
        terms = np.empty((len(inputs) + 1, inputs.shape[1]), np.float32)
        terms[0] = self.squares[row]
        np.multiply(inputs, inputs, out=terms[1:])
        # Along the first axis numpy adds row after row; pairs are added only along the last.
        np.add.reduce(terms, axis=0, out=self.squares[row])


class Collector:
    """`callback` is for llama.cpp, and must live as long as its context; `fault` is why it gave up."""

    def __init__(self, on_layer: Callable[[int], None] = lambda layer: None) -> None:
        self.sums: dict[str, Sums] = {}
        self.fault: Exception | None = None
        self.callback: Any = lib.ggml_backend_sched_eval_callback(self._evaluated)
        self._on_layer = on_layer
        self._operations = check_layout()

    def _evaluated(self, address: int, asking: bool, _user: Any) -> bool:
        """Before a tensor is computed, whether it is of interest; afterwards, take what it needs.

        No exception passes through llama.cpp: `fault` is for whoever called that.
        """
        if self.fault is not None:
            return False
        tensor = Tensor.from_address(address)
        if asking:
            return self._is_wanted(tensor)
        # Stands if anything but a refusal is raised, which ctypes prints and then forgets.
        self.fault = AssertionError("a matrix was not taken; the log says why")
        try:
            self._take(tensor)
        except RequestRefused as refused:
            self.fault = refused
            return False
        self.fault = None
        return True

    def chunks(self, n_ctx: int) -> int:
        """How many chunks the busiest matrix has seen, as the file says it."""
        return max((int(sums.counts.max()) // n_ctx for sums in self.sums.values()), default=0)

    def _is_wanted(self, tensor: Tensor) -> bool:
        if tensor.op == self._operations.by_expert:
            return True
        if tensor.op != self._operations.plain:
            return False
        inputs = tensor.source(1)
        if inputs.ne[1] < _FEWEST_ROWS or inputs.type != F32:
            return False
        return weight_name(tensor.source(0).name).startswith("blk.")

    def _take(self, tensor: Tensor) -> None:
        weight = tensor.source(0)
        name = weight_name(weight.name)
        inputs = values(tensor.source(1))
        if tensor.op == self._operations.by_expert:
            self._take_by_expert(name, weight, inputs, values(tensor.source(2))[0, 0])
        else:
            self._take_plain(name, weight, inputs)
        if not np.isfinite(self.sums[name].squares).all():
            raise RequestRefused("quantize", f"The model computes infinite numbers in {name}.")
        self._on_layer(_layer(name))

    def _take_plain(self, name: str, weight: Tensor, inputs: Floats) -> None:
        matrices = weight.ne[2] * weight.ne[3]
        sums = self._sums(name, matrices, inputs.shape[-1], counts=1)
        for third in range(inputs.shape[0]):
            for second in range(inputs.shape[1]):
                # Inputs with more dimensions than the weight share its matrices.
                row = third % weight.ne[3] * weight.ne[2] + second % weight.ne[2]
                sums.add(row, inputs[third, second])
        sums.counts += inputs[..., 0].size // matrices

    def _take_by_expert(self, name: str, weight: Tensor, inputs: Floats, ids: Counts) -> None:
        """inputs: tokens × experts used, or tokens × 1; ids: tokens × the experts of each."""
        experts = weight.ne[2]
        sums = self._sums(name, experts, inputs.shape[-1], counts=experts)
        if len(sums.counts) == 1:
            sums.counts = np.repeat(sums.counts, experts)
        if inputs.shape[0] != 1 or ids.min() < 0 or ids.max() >= experts:
            raise RequestRefused("quantize", f"The experts of {name} are numbered in no known way.")
        # All tokens of the first choice, then those of the second: the order decides how sums round.
        chosen = ids.T
        for expert in np.unique(chosen):
            choices, tokens = np.nonzero(chosen == expert)
            sums.add(int(expert), inputs[0][tokens, choices % inputs.shape[2]])
            sums.counts[expert] += len(tokens)

    def _sums(self, name: str, rows: int, columns: int, counts: int) -> Sums:
        sums = self.sums.setdefault(name, Sums(rows, columns, counts))
        if sums.squares.shape != (rows, columns):
            raise RequestRefused("quantize", f"{name} changes its shape while the text is read.")
        return sums


def weight_name(raw: bytes) -> str:
    """Its name without what the scheduler put around it: CUDA0#blk.0.attn_k.weight#0."""
    _, hash_before, rest = raw.partition(b"#")
    return (rest.partition(b"#")[0] if hash_before else raw).decode("utf-8", "replace")


def _layer(name: str) -> int:
    """The layer in blk.7.attn_k.weight; 0 for what lies in none."""
    part = name.split(".")[1:2]
    return int(part[0]) if part and part[0].isdecimal() else 0
