"""Log lines as llama.cpp 0.5.0-dev prints them (llama-cpp-python 0.3.36)."""

from __future__ import annotations

import pytest

from engine.contract import DeviceInfo, DeviceUse
from engine.worker.figures import device_of_buffer, read_figures

MIB = 1024 * 1024
RPC_DEVICES = [
    DeviceInfo(name=f"RPC{n}", description=f"127.0.0.1:{4 + n}", kind="gpu", backend="RPC")
    for n in (0, 1)
]
LOG = """load_tensors: offloading output layer to GPU
load_tensors: offloading 9 repeating layers to GPU
load_tensors: offloaded 10/31 layers to GPU
load_tensors:   CPU_Mapped model buffer size =    62.50 MiB
load_tensors: RPC0[127.0.0.1:5] model buffer size =    29.50 MiB
llama_context:        CPU  output buffer size =     0.25 MiB
llama_kv_cache:        CPU KV buffer size =    31.00 MiB
llama_kv_cache: RPC0[127.0.0.1:5] KV buffer size =    14.00 MiB
llama_kv_cache: size =   45.00 MiB (  2048 cells,  30 layers,  1/1 seqs), K (f16):   22.50 MiB
resolve_fused_ops: Flash Attention enabled
sched_reserve: RPC0[127.0.0.1:5] compute buffer size =     8.00 MiB
sched_reserve:        CPU compute buffer size =    15.50 MiB
""".splitlines()


def test_buffers_are_added_up_by_device() -> None:
    figures = read_figures(LOG, RPC_DEVICES)
    assert figures.devices == (
        DeviceUse(
            name="CPU",
            model_bytes=int(62.5 * MIB),
            kv_bytes=31 * MIB,
            compute_bytes=int(15.75 * MIB),
        ),
        DeviceUse(
            name="RPC1", model_bytes=int(29.5 * MIB), kv_bytes=14 * MIB, compute_bytes=8 * MIB
        ),
    )


def test_layers_and_flash_attention_are_read() -> None:
    figures = read_figures(LOG)
    assert (figures.offloaded_layers, figures.layers) == (10, 31)
    assert figures.flash_attention is True
    assert read_figures(["Flash Attention not supported, set to disabled"]).flash_attention is False
    assert read_figures([]).flash_attention is None


@pytest.mark.parametrize(
    ("buffer", "device"),
    [
        ("CPU", "CPU"),
        ("CPU_Mapped", "CPU"),
        ("CPU_REPACK", "CPU"),
        ("CUDA_Host", "CPU"),
        ("CUDA0", "CUDA0"),
        ("CUDA0_Split", "CUDA0"),
        ("Vulkan1", "Vulkan1"),
        ("MTL0_Mapped", "MTL0"),
        ("RPC0[127.0.0.1:5]", "RPC1"),
        ("RPC0[127.0.0.1:4]", "RPC0"),
        ("RPC3[127.0.0.1:4]", "RPC3[127.0.0.1:4]"),
    ],
)
def test_a_buffer_belongs_to_a_device(buffer: str, device: str) -> None:
    assert device_of_buffer(buffer, RPC_DEVICES) == device
