"""From flags to what the engine is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.app import run
from cli.loading_options import LoadingOptions
from cli.sampling_options import SamplingOptions
from cli.usage import WrongUsage
from engine.contract import Gbnf, JsonSchema, Lora, Runtime, Sampling


def test_without_flags_the_engine_decides() -> None:
    assert LoadingOptions().runtime() == Runtime()
    assert SamplingOptions().sampling() == Sampling()


def test_every_loading_flag_reaches_the_engine(tmp_path: Path) -> None:
    lora, template = tmp_path / "a.gguf", tmp_path / "t.jinja"
    lora.touch()
    template.write_text("{{ messages }}", encoding="utf-8")
    options = LoadingOptions(
        ctx=1024,
        threads=3,
        threads_batch=4,
        batch=256,
        ubatch=128,
        gpu_layers="10",
        cache_type_k="q8_0",
        cache_type_v="q4_0",
        flash_attn="on",
        device=["RPC0"],
        rpc=["localhost:1"],
        split_mode="row",
        main_gpu=1,
        tensor_split="3,1",
        no_mmap=True,
        mlock=True,
        lora=[f"{lora}:0.5"],
        chat_template=template,
        template_arg=["enable_thinking=false", "effort=low", "n=2"],
        load_anyway=True,
    )
    assert options.runtime() == Runtime(
        n_ctx=1024,
        threads=3,
        threads_batch=4,
        n_batch=256,
        n_ubatch=128,
        n_gpu_layers=10,
        type_k="q8_0",
        type_v="q4_0",
        flash_attention="on",
        devices=("RPC0",),
        rpc_servers=("localhost:1",),
        split_mode="row",
        main_gpu=1,
        tensor_split=(3.0, 1.0),
        mmap=False,
        mlock=True,
        check_memory=False,
        loras=(Lora(path=str(lora), scale=0.5),),
        chat_template="{{ messages }}",
        template_arguments={"enable_thinking": False, "effort": "low", "n": 2},
    )


def test_every_sampling_flag_reaches_the_engine() -> None:
    options = SamplingOptions(
        max_tokens=9,
        temperature=0.7,
        seed=1,
        top_k=2,
        top_p=0.3,
        min_p=0.4,
        typical=0.5,
        repeat_penalty=1.1,
        presence_penalty=0.2,
        frequency_penalty=0.3,
        dry_multiplier=0.8,
        xtc_probability=0.1,
        logit_bias=["15=-2.5"],
        stop=["END", "\\n\\n"],
        logprobs=3,
    )
    assert options.sampling() == Sampling(
        max_tokens=9,
        temperature=0.7,
        seed=1,
        top_k=2,
        top_p=0.3,
        min_p=0.4,
        typical_p=0.5,
        repeat_penalty=1.1,
        presence_penalty=0.2,
        frequency_penalty=0.3,
        dry_multiplier=0.8,
        xtc_probability=0.1,
        logit_bias={15: -2.5},
        stop=("END", "\n\n"),
        top_logprobs=3,
    )


@pytest.mark.parametrize(
    ("flag", "made"),
    [("json_schema", JsonSchema(schema="{}")), ("grammar", Gbnf(grammar="{}"))],
)
def test_a_constraint_is_read_from_its_file(
    tmp_path: Path, flag: str, made: JsonSchema | Gbnf
) -> None:
    file = tmp_path / "constraint"
    file.write_text("{}", encoding="utf-8")
    options: dict[str, Any] = {flag: file}
    assert SamplingOptions(**options).sampling().constraint == made


@pytest.mark.parametrize(
    "options",
    [
        {"gpu_layers": "many"},
        {"tensor_split": "a,b"},
        {"tensor_split": "-1"},
        {"lora": ["nowhere.gguf"]},
        {"lora": ["nowhere.gguf:0.5"]},
        {"template_arg": ["novalue"]},
        {"chat_template": Path("nowhere.jinja")},
    ],
)
def test_a_wrong_loading_flag_is_refused_in_a_sentence(options: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage, match=r"\.$"):
        LoadingOptions(**options).runtime()


@pytest.mark.parametrize(
    "options",
    [
        {"json_schema": Path("a"), "grammar": Path("b")},
        {"grammar": Path("nowhere.gbnf")},
        {"logit_bias": ["x=1"]},
        {"logit_bias": ["1"]},
    ],
)
def test_a_wrong_sampling_flag_is_refused_in_a_sentence(options: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage, match=r"\.$"):
        SamplingOptions(**options).sampling()


def test_auto_and_all_layers_are_words() -> None:
    assert LoadingOptions(gpu_layers="auto").runtime().n_gpu_layers == "auto"
    assert LoadingOptions(gpu_layers="all").runtime().n_gpu_layers == "all"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("sessions", "list", "--since", "yesterday"),
            "“yesterday” is no date such as 2026-03-01.",
        ),
        (("models", "search", "x", "--sort", "q99"), "“q99” is none of 'downloads', 'likes',"),
        (("cost", "x", "--machines", "many"), "'--machines': it takes a whole number."),
        (("cost", "x", "--machines", "0"), "'--machines': it takes 1 or more."),
        (("cost", "x", "--growth", "1001"), "'--growth': it takes 1000 at most."),
        (("cost", "x", "--growth", "much"), "'--growth': it takes a number."),
        (("cost", "x", "--machines"), "requires an argument."),
    ],
)
def test_a_value_that_an_option_does_not_take_is_told_in_plain_words(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert "Value error" not in told
    assert "Input should" not in told
