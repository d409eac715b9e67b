"""How a worker process ended, in words for the user."""

from __future__ import annotations

import signal

_SIGNALS = {
    "SIGKILL": "was killed, most likely by the system because memory ran out",
    "SIGABRT": "aborted on a check inside llama.cpp",
    "SIGSEGV": "crashed (it read memory that is not its own)",
    "SIGBUS": "crashed while reading the model file, which was probably changed or cut short",
    "SIGILL": "met an instruction that this processor lacks; rebuild llama.cpp here with `make setup`",
    "SIGFPE": "crashed on an impossible calculation",
    "SIGTERM": "was ended by another program",
}
_NOT_INSTALLED = "No module named 'llama_cpp'"


def describe_end(what: str, exit_code: int | None, log: tuple[str, ...]) -> str:
    """One sentence: who ended, how, and the log's most telling line. exit_code as subprocess gives it."""
    if any(_NOT_INSTALLED in line for line in log):
        return "llama.cpp is not installed in this environment. Run `make setup`."
    sentence = f"{what} {_how(exit_code)}."
    telling = _telling_line(log)
    return f"{sentence} Its last words: {telling}" if telling else sentence


def _how(exit_code: int | None) -> str:
    if exit_code is None:
        return "closed its pipe"
    if exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        return _SIGNALS.get(name, f"was ended by {name}")
    if exit_code == 0:
        return "ended without an answer"
    return f"ended with code {exit_code}"


def _telling_line(log: tuple[str, ...]) -> str:
    """An assert or error line if there is one, else the last line that says anything.

    What Python's fault handler prints after them only repeats the signal's name.
    """
    lines = [line.strip() for line in log if line.strip()]
    fatal = next((i for i, line in enumerate(lines) if line.startswith("Fatal Python error")), 0)
    lines = lines[:fatal] if fatal else lines
    for line in reversed(lines):
        if "GGML_ASSERT" in line or "error" in line.lower() or "terminate called" in line:
            return line
    return lines[-1] if lines else ""
