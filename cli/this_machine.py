"""What of this machine is free for a model."""

from __future__ import annotations

from collections.abc import Callable

from engine.bench import Bench
from engine.machine import available_memory
from models import fit
from models.fit import Bandwidth, Machine, measure_bandwidth

MachineOf = Callable[[tuple[str, ...], int | None], Machine]


def this_machine(rpc_servers: tuple[str, ...], threads: int | None) -> Machine:
    """What is free here now; measuring the bandwidth takes a fifth of a second."""
    bench = Bench(fit=fit)
    try:
        environment = bench.environment(rpc_servers)
    finally:
        bench.close()
    return Machine(
        host_free_bytes=available_memory(),
        devices=environment.devices,
        bandwidth=Bandwidth(host=measure_bandwidth(threads or environment.physical_cores or 1)),
    )
