"""An importance matrix of a model and a text, collected by llama.cpp in a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.client import WorkerClient
from engine.contract import DeviceInfo, Runtime
from engine.errors import WorkerDied
from engine.made_file import make_file
from engine.pool import ALL_LAYERS
from engine.protocol import CollectImportance, DeviceList, ListDevices, Load

SettleLayers = Callable[[tuple[DeviceInfo, ...]], int]


class CollectionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """dataset: what the file calls the text. max_chunks None: the whole text; threads None: all cores."""

    model: Path
    text: str
    dataset: str
    max_chunks: int | None = None
    threads: int | None = None


def collect_importance(
    order: CollectionOrder,
    target: Path,
    *,
    settle_layers: SettleLayers = lambda devices: ALL_LAYERS,
    on_progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
    start_worker: Callable[[str], WorkerClient] = WorkerClient,
) -> None:
    """Write `target`, which appears under its name only when it is whole.

    settle_layers tells how many layers go to these devices. `cancelled` is asked from another thread
    too. Raises Stopped when it said yes, QuantizeError for a text that is too short, what a load and
    settle_layers raise, WorkerDied.
    """

    def request(client: WorkerClient, partial: str) -> CollectImportance:
        layers = settle_layers(_devices(client))
        number = client.next_id()
        return CollectImportance(
            id=number,
            model=Load(
                id=number,
                path=str(order.model),
                runtime=Runtime(threads=order.threads),
                n_gpu_layers=layers,
                warm_up=False,
            ),
            text=order.text,
            dataset=order.dataset,
            target=partial,
            max_chunks=order.max_chunks,
        )

    make_file(
        target, request, on_progress=on_progress, cancelled=cancelled, start_worker=start_worker
    )


def _devices(client: WorkerClient) -> tuple[DeviceInfo, ...]:
    for response in client.ask(ListDevices(id=client.next_id())):
        if isinstance(response, DeviceList):
            return response.devices
    raise WorkerDied("The worker did not list its devices.", client.log())
