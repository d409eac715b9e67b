"""Where two models part: a given reply put through both, token by token (teacher forcing).

Both models read the same tokens, so the distributions at each token can be compared exactly: rank, Δp and
KL divergence of the candidate there, and what each would have written instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.protocol import PartedToken, Parting, PartReply, TokenChance
from engine.quality.fidelity_kernel import Floats, compare_tokens
from engine.worker.backend import Backend
from engine.worker.decoding import DecodeStopped
from engine.worker.forcing import ForcedModel, forced_models, slices
from engine.worker.interrupt import Interrupt
from engine.worker.pieces import no_text_by_itself, readable
from engine.worker.prompt import make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.vocabulary import Vocabulary

N_TOP = 5


def part_reply(
    backend: Backend,
    request: PartReply,
    interrupt: Interrupt,
    on_progress: Callable[[float], None],
) -> Parting:
    """Raises RequestRefused: stopped, other tokenizers, a reply without tokens or too long."""
    orders = (request.reference, request.candidate)
    found: list[PartedToken] = []
    try:
        with forced_models(backend, orders, interrupt, on_progress) as models:
            prompt, reply = _tokens(request, *models)
            vocabulary = models[0].vocabulary
            for targets, (reference, candidate) in slices(models, prompt, reply):
                found += _compared(vocabulary, reference, candidate, targets)
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The comparison was stopped.") from stopped
    return Parting(id=request.id, tokens=tuple(found))


def _tokens(
    request: PartReply, reference: ForcedModel, candidate: ForcedModel
) -> tuple[list[int], list[int]]:
    """The same tokens for both; raises RequestRefused where they would not be."""
    prompt = make_prompt(reference.loaded, request.case)
    made = []
    for model in (reference, candidate):
        tokenize = model.vocabulary.tokenize
        reply = tokenize(request.reply, add_special=False, parse_special=True)
        made.append((model.vocabulary.size, reply))
    if made[0] != made[1]:
        raise RequestRefused(
            "request",
            "These two models cut text into different tokens, so they cannot be compared token by token.",
        )
    reply = made[0][1]
    if not reply:
        raise RequestRefused("request", "The reply has no tokens to compare.")
    room = min(model.loaded.resolved.n_ctx for model in (reference, candidate))
    if len(prompt.tokens) + len(reply) > room:
        raise RequestRefused(
            "context",
            f"Prompt and reply have {len(prompt.tokens) + len(reply)} tokens; the context holds {room}.",
        )
    return prompt.tokens, reply


def _compared(
    vocabulary: Vocabulary, reference: Floats, candidate: Floats, targets: NDArray[np.int64]
) -> list[PartedToken]:
    scores = compare_tokens(reference, candidate, targets)
    found = []
    for i, token in enumerate(targets.tolist()):
        own = candidate[i]
        piece = vocabulary.piece(token, special=True)
        found.append(
            PartedToken(
                token=token,
                text=readable(piece),
                piece=no_text_by_itself(piece),
                probability=float(np.exp(-scores.nll_base[i])),
                candidate_probability=float(np.exp(-scores.nll[i])),
                rank=int((own > own[token]).sum()) + 1,
                kld=float(scores.kld[i]),
                top=_top(reference[i], vocabulary),
                candidate_top=_top(own, vocabulary),
            )
        )
    return found


def _top(row: Floats, vocabulary: Vocabulary) -> tuple[TokenChance, ...]:
    best = np.argpartition(row, -N_TOP)[-N_TOP:]
    ordered = best[np.argsort(-row[best], kind="stable")]
    shifted = np.exp(row - row.max(), dtype=np.float32)
    total = float(shifted.sum(dtype=np.float64))
    return tuple(
        TokenChance(
            token=int(token),
            text=readable(vocabulary.piece(int(token), special=True)),
            probability=float(shifted[token]) / total,
        )
        for token in ordered
    )
