"""compare: the same prompts to several models, replies side by side, measured and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cli.compare_options import PromptOptions, RunOptions
from cli.contenders import read_contenders
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.history import open_history as open_users_history
from cli.loading_options import LoadingOptions
from cli.program import program_name
from cli.prompts import STANDARD_INPUT, read_cases
from cli.running import MakeBench, Outcome, Screens, complain_of_failed, run_plan
from cli.sampling_options import SamplingOptions
from cli.terminal import (
    message_console,
    result_console,
    words,
    write_result,
)
from cli.timings_view import print_timings
from cli.unrecorded import offer_export
from cli.usage import WrongUsage
from engine.bench import Bench
from engine.contract import ModelFile, Plan, Recorder, Session
from engine.energy.meter import machine_meter
from engine.errors import StorageError
from models import fit
from models.describe import describe
from storage.document import dump
from storage.energy_settings import energy_settings_file, load_energy_settings
from storage.history import History


def machine_bench(recorder: Recorder | None) -> Bench:
    """Runs on this machine."""
    settings = partial(load_energy_settings, energy_settings_file())
    return Bench(fit=fit, recorder=recorder, meter=machine_meter(settings=settings))


def compare(
    files: Sequence[str],
    prompts: PromptOptions,
    sampling: SamplingOptions,
    loading: LoadingOptions,
    running: RunOptions,
    *,
    make_bench: MakeBench = machine_bench,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """The exit code: 1 where a reply failed, 130 where Ctrl+C stopped it."""
    history = None if running.no_history else open_history()
    try:
        earlier = None
        if running.resume is not None:
            earlier = _session_to_finish(history, running.resume, files, prompts)
            plan = earlier.plan()
        else:
            plan = _plan(files, prompts, sampling, loading, running, describe_model)
        screens = screens_for(as_json=running.as_json)
        outcome = run_plan(
            plan,
            make_bench=make_bench,
            recorder=history.recorder() if history is not None else None,
            screens=screens,
            resume=earlier,
        )
        return report(outcome, screens, history, as_json=running.as_json)
    finally:
        if history is not None:
            history.close()


def open_history() -> History:
    """The user's history; a failure says how to go on without."""
    try:
        return open_users_history()
    except StorageError as error:
        raise type(error)(f"{error} With --no-history, compare runs without recording.") from error


def screens_for(*, as_json: bool) -> Screens:
    """One console where both are a terminal, since only one may draw on it at a time."""
    results, messages = result_console(), message_console()
    if as_json:
        return Screens(results=messages, progress=messages)
    if results.is_terminal:
        return Screens(results=results, progress=results)
    return Screens(results=results, progress=messages)


def report(outcome: Outcome, screens: Screens, history: History | None, *, as_json: bool) -> int:
    """The table, where the session is, and the document; gives the exit code."""
    session = outcome.session
    if session is None:
        return EXIT_INTERRUPTED
    print_timings(screens.results, session.replies, [each.name for each in session.contenders])
    if outcome.stopped:
        _note(screens, "Stopped. What was produced until then is kept.")
    if outcome.recorded and history is not None:
        session = history.session(session.id)
        what = "compare --resume" if outcome.stopped else "sessions show"
        purpose = "finish it" if outcome.stopped else "see it again"
        _note(screens, f"Recorded. To {purpose}: {program_name()} {what} {session.id}")
    if as_json:
        write_result(dump(session))
    elif history is not None and not outcome.recorded:
        offer_export(session)
    failed = complain_of_failed(session)
    if outcome.stopped:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failed else 0


def _plan(
    files: Sequence[str],
    prompts: PromptOptions,
    sampling: SamplingOptions,
    loading: LoadingOptions,
    running: RunOptions,
    describe_model: Callable[[Path], ModelFile],
) -> Plan:
    paths = [Path(each) for each in files if each != STANDARD_INPUT]
    if not paths:
        raise WrongUsage("There is no model to run. Name at least one GGUF file.")
    settings, chances = loading.runtime(), sampling.sampling()
    contenders = read_contenders(paths, settings, describe_model)
    cases = read_cases(prompts, from_stdin=STANDARD_INPUT in files)
    return Plan(
        contenders=contenders,
        cases=cases,
        sampling=chances,
        repeats=running.repeat,
        together=running.together,
        title=running.title,
    )


def _session_to_finish(
    history: History | None, session_id: str, files: Sequence[str], prompts: PromptOptions
) -> Session:
    if history is None:
        raise WrongUsage("--resume needs the history: leave out --no-history.")
    if files or prompts.prompt or prompts.prompts:
        raise WrongUsage("--resume takes models and prompts from the session: name none here.")
    session = history.session(session_id)
    if session.kind != "compare":
        raise WrongUsage(f"Session {session.id} is no comparison and cannot be resumed here.")
    return session


def _note(screens: Screens, text: str) -> None:
    if screens.progress.is_terminal:
        screens.progress.print(words(text, "dim"))
    else:
        print(text, file=screens.progress.file)
