"""Our whole path against a bare llama_decode loop, in turn, in one run.

Whole path: a request over the pipe, greedy sampling, text pieces as events to this process. The bare loop
(bare_decode.py) is a process of its own with the same model, threads and token counts. Both stay loaded;
one works while the other waits. A figure is the median of the ratios of neighbouring runs, ours / bare, so
1.0 would be the limit.

    python benchmarks/engine_speed.py [--rounds 9] [--threads 2] [--model FILE]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.client import WorkerClient  # noqa: E402
from engine.contract import Case, Message, Runtime, Sampling, SpeedTest  # noqa: E402
from engine.protocol import Generate, Generated, Load, Measure, Sample  # noqa: E402
from models.demo import demo_model_path  # noqa: E402

N_CTX = 2048
N_PROMPT, N_GENERATED = 512, 128
COUNTING = "Count on: " + ", ".join(str(n) for n in range(1, 14)) + ","


class Bare:
    def __init__(self, model: Path, threads: int) -> None:
        script = Path(__file__).with_name("bare_decode.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(model), str(threads), str(N_CTX)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(ROOT)},
            text=True,
        )
        self._read()

    def seconds(self, order: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Ours:
    def __init__(self, model: Path, threads: int) -> None:
        runtime = Runtime(n_ctx=N_CTX, threads=threads)
        # A speed test leaves its own context behind, so replies have a worker of their own.
        self._client, self._measuring = _loaded(model, runtime), _loaded(model, runtime)

    def generated(self, text: str, max_tokens: int) -> Generated:
        case = Case(id="1", messages=(Message(role="user", content=text),), format="completion")
        request = Generate(
            id=self._client.next_id(), case=case, sampling=Sampling(max_tokens=max_tokens)
        )
        end = list(self._client.ask(request))[-1]
        assert isinstance(end, Generated)
        return end

    def measured(self, n_prompt: int, n_gen: int) -> float:
        request = Measure(
            id=self._measuring.next_id(),
            test=SpeedTest(n_prompt=n_prompt, n_gen=n_gen),
            repetitions=1,
            warm_up=False,
        )
        (_, sample, _) = self._measuring.ask(request)
        assert isinstance(sample, Sample)
        return sample.elapsed_ns / 1e9

    def close(self) -> None:
        self._client.close()
        self._measuring.close()


def _loaded(model: Path, runtime: Runtime) -> WorkerClient:
    client = WorkerClient("The worker")
    client.start()
    list(client.ask(Load(id=client.next_id(), path=str(model), runtime=runtime, n_gpu_layers=-1)))
    return client


def ratios(ours: Ours, bare: Bare, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in ("tg", "pp", "bench tg", "bench pp")}
    for _ in range(rounds):
        end = ours.generated(COUNTING, N_GENERATED)
        times = end.token_times_s
        limit = bare.seconds(f"generate {end.prompt_tokens} {len(times)}")
        found["tg"].append(limit / (times[-1] - times[0]))

        end = ours.generated("word " * (N_PROMPT - 1), 1)
        assert end.prompt_s is not None
        found["pp"].append(bare.seconds(f"prompt {end.prompt_tokens}") / end.prompt_s)

        limit = bare.seconds(f"generate 1 {N_GENERATED + 1}")
        found["bench tg"].append(limit / ours.measured(0, N_GENERATED))
        found["bench pp"].append(bare.seconds(f"prompt {N_PROMPT}") / ours.measured(N_PROMPT, 0))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=Path, default=None)
    arguments = parser.parse_args()
    model = arguments.model or demo_model_path()
    bare, ours = Bare(model, arguments.threads), Ours(model, arguments.threads)
    ratios(ours, bare, 1)
    print(
        f"{model.name}, {arguments.threads} threads, {arguments.rounds} rounds; ours / bare llama_decode"
    )
    for name, values in ratios(ours, bare, arguments.rounds).items():
        print(
            f"{name:9} {statistics.median(values):.3f}   ({min(values):.3f} to {max(values):.3f})"
        )
    ours.close()
    bare.close()


if __name__ == "__main__":
    main()
