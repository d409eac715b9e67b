from __future__ import annotations

import json
import lzma
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import Message
from engine.errors import TemplateError
from engine.worker.rendering import Refusal, Renderer
from engine.worker.template import ChatTemplate

ROOT = Path(__file__).parents[3]
CLOCK = datetime.fromisoformat("2026-07-04T12:30")
USER = Message(role="user", content="Hello.")
SYSTEM = Message(role="system", content="Be brief.")
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
DOUBLED = (
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
)
NESTED = (
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
)

# Each is explained in docs/templates.md.
DIFFERENCES = {
    ("Cohere2MoE", "tool result"),
    ("CohereForAI-c4ai-command-r7b-12-2024-tool_use", "tool result"),
    ("NVIDIA-Nemotron-Nano-v2", "system alone"),
    ("google-gemma-2-2b-it", "system alone"),
    ("openai-gpt-oss-120b", "no turn to answer"),
}

Templates = Callable[..., ChatTemplate]


@pytest.fixture(scope="module")
def recording() -> Any:
    """What llama.cpp's server made of its own collection of templates; see tests/data/templates."""
    with lzma.open(ROOT / "tests/data/templates/llama_cpp.json.xz") as file:
        return json.load(file)


@pytest.fixture
def template() -> Iterator[Templates]:
    made: list[ChatTemplate] = []

    def make(source: str, **options: Any) -> ChatTemplate:
        made.append(ChatTemplate(source, "<s>", "</s>", now=lambda: CLOCK, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def outcome(renderer: Renderer, request: dict[str, Any], now: datetime) -> dict[str, str]:
    prompt = request.get("add_generation_prompt", True)
    try:
        return {"prompt": renderer.render(request["messages"], request["arguments"], prompt, now)}
    except Refusal as refusal:
        return {"error": str(refusal)}


def test_every_real_template_gives_what_llama_cpp_gives(recording: Any) -> None:
    now = datetime.fromisoformat(recording["recorded"])
    different = set()
    for name, entry in recording["templates"].items():
        renderer = Renderer(entry["source"], recording["bos_token"], recording["eos_token"], now)
        for label, expected in entry["prompts"].items():
            got = outcome(renderer, recording["requests"][label], now)
            if got.get("prompt") != expected.get("prompt"):
                different.add((name, label))
    assert len(recording["templates"]) >= 60
    assert different == DIFFERENCES


def test_a_template_that_refuses_is_quoted_where_llama_cpp_fails_too(recording: Any) -> None:
    now = datetime.fromisoformat(recording["recorded"])
    refused = 0
    for entry in recording["templates"].values():
        renderer = Renderer(entry["source"], recording["bos_token"], recording["eos_token"], now)
        for label, expected in entry["prompts"].items():
            said = expected.get("error", "").partition("Jinja Exception: ")[2].strip()
            if said:
                assert said in outcome(renderer, recording["requests"][label], now)["error"]
                refused += 1
    assert refused >= 8


def test_each_difference_from_llama_cpp_is_explained() -> None:
    page = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
    for name, label in DIFFERENCES:
        assert any(name in line and label in line for line in page.splitlines())


@pytest.mark.parametrize(
    "source",
    [
        ENDLESS,
        "{% for i in range(10**9) %}{% endfor %}",
        "{{ 'a' * 10**10 }}",
        "{{ 10 ** (10**9) }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ [[1] * 10**9]|length }}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        DOUBLED + "{{ n.x }}",
        NESTED + "{{ n.x }}",
        NESTED + "{% set m = n.x %}" + NESTED + "{{ n.x == m }}",
        "{{ 'a' * 5000000 }}",
        "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
        "{% if 1 %}" * 5000 + "{% endif %}" * 5000,
    ],
)
def test_a_hostile_template_is_stopped_with_a_sentence(template: Templates, source: str) -> None:
    with pytest.raises(TemplateError, match=r"^The chat template .*\.$"):
        template(source, time_limit_s=0.4).render([USER], {})


def test_a_template_is_stopped_within_two_seconds_and_the_next_rendering_works(
    template: Templates,
) -> None:
    hostile = template(
        "{{ messages[0].content }}{% if messages[0].content == 'bomb' %}" + ENDLESS + "{% endif %}"
    )
    assert hostile.render([USER], {}) == "Hello."
    began = monotonic()
    with pytest.raises(TemplateError, match="takes too long"):
        hostile.render([Message(role="user", content="bomb")], {})
    assert monotonic() - began < 2
    assert hostile.render([USER], {}) == "Hello."


def test_too_much_memory_is_named(template: Templates) -> None:
    with pytest.raises(TemplateError, match="needs too much memory"):
        template("{{ 'a' * 10**9 }}").render([USER], {})


@pytest.mark.parametrize(
    "source",
    ["{{ ''.__class__.__mro__ }}", "{{ messages.append(1) }}", "{% include '/etc/passwd' %}"],
)
def test_a_template_reaches_nothing_outside(template: Templates, source: str) -> None:
    with pytest.raises(TemplateError):
        template(source).render([USER], {})


def test_a_mistake_in_a_template_is_shown_with_its_line(template: Templates) -> None:
    with pytest.raises(TemplateError, match="a mistake in line 2"):
        template("{{ bos_token }}\n{% for %}").prepare()


def test_what_the_template_says_itself_reaches_the_user(template: Templates) -> None:
    refusing = template("{{ raise_exception('Roles must alternate') }}")
    with pytest.raises(TemplateError, match=r"refuses these messages: Roles must alternate\.$"):
        refusing.render([USER], {})


def test_a_failing_expression_is_named(template: Templates) -> None:
    with pytest.raises(TemplateError, match="'nothing' is undefined"):
        template("{{ nothing.at.all }}").render([USER], {})


def test_a_system_message_moves_into_the_next_one_where_there_is_no_system_role(
    template: Templates,
) -> None:
    source = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('No system.') }}{% endif %}"
        + CHATML
    )
    assert "user\nBe brief.\nHello.<" in template(source).render([SYSTEM, USER], {})
    with pytest.raises(TemplateError, match="no system role"):
        template(source).render([SYSTEM], {})


def test_contents_become_parts_for_a_template_that_wants_parts(template: Templates) -> None:
    source = "{% for part in messages[0].content %}[{{ part.text }}]{% endfor %}"
    assert template(source).render([USER], {}) == "[Hello.]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ {'é': '<a>'} | tojson }}", '{"é": "<a>"}'),
        ("{{ [1] | tojson(indent=2) }}", "[\n  1\n]"),
        ("{{ {'b': 1, 'a': 2} | tojson(separators=(',', ':'), sort_keys=true) }}", '{"a":2,"b":1}'),
        ("{% generation %}text{% endgeneration %}", "text"),
        ("{% for i in [1, 2, 3] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "1"),
        ("{{ strftime_now('%d %B %Y') }}, {{ date_string }}", "04 July 2026, 04 Jul 2026"),
        ("{{ 'a' + none + missing }}", "a"),
        ("  {% if true %}\nx\n  {% endif %}\n", "x\n"),
        ("{{ tools is defined }}", "False"),
    ],
)
def test_the_language_of_templates_is_that_of_transformers_and_llama_cpp(
    template: Templates, source: str, expected: str
) -> None:
    assert template(source).render([USER], {}) == expected


def test_arguments_reach_the_template_by_name(template: Templates) -> None:
    source = "{{ enable_thinking }} {{ reasoning_effort }} {{ reasoning_strength }} {{ depth }}"
    arguments: dict[str, bool | int | str] = {
        "enable_thinking": False,
        "reasoning_effort": "low",
        "depth": 3,
    }
    assert template(source).render([USER], arguments) == "False low low 3"


def test_the_generation_prompt_can_be_left_out(template: Templates) -> None:
    assert template(CHATML).render([USER], {}).endswith("assistant\n")
    assert template(CHATML).render([USER], {}, False).endswith("<|im_end|>\n")


@given(st.text())
def test_a_message_arrives_letter_for_letter(content: str) -> None:
    renderer = Renderer(CHATML, "<s>", "</s>", CLOCK)
    prompt = renderer.render([{"role": "user", "content": content}], {}, True, CLOCK)
    assert prompt == f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n"


def test_any_character_passes_through_the_pipe(template: Templates) -> None:
    content = '🙂 é \ud800 \u2028 \x00 \n " \\ {{ x }}'
    assert template(CHATML).render([Message(role="user", content=content)], {}).count(content) == 1


def test_closing_leaves_no_process() -> None:
    before = psutil.Process().children()
    with closing(ChatTemplate(CHATML, "", "")) as template:
        template.prepare()
        assert len(psutil.Process().children()) == len(before) + 1
    assert psutil.Process().children() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_the_renderer_leaves_when_the_worker_is_killed() -> None:
    code = (
        "import psutil, sys\n"
        "from engine.worker.template import ChatTemplate\n"
        "template = ChatTemplate('', '', '')\n"
        "template.prepare()\n"
        "print(psutil.Process().children()[0].pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        renderer = psutil.Process(int(worker.stdout.readline()))
        os.kill(worker.pid, signal.SIGKILL)
        renderer.wait(timeout=10)
