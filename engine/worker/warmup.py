"""One discarded evaluation after a load, as llama.cpp's own tools do it (common/common.cpp).

It pages the weights in, all experts included, and starts the thread pool and the template's process,
so that the first reply is not slower than the second.
"""

from __future__ import annotations

from contextlib import suppress

import llama_cpp.llama_cpp as lib

from engine.errors import TemplateError
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, decode
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused


def warm_up(loaded: LoadedModel) -> None:
    """Raises RequestRefused when it is stopped."""
    handle = loaded.vocabulary.handle
    tokens = [t for t in (lib.llama_vocab_bos(handle), lib.llama_vocab_eos(handle)) if t >= 0] or [
        0
    ]
    batch = Batch(len(tokens))
    lib.llama_set_warmup(loaded.context, True)
    try:
        decode(loaded.context, batch.fill(tokens, 0, logits=True))
        lib.llama_synchronize(loaded.context)
        lib.llama_set_warmup(loaded.context, False)
        decode(loaded.context, batch.one(tokens[-1], len(tokens)))
        lib.llama_synchronize(loaded.context)
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "Loading was stopped.") from stopped
    finally:
        lib.llama_set_warmup(loaded.context, False)
        lib.llama_memory_clear(loaded.memory, True)
        batch.close()
    if loaded.template is not None:
        # A template that cannot be used is told when a chat asks for it; completions do without.
        with suppress(TemplateError):
            loaded.template.prepare()
