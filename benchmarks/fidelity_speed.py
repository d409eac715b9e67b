"""A fidelity run against llama-perplexity's two passes and against bare decodes of the same tokens.

Whole runs with loading, in turn, on the same text, chunks and threads. Ratios are time theirs / ours, so
above 1.0 we are faster; the bare decode is the limit.

    python benchmarks/fidelity_speed.py --llama-cpp BUILD/bin [--rounds 3] [--threads 2] [--chunks 14]

BUILD is a build of the llama.cpp that the llama-cpp-python source package vendors (cmake, target
llama-perplexity). Without --llama-cpp only the bare decode is compared.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.contract import Contender, Runtime  # noqa: E402
from engine.fidelity import FidelityBench, FidelityDone, FidelityPlan  # noqa: E402
from engine.quantize import quantize  # noqa: E402
from models import fit  # noqa: E402
from models.demo import demo_model_path  # noqa: E402
from models.describe import describe  # noqa: E402

TEXT = ROOT / "tests" / "data" / "fidelity" / "gpl-3.txt"
Q8_0 = 7
BARE = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from engine.contract import Runtime
from engine.protocol import Load, ScoreText
from engine.worker.backend import Backend
from engine.worker.interrupt import Interrupt
from engine.worker.scoring import Contestant
backend, interrupt, threads = Backend(), Interrupt(), int(sys.argv[3])
orders = [Load(id=0, path=p, runtime=Runtime(threads=threads), n_gpu_layers=0) for p in sys.argv[5:]]
text = Path(sys.argv[2]).read_text(encoding="utf-8")
request = ScoreText(id=0, reference=orders[0], candidates=(), text=text, n_ctx=512)
models = [Contestant(backend, request, order, interrupt, lambda part: None) for order in orders]
for number in range(int(sys.argv[4])):
    for model in models:
        model.logits(number)
"""


def ours(reference: Path, candidate: Path, threads: int, chunks: int) -> float:
    def contender(path: Path) -> Contender:
        return Contender(name=path.stem, model=describe(path), runtime=Runtime(threads=threads))

    plan = FidelityPlan(
        reference=contender(reference),
        candidates=(contender(candidate),),
        text=TEXT.read_text(encoding="utf-8"),
        text_name=TEXT.name,
        max_chunks=chunks,
        noise_floor=False,
    )
    begun = time.perf_counter()
    done = list(FidelityBench(fit=fit).run(plan))[-1]
    assert isinstance(done, FidelityDone)
    assert done.document.chunks == chunks
    return time.perf_counter() - begun


def timed(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def llama_perplexity(
    tools: Path, reference: Path, candidate: Path, threads: int, chunks: int, base: Path
) -> float:
    common = ("-t", str(threads), "-c", "512", "--chunks", str(chunks))
    tool = str(tools / "llama-perplexity")
    first = timed(
        tool, "-m", str(reference), "-f", str(TEXT), "--kl-divergence-base", str(base), *common
    )
    second = timed(
        tool, "-m", str(candidate), "--kl-divergence-base", str(base), "--kl-divergence", *common
    )
    return first + second


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--llama-cpp", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chunks", type=int, default=14)
    a = parser.parse_args()
    reference = demo_model_path()
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "candidate.gguf"
        quantize(reference, candidate, Q8_0)
        for _ in range(a.rounds):
            own = ours(reference, candidate, a.threads, a.chunks)
            bare = timed(
                sys.executable, "-c", BARE, str(ROOT), str(TEXT), str(a.threads), str(a.chunks),
                str(reference), str(candidate),
            )  # fmt: skip
            ratios.setdefault("bare llama_decode", []).append(bare / own)
            if a.llama_cpp:
                base = Path(folder) / "base"
                theirs = llama_perplexity(
                    a.llama_cpp, reference, candidate, a.threads, a.chunks, base
                )
                ratios.setdefault("llama-perplexity", []).append(theirs / own)
    print(f"{a.chunks} chunks of 512, {a.threads} threads, {a.rounds} rounds; time theirs / ours")
    for name, values in ratios.items():
        print(
            f"{name:18} {statistics.median(values):.3f}   ({min(values):.3f} to {max(values):.3f})"
        )
    print(
        f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB"
    )


if __name__ == "__main__":
    main()
