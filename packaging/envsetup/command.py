"""The set-up itself: what is stale is made anew, in order; what is fresh costs a look."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from envsetup.backend import VARIABLE, choose_backend, hint, look_for_backends
from envsetup.clone import Clone, own_python
from envsetup.console import in_words, say
from envsetup.failure import SetupFailure
from envsetup.machine import look_at_machine, usable_cores
from envsetup.requisites import ensure_requisites
from envsetup.stamp import Stamp, read_stamp, write_stamp
from envsetup.steps import Step, Steps
from envsetup.wheels import WheelCache, cache_folder

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app", "dev")
GIB = 1024**3


@dataclass(frozen=True)
class Situation:
    """What there is, what is wanted, and so what is due."""

    stamp: Stamp
    steps: Steps
    due: list[Step]
    advice: str | None


def run(arguments: Sequence[str]) -> int:
    """Make the parts asked for; give the exit status."""
    if not arguments or not set(arguments) <= set(PARTS):
        print(f"usage: setup_env.py {' | '.join(PARTS)} …", file=sys.stderr)
        return 2
    try:
        ensure(Clone(ROOT), arguments, os.environ)
    except SetupFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def ensure(clone: Clone, parts: Sequence[str], variables: Mapping[str, str]) -> None:
    """Bring an environment up to date; one that is gets its choice of backend noted at most.

    Raises:
        SetupFailure: something is missing on this machine, or a step failed.
    """
    situation = look(clone, parts, variables)
    if situation.due:
        with alone(clone):
            make(clone, look(clone, parts, variables))
    elif situation.stamp != read_stamp(clone.environment):
        write_stamp(clone.environment, situation.stamp)


def look(clone: Clone, parts: Sequence[str], variables: Mapping[str, str]) -> Situation:
    """See what is stale; quick, as every target of the Makefile begins with it."""
    stamp = read_stamp(clone.environment)
    # An override is remembered, so that `make run` after it does not go back to the default.
    requested = variables.get(VARIABLE) or stamp.backend
    found = look_for_backends(variables)
    backend = choose_backend(requested, found)
    made = stamp.made if clone.environment_python() == own_python()[1] else {}
    stamp = Stamp(requested, made)
    cache = cache_folder(variables)
    steps = Steps(clone, backend, usable_cores(), WheelCache(cache / "wheels"), cache)
    due = [step for step in steps.of(parts) if not stamp.is_fresh(step.name, step.fingerprint)]
    return Situation(stamp, steps, due, hint(backend, requested, found))


def make(clone: Clone, situation: Situation) -> None:
    """Make what is due, step by step, noting each as soon as it is done."""
    if not situation.due:
        return
    compiles = situation.steps.compiles and any(step.name == "llama.cpp" for step in situation.due)
    ensure_requisites(look_at_machine(), compiles)
    refuse_full_disk(clone.root, 2 * GIB)
    if compiles:
        refuse_full_disk(cache_folder(), 3 * GIB)
    names = ", ".join(step.name for step in situation.due)
    duration = in_words(sum(step.expected_s() for step in situation.due))
    say(f"Setting up in {clone.environment.name}: {names}. This takes {duration}.")
    if compiles:
        say("Most of that is compiling llama.cpp; the result is kept and used again.")
    if situation.advice:
        say(situation.advice)
    stamp = situation.stamp
    for step in situation.due:
        step.make()
        stamp = stamp.with_made(step.name, step.fingerprint)
        write_stamp(clone.environment, stamp)
    say("The environment is ready.")


def refuse_full_disk(folder: Path, needed_bytes: int) -> None:
    """Stop before a disk runs full in the middle."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes:
        raise SetupFailure(
            f"Setting up needs {needed_bytes // GIB} GiB free in {folder};"
            f" there are {free_bytes / GIB:.1f}. Make room and run this again."
        )


@contextmanager
def alone(clone: Clone) -> Iterator[None]:
    """Keep two set-ups of one clone apart; the second waits for the first."""
    with clone.requirements().open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
