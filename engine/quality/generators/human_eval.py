"""HumanEval: Python functions to write, whose tests run in a sandbox or not at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

from engine.contract import Case, Message, Remark
from engine.contract.checks import PythonCheck
from engine.errors import PlanError
from engine.quality.checks.sandbox import Sandbox, find_sandbox
from engine.quality.generators.draw import Draw
from engine.quality.suite import Suite

NAME: Final = "humaneval"
TITLE: Final = "HumanEval"
ABOUT: Final = (
    "164 Python functions to write. Their tests run in a sandbox (bubblewrap); without one it is only "
    "checked that the code parses and defines the function."
)
MOST: Final = 164
_FILE: Final = Path(__file__).parent / "humaneval" / "HumanEval.jsonl.gz"
_ASKED: Final = (
    "Complete this Python function. Reply with the whole function in one code block and nothing else."
    "\n\n```python\n{code}\n```"
)


def human_eval(n: int, seed: int) -> Suite:
    """n of the tasks; another seed picks others. Raises PlanError."""
    if not 1 <= n <= MOST:
        raise PlanError(f"HumanEval has {MOST} cases, so it cannot give {n}.")
    tasks = _tasks()
    chosen = Draw(NAME, seed).some(range(MOST), n)
    sandbox = find_sandbox()
    return Suite(
        name=f"{TITLE}, {n} tasks, seed {seed}" if n < MOST else TITLE,
        cases=tuple(_case(tasks[place]) for place in chosen),
        not_supported=() if isinstance(sandbox, Sandbox) else (_not_run(sandbox),),
    )


def _not_run(why: str) -> Remark:
    reason = (
        f"the models' code is not run, since {why}; checked is only that it parses and defines the "
        "function that was asked for"
    )
    return Remark(file=TITLE, line=None, field="", reason=reason)


def _tasks() -> list[dict[str, Any]]:
    with gzip.open(_FILE, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _case(task: dict[str, Any]) -> Case:
    prompt, function = task["prompt"], task["entry_point"]
    before = prompt[: prompt.rindex(f"def {function}(")]
    tests = f"{task['test']}\n\ncheck({function})\n"
    return Case(
        id=task["task_id"],
        messages=(Message(role="user", content=_ASKED.format(code=prompt.strip("\n"))),),
        checks=(
            PythonCheck(type="defines-function", function=function, before=before),
            PythonCheck(type="passes-tests", function=function, before=before, tests=tests),
        ),
        answers=(f"```python\n{prompt.strip()}\n{task['canonical_solution'].rstrip()}\n```",),
    )
