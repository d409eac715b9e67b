"""How many requests a day a machine can serve, how long they wait, and how many machines it takes.

Requests come at random (a Poisson process) and are served one at a time in the measured times. For one
machine the mean wait is Pollaczek–Khinchine's, λ·E[S²] / 2(1 − ρ); for several it is Erlang's C for the
same load times (1 + cv²)/2 (Allen and Cunneen). The 95th percentile comes from a simulation.
"""

from __future__ import annotations

import heapq
from math import ceil, exp, lgamma, log
from typing import Literal

import msgspec
import numpy as np

from engine.cost.assumptions import Assumptions
from engine.cost.ranges import Draws

SIMULATED = 20_000
SETTLING = 2_000
SEED = 7

BATCHED_WAITS = (
    "How long a request waits was not measured: the session's replies were answered in batches."
)

Fit = Literal["fits", "fits with long waits", "does not fit"]


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """Of the machines there are, one request at a time; waits are None where nothing fits.

    requests_per_day: at the most, busy all the time. comfortable_requests_per_day: at the busiest share
    that keeps waits short. batched_requests_per_day: comfortable too, from a batched rate. batched: all
    figures are of requests answered many at once; then service_s is the time between two ends.
    """

    fit: Fit
    machines: int
    machines_needed: int
    utilisation: float
    requests_per_day: float
    comfortable_requests_per_day: float
    batched: bool = False
    batched_requests_per_day: float | None = None
    batched_machines_needed: int | None = None
    service_s: float
    mean_wait_s: float | None = None
    p95_wait_s: float | None = None
    absent: dict[str, str] = {}


def capacity(service_s: Draws, assumptions: Assumptions, requests_per_day: float) -> Capacity:
    """What machines with these service times can do for so many requests a day."""
    mean_s = float(np.mean(service_s))
    open_s = assumptions.hours_per_day * 3600
    arrivals_per_s = requests_per_day / open_s
    busy = arrivals_per_s * mean_s
    needed = max(1, ceil(busy / assumptions.busiest_share - 1e-9))
    machines = needed if assumptions.machines is None else assumptions.machines
    utilisation = busy / machines
    most = machines * open_s / mean_s
    batched = assumptions.batched_requests_per_s
    absent = {}
    if batched is None:
        absent["batched_requests_per_day"] = "No batched speed was measured."
    if utilisation >= 1:
        absent["mean_wait_s"] = absent["p95_wait_s"] = "It does not fit: the queue never ends."
    waits = utilisation < 1
    return Capacity(
        fit=_fit(utilisation, assumptions.busiest_share),
        machines=machines,
        machines_needed=needed,
        utilisation=utilisation,
        requests_per_day=most,
        comfortable_requests_per_day=most * assumptions.busiest_share,
        batched_requests_per_day=machines * open_s * batched * assumptions.busiest_share
        if batched
        else None,
        batched_machines_needed=max(
            1, ceil(arrivals_per_s / (batched * assumptions.busiest_share) - 1e-9)
        )
        if batched
        else None,
        service_s=mean_s,
        mean_wait_s=mean_wait_s(service_s, arrivals_per_s, machines) if waits else None,
        p95_wait_s=_p95_wait_s(service_s, arrivals_per_s, machines) if waits else None,
        absent=absent,
    )


def batched_capacity(rate_per_s: float, assumptions: Assumptions, per_day: float) -> Capacity:
    """What machines that answer so many requests a second in batches can do; waits were not measured."""
    open_s = assumptions.hours_per_day * 3600
    busy = per_day / open_s / rate_per_s
    needed = max(1, ceil(busy / assumptions.busiest_share - 1e-9))
    machines = needed if assumptions.machines is None else assumptions.machines
    most = machines * open_s * rate_per_s
    return Capacity(
        fit=_fit(busy / machines, assumptions.busiest_share),
        machines=machines,
        machines_needed=needed,
        utilisation=busy / machines,
        requests_per_day=most,
        comfortable_requests_per_day=most * assumptions.busiest_share,
        batched=True,
        batched_requests_per_day=most * assumptions.busiest_share,
        batched_machines_needed=needed,
        service_s=1 / rate_per_s,
        absent=dict.fromkeys(("mean_wait_s", "p95_wait_s"), BATCHED_WAITS),
    )


def mean_wait_s(service_s: Draws, arrivals_per_s: float, machines: int) -> float:
    """The mean time in the queue; the load must be below 1."""
    mean_s, square_s2 = float(np.mean(service_s)), float(np.mean(service_s**2))
    load = arrivals_per_s * mean_s / machines
    if machines == 1:
        return arrivals_per_s * square_s2 / (2 * (1 - load))
    variation = square_s2 / mean_s**2 - 1
    exponential = erlang_c(machines, arrivals_per_s * mean_s) * mean_s / (machines * (1 - load))
    return exponential * (1 + variation) / 2


def erlang_c(machines: int, offered: float) -> float:
    """The probability that a request has to wait (Erlang 1917), by logarithms for many machines."""
    if offered == 0:
        return 0.0
    terms = [count * log(offered) - lgamma(count + 1) for count in range(machines)]
    last = machines * log(offered) - lgamma(machines + 1) - log(1 - offered / machines)
    top = max(*terms, last)
    return exp(last - top) / (sum(exp(term - top) for term in terms) + exp(last - top))


def simulated_waits_s(
    service_s: Draws, arrivals_per_s: float, machines: int, *, requests: int = SIMULATED
) -> Draws:
    """The waits of a simulated day, first come first served, after it has settled."""
    random = np.random.default_rng(SEED)
    arrivals_s = np.cumsum(random.exponential(1 / arrivals_per_s, requests))
    served_s = random.choice(service_s, requests)
    free_at_s = [0.0] * machines
    waits_s = np.empty(requests)
    for index, (arrival_s, service) in enumerate(
        zip(arrivals_s.tolist(), served_s.tolist(), strict=True)
    ):
        start_s = max(arrival_s, free_at_s[0])
        heapq.heapreplace(free_at_s, start_s + service)
        waits_s[index] = start_s - arrival_s
    return waits_s[SETTLING:]


def _p95_wait_s(service_s: Draws, arrivals_per_s: float, machines: int) -> float:
    if arrivals_per_s == 0:
        return 0.0
    return float(np.percentile(simulated_waits_s(service_s, arrivals_per_s, machines), 95))


def _fit(utilisation: float, busiest_share: float) -> Fit:
    if utilisation >= 1:
        return "does not fit"
    return "fits" if utilisation <= busiest_share + 1e-9 else "fits with long waits"
