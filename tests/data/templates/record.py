"""Asks llama.cpp's own server how it renders its collection of real chat templates.

    python record.py LLAMA_SERVER MODEL.gguf LLAMA_CPP_SOURCE

writes llama_cpp.json.xz beside itself: every template with its text, the conversations, and the prompt or
the error that llama-server's /apply-template gave for each. The tests read that file and need no server.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

SOURCE = (
    "models/templates of llama.cpp, commit 0c1e570, as vendored in llama-cpp-python 0.3.36 (MIT); "
    "prompts by the llama-server of the same commit, with SmolLM2-135M-Instruct for the token texts"
)
ADDRESS = "http://127.0.0.1:18231"
RECORDING = Path(__file__).with_name("llama_cpp.json.xz")

SYSTEM = {"role": "system", "content": "You are a terse assistant."}
USER = {"role": "user", "content": "Name the capital of France."}
ASSISTANT = {"role": "assistant", "content": "Paris."}
AGAIN = {"role": "user", "content": "And of Italy?"}
ODD = {
    "role": "user",
    "content": ' Ünïcödé 🙂 – "quotes", <b>&amp;</b>\n\n```py\nx = "{{ y }}"\n```\n\n',
}
THOUGHTFUL = {"role": "assistant", "content": "<think>\nFrance, so Paris.\n</think>\n\nParis."}

CONVERSATIONS = {
    "user": [USER],
    "system": [SYSTEM, USER],
    "turns": [USER, ASSISTANT, AGAIN],
    "system and turns": [SYSTEM, USER, ASSISTANT, AGAIN],
}
OTHERS = {
    "odd text": [ODD],
    "earlier reasoning": [USER, THOUGHTFUL, AGAIN],
    "two users": [USER, AGAIN],
    "late system": [USER, ASSISTANT, SYSTEM, AGAIN],
    "system alone": [SYSTEM],
    "tool result": [USER, ASSISTANT, {"role": "tool", "content": "Rome"}],
}


def requests() -> dict[str, dict[str, Any]]:
    """What is asked of each template, by name."""
    found: dict[str, dict[str, Any]] = {}
    for name, messages in CONVERSATIONS.items():
        found[name] = {"messages": messages, "arguments": {}}
        for thinking in (True, False):
            label = f"{name}, thinking {'on' if thinking else 'off'}"
            found[label] = {"messages": messages, "arguments": {"enable_thinking": thinking}}
    for name, messages in OTHERS.items():
        found[name] = {"messages": messages, "arguments": {}}
    found["low effort"] = {"messages": [USER], "arguments": {"reasoning_effort": "low"}}
    found["no turn to answer"] = {
        "messages": [USER, ASSISTANT],
        "arguments": {},
        "add_generation_prompt": False,
    }
    return found


def main(server: Path, model: Path, source: Path) -> None:
    asked = requests()
    recorded = datetime.now().astimezone()
    templates = {}
    for path in sorted((source / "models" / "templates").glob("*.jinja")):
        with serving(server, model, path):
            prompts = {name: ask(request) for name, request in asked.items()}
        templates[path.stem] = {"source": path.read_text(encoding="utf-8"), "prompts": prompts}
        print(path.stem)
    recording = {
        "source": SOURCE,
        "recorded": recorded.replace(tzinfo=None).isoformat(timespec="minutes"),
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "requests": asked,
        "templates": templates,
    }
    text = json.dumps(recording, ensure_ascii=False, sort_keys=True)
    RECORDING.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def ask(request: dict[str, Any]) -> dict[str, str]:
    body = {
        "messages": request["messages"],
        "chat_template_kwargs": request["arguments"],
        "add_generation_prompt": request.get("add_generation_prompt", True),
    }
    try:
        with urllib.request.urlopen(post("/apply-template", body), timeout=60) as answer:
            return {"prompt": json.load(answer)["prompt"]}
    except urllib.error.HTTPError as error:
        return {"error": json.load(error)["error"]["message"]}


def post(path: str, body: dict[str, Any]) -> urllib.request.Request:
    return urllib.request.Request(ADDRESS + path, data=json.dumps(body).encode())


@contextmanager
def serving(server: Path, model: Path, template: Path) -> Iterator[None]:
    options = ["--jinja", "-c", "256", "-t", "1", "--no-warmup", "--no-webui"]
    options += ["--no-prefill-assistant", "--port", ADDRESS.rpartition(":")[2]]
    process = subprocess.Popen(
        [server, "-m", model, "--chat-template-file", template, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_healthy(process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_healthy(process: subprocess.Popen[bytes]) -> None:
    limit = monotonic() + 60
    while monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(ADDRESS + "/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            continue
    raise SystemExit("llama-server did not start.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
