"""What came back of a fidelity request, by candidate: the same for chunks of a text and for replies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.contract import (
    Contender,
    Estimate,
    Fidelity,
    FidelityReference,
    NoiseFloor,
    OtherTokenizer,
    ReplyFidelity,
)
from engine.protocol import REFERENCE, ChunkCompared, ChunkScored, ReplyCompared
from engine.quality.fidelity_document import bits_per_byte
from engine.quality.fidelity_kernel import Doubles, TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics, RunningFidelity
from engine.quality.perplexity import perplexity

_FEWEST_FOR_A_SPREAD = 3


class Scores:
    def __init__(self, reference: Contender, candidates: Sequence[Contender]) -> None:
        self.reference_nll: list[Doubles] = []
        self.same_tokens: tuple[bool, ...] = ()
        self._reference = reference
        self._candidates = candidates
        self._statistics = [FidelityStatistics() for _ in candidates]
        self._reference_bytes: list[Doubles] = []
        self._alone: list[tuple[list[Doubles], list[Doubles]]] = [([], []) for _ in candidates]

    @property
    def scored_tokens(self) -> int:
        return sum(len(chunk) for chunk in self.reference_nll)

    @property
    def has_something_of_each(self) -> bool:
        """Whether there is a figure for the reference and for every candidate."""
        return bool(self.reference_nll) and all(
            statistics.chunks or nll
            for statistics, (nll, _) in zip(self._statistics, self._alone, strict=True)
        )

    def add(self, response: ChunkCompared | ReplyCompared) -> RunningFidelity:
        """Take in a candidate's comparison; gives its estimate so far."""
        statistics = self._statistics[response.candidate]
        statistics.add(token_scores(response))
        return statistics.running()

    def add_alone(self, response: ChunkScored) -> None:
        nll, n_bytes = np.frombuffer(response.nll), np.frombuffer(response.n_bytes)
        if response.candidate == REFERENCE:
            self.reference_nll.append(nll)
            self._reference_bytes.append(n_bytes)
        else:
            self._alone[response.candidate][0].append(nll)
            self._alone[response.candidate][1].append(n_bytes)

    def running(self, candidate: int) -> RunningFidelity | None:
        statistics = self._statistics[candidate]
        return statistics.running() if statistics.chunks else None

    def is_known_to(self, until: float) -> bool:
        """Whether both ± of every comparable candidate's mean KLD are at most this.

        The clustered ± of few clusters may be small by chance, so that of single tokens counts as well.
        """
        comparable = [
            statistics
            for statistics, same in zip(self._statistics, self.same_tokens, strict=True)
            if same
        ]
        if not comparable or any(each.chunks < _FEWEST_FOR_A_SPREAD for each in comparable):
            return False
        return all(_is_within(each.running().mean_kld, until) for each in comparable)

    def reference(self) -> FidelityReference:
        return FidelityReference(
            name=self._reference.name,
            ppl=perplexity(self.reference_nll),
            bits_per_byte=bits_per_byte(self.reference_nll, self._reference_bytes),
        )

    def candidate(
        self, index: int, noise: NoiseFloor | None, replies: tuple[ReplyFidelity, ...] = ()
    ) -> Fidelity | OtherTokenizer:
        name = self._candidates[index].name
        if self.same_tokens[index]:
            return self._statistics[index].result(name, noise, replies)
        nll, n_bytes = self._alone[index]
        return OtherTokenizer(
            name=name,
            reason=(
                "Its tokens are not the reference's, so probabilities cannot be compared token by token."
            ),
            ppl=perplexity(nll),
            bits_per_byte=bits_per_byte(nll, n_bytes),
            bits_per_byte_base=bits_per_byte(self.reference_nll, self._reference_bytes),
        )


def _is_within(estimate: Estimate, until: float) -> bool:
    errors = (estimate.plus_minus, estimate.clustered_plus_minus)
    return all(error is not None and error <= until for error in errors)


def token_scores(response: ChunkCompared | ReplyCompared) -> TokenScores:
    return TokenScores(
        nll=np.frombuffer(response.nll),
        nll_base=np.frombuffer(response.nll_base),
        kld=np.frombuffer(response.kld),
        delta_p=np.frombuffer(response.delta_p),
        same_top=np.frombuffer(response.same_top, np.bool_),
    )
