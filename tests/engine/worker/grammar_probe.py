"""Tells what llama.cpp itself makes of grammars; a process of its own, since a bad one can end it.

Reads a JSON list of {"grammar": …, "texts": […]} and prints, for each, None when llama.cpp refuses the
grammar, else whether it accepts each text whole.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
from typing import Any

import llama_cpp.llama_cpp as lib


def main(model: str) -> None:
    lib.llama_backend_init()
    silent = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(silent, ctypes.c_void_p(0))
    parameters = lib.llama_model_default_params()
    parameters.vocab_only = True
    vocabulary = lib.llama_model_get_vocab(
        lib.llama_model_load_from_file(model.encode(), parameters)
    )
    cases = json.load(sys.stdin)
    print(json.dumps([outcomes(vocabulary, case["grammar"], case["texts"]) for case in cases]))


def outcomes(vocabulary: Any, grammar: str, texts: list[str]) -> list[bool] | None:
    sampler = lib.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
    if not sampler:
        return None
    found = []
    for text in texts:
        lib.llama_sampler_reset(sampler)
        found.append(accepts(vocabulary, sampler, text.encode()))
    lib.llama_sampler_free(sampler)
    return found


def accepts(vocabulary: Any, sampler: Any, text: bytes) -> bool:
    tokens = (lib.llama_token * (len(text) + 8))()
    count = lib.llama_tokenize(vocabulary, text, len(text), tokens, len(tokens), False, False)
    for token in tokens[:count]:
        if not allows(sampler, token):
            return False
        lib.llama_sampler_accept(sampler, token)
    return allows(sampler, lib.llama_vocab_eos(vocabulary))


def allows(sampler: Any, token: int) -> bool:
    single = (lib.llama_token_data * 1)(lib.llama_token_data(id=token, logit=1.0, p=0.0))
    array = lib.llama_token_data_array(data=single, size=1, selected=-1, sorted=False)
    lib.llama_sampler_apply(sampler, ctypes.byref(array))
    return bool(single[0].logit > -math.inf)


if __name__ == "__main__":
    main(sys.argv[1])
