"""What a load became, for tests to which it does not matter; where it does, they replace a part."""

from __future__ import annotations

from engine.contract import ResolvedRuntime

RESOLVED = ResolvedRuntime(
    n_ctx=512,
    n_batch=512,
    n_ubatch=512,
    threads=1,
    threads_batch=1,
    layers=3,
    offloaded_layers=0,
    devices=(),
    type_k="f16",
    type_v="f16",
    flash_attention=True,
    mmap=True,
    mlock=False,
    llama_cpp="fake",
    chat_template="model",
)
