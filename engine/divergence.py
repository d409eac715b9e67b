"""Where a candidate would have left a reference's reply: the reply put through both, token by token.

After the first difference two free replies cannot be compared any more; teacher forcing keeps them on the
same words. A difference is where the candidate's best token is another one than the reply has.
"""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from engine.client import WorkerClient
from engine.contract import Case, Contender, Loading
from engine.errors import WorkerDied
from engine.limits import check_contenders
from engine.pool import Fit, order_of
from engine.protocol import PartedToken, Parting, PartReply, Progress
from engine.shared_memory import SharedMemory
from engine.side_by_side import check_room


class Unit(msgspec.Struct, frozen=True):
    """Tokens start … stop − 1 of a reply, which are text only together; mostly a single one."""

    start: int
    stop: int
    text: str


def units(tokens: Sequence[PartedToken]) -> tuple[Unit, ...]:
    """The tokens in their order, those that share a character joined."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found = []
    start, text = 0, ""
    for place, token in enumerate(tokens):
        raw = token.text.encode() if token.piece is None else token.piece
        text += decoder.decode(raw, final=place + 1 == len(tokens))
        if not decoder.getstate()[0]:
            found.append(Unit(start, place + 1, text))
            start, text = place + 1, ""
    return tuple(found)


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """tokens: the reply's, each under both models."""

    reference: str
    candidate: str
    tokens: tuple[PartedToken, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return units(self.tokens)

    @property
    def differing(self) -> tuple[int, ...]:
        """Places where the candidate would have written another token."""
        return tuple(i for i, token in enumerate(self.tokens) if token.rank > 1)

    def margin(self, place: int) -> float:
        """How far the reference's best token is ahead of its second there: near 0 it is a coin flip."""
        best, second = self.tokens[place].top[:2]
        return best.probability - second.probability


class DivergenceBench:
    """Owns its worker during a run. `stop` may be called from any thread."""

    def __init__(
        self,
        *,
        fit: Fit,
        start_worker: Callable[[str], WorkerClient] = WorkerClient,
        memory: SharedMemory | None = None,
    ) -> None:
        """memory: shared with the other benches of this process."""
        self._fit = fit
        self._memory = memory or SharedMemory()
        self._start_worker = start_worker
        self._stopping = threading.Event()
        self._client: WorkerClient | None = None

    def run(
        self, reference: Contender, candidate: Contender, case: Case, reply: str
    ) -> Iterator[Loading | Divergence]:
        """Loading events, then the divergence; raises Stopped, or SteelyardError with the reason."""
        self._stopping.clear()
        check_contenders((reference, candidate))
        check_room(self._fit, (reference, candidate), self._memory)
        client = self._client = self._start_worker("The worker that compares the models")
        try:
            client.start()
            request = PartReply(
                id=client.next_id(),
                reference=order_of(reference),
                candidate=order_of(candidate),
                case=replace(case, continuations=()),
                reply=reply,
            )
            for response in client.ask(request, self._stopping):
                if isinstance(response, Progress):
                    yield Loading(contender=reference.name, fraction=response.fraction)
                elif isinstance(response, Parting):
                    yield Divergence(
                        reference=reference.name, candidate=candidate.name, tokens=response.tokens
                    )
                    return
            raise WorkerDied("The worker gave no comparison.", client.log())
        finally:
            client.close()
            self._client = None

    def stop(self) -> None:
        self._stopping.set()
        if self._client is not None:
            self._client.stop()
