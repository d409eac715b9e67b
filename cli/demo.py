"""demo: one small model at several quantizations answers the same prompts, side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.text import Text

from cli.compare import machine_bench, open_history, report, screens_for
from cli.demo_models import Tell, demo_contenders
from cli.failures import EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.program import program_name
from cli.prompts import make_cases
from cli.running import Outcome, Screens, run_plan
from cli.terminal import words
from cli.wording import significant, size
from engine.client import Stopped
from engine.contract import Contender, Plan, Runtime, Sampling
from engine.summary import ContenderSummary, summarise
from storage.folders import models_folder

PROMPTS: Final = (
    "What is photosynthesis? Answer in one sentence.",
    "Give three tips for sleeping better.",
    "Name the four seasons and one thing people do in each.",
)
TITLE: Final = "Demo: one small model at several quantizations"


def demo(*, threads: int | None, max_tokens: int, as_json: bool) -> int:
    """The exit code: 1 where a reply failed, 130 where Ctrl+C stopped it."""
    screens = screens_for(as_json=as_json)
    _introduce(screens)
    stopping = threading.Event()
    try:
        with StopOnInterrupt(stopping.set), _telling(screens.progress) as tell:
            contenders = demo_contenders(models_folder(), Runtime(threads=threads), tell, stopping)
    except Stopped:
        return EXIT_INTERRUPTED
    plan = Plan(
        contenders=contenders,
        cases=make_cases(PROMPTS, system=None, raw=False),
        sampling=Sampling(max_tokens=max_tokens),
        title=TITLE,
    )
    with open_history() as history:
        outcome = run_plan(
            plan, make_bench=machine_bench, recorder=history.recorder(), screens=screens
        )
        code = report(outcome, screens, history, as_json=as_json)
    if code == 0:
        _conclude(screens.results, outcome, contenders)
    return code


def _introduce(screens: Screens) -> None:
    text = (
        "SmolLM2-135M, a very small language model, at three quantizations: the same weights, stored with"
        " fewer or more bits. Each answers the same prompts, one after the other, on this machine alone."
    )
    screens.results.print(words(text))


@contextmanager
def _telling(console: Console) -> Iterator[Tell]:
    """A changing line on a terminal; elsewhere one line for all."""
    first = "Making the quantizations, where they are not there yet …"
    if not console.is_terminal:
        print(first, file=console.file)
        yield lambda text: None
        return
    with console.status(first) as status:
        yield lambda text: status.update(words(text))


def _conclude(console: Console, outcome: Outcome, contenders: tuple[Contender, ...]) -> None:
    """What the figures say, and where to go from here."""
    if outcome.session is None:
        return
    found = _in_words(contenders, summarise(outcome.session.replies))
    console.print()
    if found:
        console.print(words(found, "bold"))
    program = program_name()
    console.print(Text("Next:"))
    for command, what in (
        (program, "the same in a window"),
        (f'{program} compare A.gguf B.gguf -p "…"', "your own models"),
        (f"{program} suite A.gguf B.gguf --ready arithmetic", "whether B is good enough beside A"),
        (f"{program} cost {outcome.session.id}", "what it would save"),
        (f"{program} --help", "everything else"),
    ):
        console.print(Text(f"  {command:<56}", style="cyan") + Text(what), soft_wrap=True)


def _in_words(
    contenders: tuple[Contender, ...], summaries: tuple[ContenderSummary, ...]
) -> str | None:
    """The smallest against the largest file, in size and measured speed."""
    smallest, largest = contenders[0], contenders[-1]
    speeds = {
        each.contender: each.figures["generation_tokens_per_s"].median
        for each in summaries
        if "generation_tokens_per_s" in each.figures
    }
    if smallest.name not in speeds or largest.name not in speeds:
        return None
    ratio = speeds[smallest.name] / speeds[largest.name]
    share = 100 - 100 * smallest.model.size_bytes / largest.model.size_bytes
    return (
        f"{smallest.model.quantization} ({size(smallest.model.size_bytes)}) is {share:.0f} % smaller than"
        f" {largest.model.quantization} ({size(largest.model.size_bytes)}) and generated"
        f" {significant(ratio)} times as fast here. Whether its replies are still good enough is for you to"
        " say: read them side by side."
    )
