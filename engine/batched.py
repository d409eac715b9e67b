"""All jobs of one contender answered side by side, for throughput: no latencies, the same replies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from engine.contract import Energy, Memory, Notice, Reply, Sampling, Timing
from engine.energy.seam import EnergyMeter
from engine.machine import available_memory
from engine.metering import BatchMetering
from engine.pool import MARGIN_BYTES, Slot
from engine.protocol import CaseGenerated, GenerateMany, PrepareMany, SequencesChosen
from engine.schedule import Job
from engine.wording import count

MOST_SEQUENCES = 32
NO_LATENCY = "answered in a batch for throughput, where latencies mean nothing"
_LATENCIES = (
    "ttft_s",
    "prompt_s",
    "prompt_tokens_per_s",
    "generation_tokens_per_s",
    "inter_token_p50_s",
    "inter_token_p95_s",
    "inter_token_max_s",
    "total_s",
)


def answer_batch(
    slot: Slot,
    jobs: Sequence[Job],
    sampling: Sampling,
    stopping: threading.Event,
    *,
    queue_s: float,
    meter: EnergyMeter,
) -> Iterator[Reply | Notice]:
    """Replies in the order in which they end, then a notice of the throughput.

    The slot's context is reshaped for it, so the slot is of no other use afterwards. Raises
    SteelyardError, Stopped.
    """
    client, cases = slot.client, tuple(job.case for job in jobs)
    prepare = PrepareMany(
        id=client.next_id(),
        cases=cases,
        max_tokens=sampling.max_tokens,
        n_most=MOST_SEQUENCES,
        kv_bytes=max(0, available_memory() - MARGIN_BYTES),
    )
    (chosen,) = client.ask(prepare, stopping)
    assert isinstance(chosen, SequencesChosen)
    many = GenerateMany(
        id=client.next_id(), cases=cases, sampling=sampling, n_sequences=chosen.n_sequences
    )
    metering = BatchMetering(meter, slot)
    begun, answered = time.perf_counter(), 0
    for response in client.ask(many, stopping):
        if isinstance(response, CaseGenerated):
            answered += response.finish_reason in {"stop", "length"}
            share = metering.share(response.generated_tokens)
            yield _reply(jobs[response.index], slot, response, queue_s, share)
    if answered:
        elapsed = time.perf_counter() - begun
        yield Notice(
            text=f"{slot.contender} answered {count(answered, 'case')} in {elapsed:.1f} s, "
            f"{answered / elapsed:.2f} a second, {chosen.n_sequences} at a time."
        )


def _reply(
    job: Job, slot: Slot, made: CaseGenerated, queue_s: float, share: tuple[float, Energy]
) -> Reply:
    seconds, energy = share
    return Reply(
        contender=job.contender.name,
        case=job.case.id,
        repeat=job.repeat,
        text=made.text,
        reasoning=made.reasoning,
        finish_reason=made.finish_reason,
        error=made.error,
        timing=Timing(
            queue_s=queue_s,
            load_s=slot.loaded.load_s,
            prompt_tokens=made.prompt_tokens - made.shared_tokens,
            cached_tokens=made.shared_tokens,
            generated_tokens=made.generated_tokens,
            batch_share_s=seconds,
            absent=dict.fromkeys(("load", *_LATENCIES), NO_LATENCY),
        ),
        energy=energy,
        memory=Memory(absent=dict.fromkeys(("peak_bytes", "mapped_bytes"), NO_LATENCY)),
        runtime=slot.loaded.runtime,
        logprobs=made.logprobs,
        likelihoods=made.likelihoods,
    )
