"""Choosing the next token: greedy straight from the logits, else llama.cpp's sampler chain.

The chain keeps the order of llama.cpp's common sampler: logit bias, penalties, DRY, top-k, typical, top-p,
min-p, XTC, temperature, distribution. A grammar is asked about the chosen token first and filters the
whole vocabulary only when it rejects that one, since filtering costs milliseconds.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.contract import Gbnf, JsonSchema, Sampling, TokenLogprob
from engine.worker.grammar import check_gbnf, gbnf_from_schema
from engine.worker.refused import RequestRefused
from engine.worker.vocabulary import Vocabulary

_ENTRY = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
Logits = npt.NDArray[np.float32]


class Sampler:
    """Owns its chains; `close` frees them. `choose` gives a token and tells the chains about it."""

    def __init__(self, sampling: Sampling, vocabulary: Vocabulary, n_ctx: int) -> None:
        self._vocabulary = vocabulary
        self._grammar = _make_grammar(sampling, vocabulary)
        self._is_plain_greedy = _is_plain_greedy(sampling)
        self._chain = None if self._is_plain_greedy else _make_chain(sampling, vocabulary, n_ctx)
        needs_array = self._grammar is not None or self._chain is not None
        self._entries = np.zeros(vocabulary.size if needs_array else 0, _ENTRY)
        self._ids = np.arange(len(self._entries), dtype=np.int32)

    def see_prompt(self, tokens: Sequence[int]) -> None:
        """Penalties and DRY count the prompt too, as in llama.cpp's server; grammars do not."""
        if self._chain is not None:
            for token in tokens:
                lib.llama_sampler_accept(self._chain, token)

    def choose(self, logits: Logits, *, reasoning: bool = False) -> int:
        """The next token; while the model reasons, no grammar binds it."""
        token = self._best(logits)
        if self._grammar is not None and not reasoning:
            if not self._grammar_allows(token):
                token = self._best(logits, constrained=True)
            lib.llama_sampler_accept(self._grammar, token)
        if self._chain is not None:
            lib.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        for handle in (self._chain, self._grammar):
            if handle is not None:
                lib.llama_sampler_free(handle)

    def _best(self, logits: Logits, constrained: bool = False) -> int:
        if self._chain is None and not constrained:
            return int(logits.argmax())
        array = self._fill(logits)
        if constrained:
            lib.llama_sampler_apply(self._grammar, ctypes.byref(array))
        if self._chain is None:
            token = int(self._entries["logit"].argmax())
            return self._possible(token, float(self._entries["logit"][token]))
        lib.llama_sampler_apply(self._chain, ctypes.byref(array))
        if array.selected < 0:
            raise RequestRefused("request", "No token is left to choose from with these settings.")
        # The samplers may have moved the data elsewhere: read through the struct's own pointer.
        chosen = array.data[array.selected]
        return self._possible(int(chosen.id), float(chosen.logit))

    def _possible(self, token: int, logit: float) -> int:
        """llama.cpp aborts the process when a grammar is told of a token that it forbids."""
        if logit == -math.inf:
            raise RequestRefused(
                "grammar" if self._grammar is not None else "request",
                "No token is left that these settings allow here: the grammar or the logit bias forbids "
                "every one. Loosen it.",
            )
        return token

    def _fill(self, logits: Logits) -> Any:
        self._entries["id"] = self._ids
        self._entries["logit"] = logits
        self._entries["p"] = 0.0
        return _token_array(self._entries)

    def _grammar_allows(self, token: int) -> bool:
        single = np.zeros(1, _ENTRY)
        single["id"], single["logit"] = token, 1.0
        array = _token_array(single)
        lib.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(single["logit"][0] > -math.inf)


def log_probability(logits: Logits, token: int) -> float:
    """The natural log-probability of a token, in float64 where it is summed."""
    top = float(logits.max())
    total = np.exp(logits - top, dtype=np.float32).sum(dtype=np.float64)
    return float(logits[token]) - top - math.log(float(total))


def token_logprob(logits: Logits, token: int, n_top: int, vocabulary: Vocabulary) -> TokenLogprob:
    """Natural log-probabilities of the chosen token and of the `n_top` likeliest ones."""
    log_sum = float(logits[token]) - log_probability(logits, token)

    def entry(index: int, alternatives: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        text = vocabulary.piece(index, special=True).decode("utf-8", "replace")
        return TokenLogprob(
            token=index, text=text, logprob=float(logits[index]) - log_sum, top=alternatives
        )

    n_top = min(n_top, len(logits))
    best = np.argpartition(logits, -n_top)[-n_top:] if n_top else np.empty(0, np.int64)
    ordered = best[np.argsort(-logits[best], kind="stable")]
    return entry(token, tuple(entry(int(index)) for index in ordered))


def _is_plain_greedy(sampling: Sampling) -> bool:
    return (
        sampling.temperature <= 0.0
        and not sampling.logit_bias
        and sampling.repeat_penalty == 1.0
        and sampling.presence_penalty == 0.0
        and sampling.frequency_penalty == 0.0
        and sampling.dry_multiplier == 0.0
    )


def _make_chain(sampling: Sampling, vocabulary: Vocabulary, n_ctx: int) -> Any:
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())

    def add(sampler: Any) -> None:
        lib.llama_sampler_chain_add(chain, sampler)

    _add_biases(add, sampling, vocabulary)
    _add_penalties(add, sampling, vocabulary, n_ctx)
    if sampling.temperature <= 0.0:
        add(lib.llama_sampler_init_greedy())
        return chain
    add(lib.llama_sampler_init_top_k(sampling.top_k))
    add(lib.llama_sampler_init_typical(sampling.typical_p, 1))
    add(lib.llama_sampler_init_top_p(sampling.top_p, 1))
    add(lib.llama_sampler_init_min_p(sampling.min_p, 1))
    if sampling.xtc_probability > 0.0:
        add(
            lib.llama_sampler_init_xtc(
                sampling.xtc_probability, sampling.xtc_threshold, 1, sampling.seed
            )
        )
    add(lib.llama_sampler_init_temp(sampling.temperature))
    add(lib.llama_sampler_init_dist(sampling.seed))
    return chain


def _add_biases(add: Any, sampling: Sampling, vocabulary: Vocabulary) -> None:
    if not sampling.logit_bias:
        return
    wrong = [token for token in sampling.logit_bias if not 0 <= token < vocabulary.size]
    if wrong:
        raise RequestRefused(
            "request",
            f"The logit bias names token {wrong[0]}; this model's tokens end at {vocabulary.size - 1}.",
        )
    biases = (lib.llama_logit_bias * len(sampling.logit_bias))()
    for entry, (token, bias) in zip(biases, sampling.logit_bias.items(), strict=True):
        entry.token, entry.bias = token, bias
    add(lib.llama_sampler_init_logit_bias(vocabulary.size, len(biases), biases))


def _add_penalties(add: Any, sampling: Sampling, vocabulary: Vocabulary, n_ctx: int) -> None:
    # A length of -1 means the whole context; llama.cpp itself takes it for 0, which is off.
    if (sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty) != (
        1.0,
        0.0,
        0.0,
    ):
        if sampling.repeat_penalty <= 0.0:
            raise RequestRefused("request", "The repeat penalty must be above 0; 1 turns it off.")
        add(
            lib.llama_sampler_init_penalties(
                vocabulary.size,
                n_ctx if sampling.penalty_last_n < 0 else sampling.penalty_last_n,
                sampling.repeat_penalty,
                sampling.frequency_penalty,
                sampling.presence_penalty,
            )
        )
    if sampling.dry_multiplier > 0.0:
        breakers = [text.encode() for text in sampling.dry_sequence_breakers]
        add(
            lib.llama_sampler_init_dry(
                vocabulary.handle,
                sampling.dry_multiplier,
                sampling.dry_base,
                sampling.dry_allowed_length,
                n_ctx if sampling.dry_penalty_last_n < 0 else sampling.dry_penalty_last_n,
                (ctypes.c_char_p * len(breakers))(*breakers),
                len(breakers),
            )
        )


def _make_grammar(sampling: Sampling, vocabulary: Vocabulary) -> Any | None:
    match sampling.constraint:
        case None:
            return None
        case JsonSchema(schema=schema):
            text = gbnf_from_schema(schema)
        case Gbnf(grammar=text):
            check_gbnf(text)
    handle = lib.llama_sampler_init_grammar(vocabulary.handle, text.encode(), b"root")
    if not handle:
        raise RequestRefused(
            "grammar", "llama.cpp does not accept this grammar; its log says where it goes wrong."
        )
    return handle


def _token_array(entries: npt.NDArray[Any]) -> Any:
    array = lib.llama_token_data_array()
    array.data = entries.ctypes.data_as(ctypes.POINTER(lib.llama_token_data))  # type: ignore[assignment]
    array.size = len(entries)
    array.selected = -1
    array.sorted = False
    return array
