"""Cases per second of a batched suite against llama-server and against bare batched decodes.

Cases share a system prompt of about 180 tokens and get 48 tokens each, greedily. llama-server (`-np` 1, 4, 8;
the best counts) is asked for all cases at once, first with an empty cache, then again with a warm one. The
bare decode runs the same schedule of prompt and generated tokens without sampling or text.

    python benchmarks/suite_throughput.py --llama-cpp BUILD/bin [--cases 32] [--threads 2] [--rounds 3]
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.batched import MOST_SEQUENCES  # noqa: E402
from engine.client import WorkerClient  # noqa: E402
from engine.contract import Case, Message, Runtime, Sampling  # noqa: E402
from engine.protocol import (  # noqa: E402
    CaseGenerated,
    Generate,
    Generated,
    GenerateMany,
    Load,
    PrepareMany,
    SequencesChosen,
)
from models.demo import demo_model_path  # noqa: E402

SYSTEM = (
    "You are the assistant of a small workshop that repairs scales and balances. You answer customers in "
    "plain, polite English. You never invent prices, dates or names. When a question is about something "
    "other than scales, you say so and offer to help with scales instead. You keep to three sentences. You "
    "write numbers as digits, weights in grams or kilograms, lengths in millimetres. You do not use lists, "
    "headings or exclamation marks. If a customer is unhappy, you first say that you are sorry and then what "
    "can be done. If a customer asks how a steelyard works, you explain the lever, the fixed load and the "
    "moving counterweight in everyday words. You end each answer with the words: kind regards, the workshop."
)
QUESTIONS = (
    "My kitchen scale shows {n} grams when it is empty. What can I do?",
    "How do I weigh {n} kilograms of apples with a steelyard?",
    "The beam of my balance is {n} millimetres long. Is that usual?",
    "Can you repair a scale that is {n} years old?",
)
N_TOKENS = 48


def cases(n: int) -> tuple[Case, ...]:
    return tuple(
        Case(
            id=str(i),
            messages=(
                Message(role="system", content=SYSTEM),
                Message(role="user", content=QUESTIONS[i % 4].format(n=i + 2)),
            ),
        )
        for i in range(n)
    )


class Ours:
    def __init__(self, model: Path, threads: int, asked: tuple[Case, ...]) -> None:
        self.client = WorkerClient("The worker")
        self.client.start()
        load = Load(
            id=self.client.next_id(),
            path=str(model),
            runtime=Runtime(threads=threads),
            n_gpu_layers=-1,
        )
        list(self.client.ask(load))
        prepare = PrepareMany(
            id=self.client.next_id(),
            cases=asked,
            max_tokens=N_TOKENS,
            n_most=MOST_SEQUENCES,
            kv_bytes=2 << 30,
        )
        (chosen,) = self.client.ask(prepare)
        assert isinstance(chosen, SequencesChosen)
        self.chosen = chosen

    def answer(self, asked: tuple[Case, ...]) -> tuple[float, list[CaseGenerated]]:
        request = GenerateMany(
            id=self.client.next_id(),
            cases=asked,
            sampling=Sampling(max_tokens=N_TOKENS),
            n_sequences=self.chosen.n_sequences,
        )
        begun = time.perf_counter()
        replies = [r for r in self.client.ask(request) if isinstance(r, CaseGenerated)]
        return time.perf_counter() - begun, sorted(replies, key=lambda reply: reply.index)

    def alone(self, case: Case) -> tuple[str, Generated]:
        sampling = Sampling(max_tokens=N_TOKENS, top_logprobs=5)
        request = Generate(id=self.client.next_id(), case=case, sampling=sampling)
        responses = list(self.client.ask(request))
        end = responses[-1]
        assert isinstance(end, Generated)
        return "".join(getattr(r, "text", "") for r in responses), end


@contextmanager
def server(tools: Path, model: Path, threads: int, slots: int) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        str(tools / "llama-server"), "-m", str(model), "-np", str(slots), "-c", str(1024 * slots),
        "-t", str(threads), "-tb", str(threads), "--host", "127.0.0.1", "--port", str(port), "--no-webui",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                if ask(port, "GET", "/health", None)[0] == 200:
                    break
            except OSError:
                process.poll()
        yield port
    finally:
        process.kill()
        process.wait()


def ask(port: int, method: str, path: str, body: Any) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request(
        method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def serve_all(port: int, asked: tuple[Case, ...]) -> float:
    bodies = [
        {
            "messages": [{"role": m.role, "content": m.content} for m in case.messages],
            "temperature": 0,
            "max_tokens": N_TOKENS,
        }
        for case in asked
    ]
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(bodies)) as threads:
        statuses = threads.map(
            lambda body: ask(port, "POST", "/v1/chat/completions", body)[0], bodies
        )
        assert all(status == 200 for status in statuses)
    return time.perf_counter() - begun


def bare(model: Path, threads: int, n_sequences: int, replies: list[CaseGenerated]) -> float:
    schedule = [
        min(reply.shared_tokens for reply in replies),
        *[(r.prompt_tokens - r.shared_tokens, steps(r)) for r in replies],
    ]
    script = Path(__file__).with_name("bare_batch.py")
    order = json.dumps({"sequences": n_sequences, "shared": schedule[0], "cases": schedule[1:]})
    done = subprocess.run(
        [sys.executable, str(script), str(model), str(threads), order],
        check=True, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return float(done.stdout)


def steps(reply: CaseGenerated) -> int:
    """Decodes after the prompt's: its last logits give the first token, and a last token is not decoded."""
    return reply.generated_tokens - (reply.finish_reason == "length")


def agreement(
    ours: Ours, asked: tuple[Case, ...], replies: list[CaseGenerated]
) -> tuple[int, list[float]]:
    """Replies equal to the unbatched ones, and the margins where the others part."""
    equal, margins = 0, []
    for case, reply in zip(asked, replies, strict=True):
        text, end = ours.alone(case)
        if text == reply.text:
            equal += 1
            continue
        written = ""
        for entry in end.logprobs:
            if not reply.text.startswith(written + entry.text):
                margins.append(entry.top[0].logprob - entry.top[1].logprob)
                break
            written += entry.text
    return equal, margins


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--llama-cpp", type=Path)
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    model, asked = demo_model_path(), cases(a.cases)
    ours = Ours(model, a.threads, asked)
    print(f"{a.cases} cases, {a.threads} threads; sequences measured: {ours.chosen.tokens_per_s}")
    ours.answer(asked[:2])
    found: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    for _ in range(a.rounds):
        own, replies = ours.answer(asked)
        rates.setdefault("ours", []).append(a.cases / own)
        found.setdefault("bare batched llama_decode", []).append(
            bare(model, a.threads, ours.chosen.n_sequences, replies) / own
        )
        if a.llama_cpp:
            cold, warm = [], []
            for slots in (1, 4, 8):
                with server(a.llama_cpp, model, a.threads, slots) as port:
                    cold.append(serve_all(port, asked))
                    warm.append(serve_all(port, asked))
            rates.setdefault("llama-server, empty cache", []).append(a.cases / min(cold))
            rates.setdefault("llama-server, warm cache", []).append(a.cases / min(warm))
            found.setdefault("llama-server's best, empty cache", []).append(min(cold) / own)
            found.setdefault("llama-server's best, warm cache", []).append(min(warm) / own)
    print(
        f"shared tokens {min(r.shared_tokens for r in replies)} to "
        f"{max(r.shared_tokens for r in replies)}, {ours.chosen.n_sequences} sequences at a time"
    )
    for name, values in rates.items():
        print(
            f"{name:34} {statistics.median(values):.2f} cases/s   ({min(values):.2f} to {max(values):.2f})"
        )
    print("time theirs / ours:")
    for name, values in found.items():
        print(
            f"{name:34} {statistics.median(values):.3f}   ({min(values):.3f} to {max(values):.3f})"
        )
    equal, margins = agreement(ours, asked, replies)
    print(f"equal to unbatched: {equal} of {a.cases}; margins where they part: "
          + (", ".join(f"{m:.3f}" for m in margins) or "none"))  # fmt: skip
    ours.client.close()


if __name__ == "__main__":
    main()
