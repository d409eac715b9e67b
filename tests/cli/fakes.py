"""Benches that tests own: with workers that hold no model, or that give what they are told to."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.console import Console

from cli.running import Bench as AnyBench
from engine.bench import Bench
from engine.contract import (
    Began,
    Environment,
    Event,
    Failed,
    Finished,
    Loaded,
    Memory,
    Piece,
    Plan,
    Recorder,
    Replied,
    Reply,
    Session,
    Started,
    Timing,
)
from tests.engine.fakes import SmallFit, start_fake_worker
from tests.resolved import RESOLVED

ENVIRONMENT = Environment(
    app="Steelyard", llama_cpp="fake", os="an OS", cpu="a CPU", ram_bytes=1 << 34
)


def bench_without_models(recorder: Recorder | None) -> Bench:
    """The real bench with fake workers."""
    return Bench(fit=SmallFit(), recorder=recorder, start_worker=start_fake_worker)


class ScriptedBench:
    """Gives every contender the same text, a piece a word; `fails` names those that do not answer."""

    def __init__(self, recorder: Recorder | None, text: str, fails: Sequence[str] = ()) -> None:
        self._recorder = recorder
        self._text = text
        self._fails = fails

    def run(self, plan: Plan, resume: Session | None = None) -> Iterator[Event]:
        session = self._recorder.begin(plan, ENVIRONMENT) if self._recorder else None
        yield Began(session=session)
        for contender in plan.contenders:
            yield Loaded(contender=contender.name, load_s=0.5, runtime=RESOLVED)
            for case in plan.cases:
                yield Started(contender=contender.name, case=case.id, repeat=0)
                for number, word in enumerate(self._text.split(" "), 1):
                    yield Piece(
                        contender=contender.name,
                        case=case.id,
                        repeat=0,
                        text=f"{word} ",
                        generated_tokens=number,
                    )
                failed = contender.name in self._fails
                made = reply(
                    contender.name,
                    case.id,
                    self._text,
                    **({"error": self._text, "finish_reason": "error"} if failed else {}),
                )
                if self._recorder and session:
                    self._recorder.record(session, made)
                yield Failed(reply=made) if failed else Replied(reply=made)
        if self._recorder and session:
            self._recorder.end(session, "finished")
        yield Finished(status="finished", elapsed_s=1.0)

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


def scripted(text: str, fails: Sequence[str] = ()) -> object:
    """What `compare` takes to make its bench."""

    def make(recorder: Recorder | None) -> AnyBench:
        return ScriptedBench(recorder, text, fails)

    return make


def reply(contender: str, case: str = "1", text: str = "Yes.", **changes: object) -> Reply:
    fields: dict[str, object] = {
        "finish_reason": "stop",
        "repeat": 0,
        "timing": Timing(
            load_s=0.5,
            ttft_s=0.11,
            prompt_tokens_per_s=200.0,
            generated_tokens=53,
            generation_tokens_per_s=51.4,
        ),
        "memory": Memory(peak_bytes=142_000_000),
        "runtime": RESOLVED,
        **changes,
    }
    return Reply(contender=contender, case=case, text=text, **fields)  # type: ignore[arg-type]  # fields of Reply


def terminal(width: int, height: int = 40) -> Console:
    """A console that believes it is a terminal; what it writes is read by `written`."""
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system=None,
        width=width,
        height=height,
        markup=False,
        highlight=False,
    )


def paper() -> Console:
    """A console that writes to a file."""
    return Console(file=io.StringIO(), force_terminal=False, width=100, highlight=False)


def written(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()
