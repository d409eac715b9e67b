"""Code in replies: found, parsed, and run in a sandbox where there is one."""

from __future__ import annotations

import shutil
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import CheckResult
from engine.contract.checks import PythonCheck
from engine.errors import PlanError
from engine.quality.checks import python_code, sandbox
from engine.quality.checks.findings import Subject
from engine.quality.checks.run import run_check
from engine.quality.checks.sandbox import Bubblewrap, Ran, Sandbox, find_sandbox
from engine.quality.generators import human_eval
from engine.quality.generators.ready import ready_suite

DEFINES = PythonCheck(type="defines-function", function="add")
TESTS = "def check(f):\n    assert f(1, 2) == 3\n\ncheck(add)\n"
PASSES = PythonCheck(type="passes-tests", function="add", tests=TESTS)
RIGHT = "def add(a, b):\n    return a + b\n"
FENCED = f"Here it is:\n\n```python\n{RIGHT}```\n\nIt adds."

has_sandbox = pytest.mark.skipif(
    not isinstance(find_sandbox(), Sandbox), reason=f"no sandbox: {find_sandbox()}"
)


class Recorded:
    """A sandbox that runs nothing and says what it was given."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran
        self.programs: list[str] = []

    def run(self, program: str) -> Ran:
        self.programs.append(program)
        return self.ran


def run(check: PythonCheck, text: str) -> CheckResult:
    return run_check(check, Subject(text=text, finish_reason="stop"))


def use(monkeypatch: pytest.MonkeyPatch, found: Sandbox | str) -> None:
    monkeypatch.setattr(python_code, "find_sandbox", lambda: found)
    monkeypatch.setattr(human_eval, "find_sandbox", lambda: found)


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        FENCED,
        f"```\n{RIGHT}",
        f"```python\nimport math\n```\nand then\n```python\n{RIGHT}```",
        "```py\ndef helper():\n    return 1\n```\n```py\nasync def add(a, b): return a + b\n```",
    ],
)
def test_a_function_is_found_in_the_reply(text: str) -> None:
    assert run(DEFINES, text).passed is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def add(a, b) return a", "It is no Python, line 1"),
        ("def sub(a, b):\n    return a - b", "There is no function add in it."),
        ("class Sum:\n    def add(self): ...", "There is no function add in it."),
        ("(" * 5_000, "It is no Python"),
        ("-" * 15_000 + "1", "It is no Python that can be read."),
        (RIGHT + "#" * 20_000, "It is longer than 20,000 characters."),
        ("def add(): '\0'", "It is no Python"),
    ],
)
def test_what_is_no_such_function_fails_with_its_reason(text: str, reason: str) -> None:
    found = run(DEFINES, text)
    assert found.passed is False
    assert found.reason.startswith(reason)


def test_the_function_is_shown_where_it_stands_in_the_reply() -> None:
    (evidence,) = run(DEFINES, FENCED).evidence
    assert evidence.text == "def add(a, b):"
    assert FENCED[evidence.start : evidence.end] == evidence.text


@given(st.text(max_size=300))
def test_any_text_is_checked_without_a_fault(text: str) -> None:
    assert run(DEFINES, text).passed is not None


def test_without_a_sandbox_nothing_is_run_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, "bubblewrap (bwrap) is not installed")
    found = run(PASSES, RIGHT)
    assert found.passed is None
    assert found.reason == "The code was not run, since bubblewrap (bwrap) is not installed."
    suite = ready_suite("humaneval", 3)
    (remark,) = suite.not_supported
    assert "code is not run, since bubblewrap (bwrap) is not installed" in remark.sentence()


def test_code_runs_between_what_the_prompt_gave_and_the_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded(Ran(ok=False, fault="AssertionError: no"))
    use(monkeypatch, recorded)
    check = PythonCheck(type="passes-tests", function="add", before="import math\n", tests=TESTS)
    assert run(check, FENCED).reason == "Its tests fail: AssertionError: no."
    use(monkeypatch, Recorded(Ran(ok=False, fault="AssertionError: ")))
    assert run(check, FENCED).reason == "Its tests fail: AssertionError."
    (program,) = recorded.programs
    assert program.index("import math") < program.index("def add") < program.index("check(add)")
    assert ready_suite("humaneval", 3).not_supported == ()


def test_code_without_the_function_is_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(Ran(ok=True))
    use(monkeypatch, recorded)
    assert run(PASSES, "import os\nos.abort()").passed is False
    assert recorded.programs == []


def test_a_machine_without_bubblewrap_has_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert find_sandbox.__wrapped__() == "bubblewrap (bwrap) is not installed"


def test_a_bubblewrap_that_may_not_make_namespaces_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    assert find_sandbox.__wrapped__() == "bubblewrap cannot make a sandbox on this system"


@has_sandbox
@pytest.mark.parametrize(
    ("code", "passed"),
    [
        (RIGHT, True),
        ("def add(a, b):\n    return a - b\n", False),
        ("def add(a, b):\n    raise SystemExit(0)\n", False),
        ("import os\ndef add(a, b):\n    os._exit(0)\n", False),
        ("def add(a, b):\n    return bytearray(1 << 31)\n", False),
        ("def add(a, b):\n    open('/etc/passwd').read()\n    return a + b\n", False),
        ("def add(a, b):\n    open('/usr/x', 'w')\n    return a + b\n", False),
        ("import sys\ndef add(a, b):\n    print('x' * 10**7)\n    return a + b\n", True),
    ],
)
def test_the_sandbox_runs_code_and_lets_it_reach_nothing(code: str, passed: bool) -> None:
    assert run(PASSES, code).passed is passed


@has_sandbox
def test_the_sandbox_has_no_network_not_even_this_machines() -> None:
    found = find_sandbox()
    assert isinstance(found, Bubblewrap)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        program = f"import socket\nsocket.create_connection({address!r}, timeout=5)\n"
        socket.create_connection(address, timeout=5).close()
        ran = found.run(program)
    assert not ran.ok
    assert ran.fault.startswith(("ConnectionRefusedError", "OSError"))


@has_sandbox
def test_the_sandbox_ends_what_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIME_LIMIT_S", 1.0)
    found = find_sandbox()
    assert isinstance(found, Bubblewrap)
    ran = found.run("while True: pass\n")
    assert not ran.ok


@has_sandbox
def test_the_reference_solutions_pass_their_tests() -> None:
    for case in ready_suite("humaneval", 8, 5).cases:
        results = [
            run_check(c, Subject(text=case.answers[0], finish_reason="stop")) for c in case.checks
        ]
        assert [each.passed for each in results] == [True, True], (case.id, results)


def test_all_tasks_are_there_and_each_solution_defines_its_function() -> None:
    suite = ready_suite("humaneval", 164)
    assert len(suite.cases) == 164
    assert all(
        run_check(c.checks[0], Subject(text=c.answers[0], finish_reason="stop")).passed
        for c in suite.cases
    )
    assert ready_suite("humaneval", 20, 2) != ready_suite("humaneval", 20, 3)
    with pytest.raises(PlanError, match="has 164 cases"):
        ready_suite("humaneval", 165)
