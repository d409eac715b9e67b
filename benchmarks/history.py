"""How the history does with 100,000 replies in 2,000 sessions.

Makes it (or takes the one that --keep left), then prints, median of several runs: the first page, searches
for rare and common words, reopening a session, opening it and an empty one, and recording replies into it
with the slowest of a hundred.

    python benchmarks/history.py [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.contract import (  # noqa: E402
    Case,
    Contender,
    Environment,
    Message,
    ModelFile,
    Plan,
    Reply,
    ResolvedRuntime,
    Session,
    Timing,
)
from storage.database import Database  # noqa: E402
from storage.history import History  # noqa: E402
from storage.query import Query  # noqa: E402
from storage.writing import insert_session  # noqa: E402

N_SESSIONS, N_CONTENDERS, N_CASES = 2_000, 5, 10
N_RECORDED = 3_000
PAGE = 100
QUANTIZATIONS = ("Q2_K", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0")
ENVIRONMENT = Environment(
    app="0.1.0", llama_cpp="0.3.36", os="Linux 6.1", cpu="16-Core CPU", ram_bytes=64 * 2**30
)
RUNTIME = ResolvedRuntime(
    n_ctx=4096,
    n_batch=2048,
    n_ubatch=512,
    threads=8,
    threads_batch=8,
    layers=33,
    offloaded_layers=33,
    devices=(),
    type_k="f16",
    type_v="f16",
    flash_attention=True,
    mmap=True,
    mlock=False,
    llama_cpp="0.3.36",
    chat_template="model",
)


class Writer:
    """Texts of invented words whose frequencies fall as those of a language do (Zipf and Mandelbrot)."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        syllables = [a + b for a in "bdfghklmnprstvz" for b in "aeiou"]
        words: dict[str, None] = {}
        while len(words) < 60_000:
            n_syllables = self._chance.choice((1, 2, 2, 3, 3, 4))
            words["".join(self._chance.choices(syllables, k=n_syllables))] = None
        self.words = tuple(words)
        self._weights = tuple(itertools.accumulate(1 / (i + 2.7) for i in range(len(words))))

    def text(self, n_words: int) -> str:
        return " ".join(self._chance.choices(self.words, cum_weights=self._weights, k=n_words))

    def reply(self, contender: str, case: str, repeat: int = 0) -> Reply:
        n_words = min(2_000, int(self._chance.lognormvariate(4.9, 0.8)) + 1)
        return Reply(
            contender=contender,
            case=case,
            repeat=repeat,
            text=self.text(n_words),
            finish_reason="stop",
            timing=Timing(
                ttft_s=0.1, generated_tokens=n_words, generation_tokens_per_s=40.5, total_s=5.5
            ),
            runtime=RUNTIME,
        )

    def plan(self, repeats: int = 1) -> Plan:
        contenders = tuple(
            Contender(
                name=f"model {quantization}",
                model=ModelFile(
                    path=f"/models/model-{quantization}.gguf",
                    file=f"model-{quantization}.gguf",
                    size_bytes=4 * 10**9,
                    quantization=quantization,
                ),
            )
            for quantization in QUANTIZATIONS[:N_CONTENDERS]
        )
        cases = tuple(
            Case(id=str(i), messages=(Message(role="user", content=self.text(60)),))
            for i in range(N_CASES)
        )
        return Plan(contenders=contenders, cases=cases, repeats=repeats, title=self.text(6))

    def session(self, number: int) -> Session:
        plan = self.plan()
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        return Session(
            id=f"{created:%Y%m%d-%H%M%S}-{number:08}",
            title=plan.title or "",
            created=created,
            status="finished",
            environment=ENVIRONMENT,
            contenders=plan.contenders,
            cases=plan.cases,
            replies=tuple(
                self.reply(contender.name, case.id)
                for case in plan.cases
                for contender in plan.contenders
            ),
        )


def make(path: Path, writer: Writer) -> None:
    """Reply by reply, as runs do: a full text index that came in at once is laid out otherwise."""
    database = Database(path)
    with History.open(path) as history:
        recorder = history.recorder()
        for number in range(N_SESSIONS):
            session = writer.session(number)
            with database.write() as connection:
                insert_session(connection, replace(session, replies=()), owner=None)
            for reply in session.replies:
                recorder.record(session.id, reply)
    database.close()


def report(what: str, work: Callable[[], object], limit_ms: float, runs: int = 9) -> None:
    times_ms = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times_ms.append(1000 * (time.perf_counter() - begun))
    print(f"{what:<58}{statistics.median(times_ms):8.1f} ms   at most {limit_ms:g}")


def report_reading(history: History, words: tuple[str, ...]) -> None:
    def search(text: str) -> Callable[[], object]:
        return lambda: history.sessions(PAGE, query=Query(text=text))

    ids = [summary.id for summary in history.sessions()]
    chance = random.Random(2)
    report("first page", lambda: history.sessions(PAGE), 100)
    report("last page", lambda: history.sessions(PAGE, N_SESSIONS - PAGE), 100)
    report("page by replies", lambda: history.sessions(PAGE, query=Query(sort="n_replies")), 100)
    by_quantization = Query(quantizations=("Q4_K_M",))
    report("page of one quantization", lambda: history.sessions(PAGE, query=by_quantization), 100)
    report("search, the commonest word", search(f'"{words[0]}"'), 100)
    report("search, two common words", search(f'"{words[1]}" "{words[2]}"'), 100)
    report("search, a common phrase", search(f'"{words[1]} {words[2]}"'), 100)
    report("search, a rare word", search(words[40_000]), 100)
    report("search, no such word", search("xylophone"), 100)
    for n in (2, 3, 4):
        report(f"search, the first {n} letters of words", search(words[30_000][:n]), 100)
    report("count of a common word", lambda: history.count(Query(text=f'"{words[0]}"')), 100)
    report("reopening a session", lambda: history.session(chance.choice(ids)), 100, 50)


def report_recording(history: History, writer: Writer) -> None:
    recorder = history.recorder()
    session = recorder.begin(writer.plan(N_RECORDED), ENVIRONMENT)
    wall_ms, processor_ms = [], []
    for repeat in range(N_RECORDED):
        reply = writer.reply(f"model {QUANTIZATIONS[0]}", "0", repeat)
        begun, begun_processor = time.perf_counter(), time.thread_time()
        recorder.record(session, reply)
        wall_ms.append(1000 * (time.perf_counter() - begun))
        processor_ms.append(1000 * (time.thread_time() - begun_processor))
    for name, part in (("median", 0.5), ("p99", 0.99), ("slowest", 1.0)):
        at = min(N_RECORDED - 1, int(part * N_RECORDED))
        wall, processor = sorted(wall_ms)[at], sorted(processor_ms)[at]
        note = f"{wall:8.1f} ms ({processor:.1f} of the processor)   at most 5 at p99"
        print(f"{f'recording a reply, {name}':<50}{note}")
    history.discard([session])
    begun = time.perf_counter()
    history.empty_bin()
    print(f"{f'deleting {N_RECORDED:,} replies for good':<58}{time.perf_counter() - begun:8.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as folder:
        path = (keep or Path(folder)) / "history.sqlite3"
        writer = Writer()
        if not path.exists():
            begun = time.perf_counter()
            make(path, writer)
            print(f"made in {time.perf_counter() - begun:.0f} s")
        print(
            f"{N_SESSIONS * N_CONTENDERS * N_CASES:,} replies, {path.stat().st_size / 1e6:.0f} MB"
        )
        empty = Path(folder) / "empty.sqlite3"
        History.open(empty).close()
        report("opening an empty history", lambda: History.open(empty).close(), 30)
        report("opening this one", lambda: History.open(path).close(), 30)
        with History.open(path) as history:
            report_reading(history, writer.words)
            report_recording(history, writer)


if __name__ == "__main__":
    main()
