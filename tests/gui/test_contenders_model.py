from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication

from engine.contract import Contender, Runtime, Sampling
from engine.naming import free_name
from gui.compare.contenders_model import (
    ContendersModel,
    same_settings,
    settings_summary,
    short_name,
)
from tests.gui.fakes import contender, model


@pytest.fixture
def contenders(qapp: QCoreApplication) -> ContendersModel:
    made = ContendersModel()
    made.add([contender("Q8_0"), contender("Q4_1"), contender("Q2_K")])
    return made


def names(contenders: ContendersModel) -> list[str]:
    return [each.name.removeprefix("SmolLM2-135M-Instruct ") for each in contenders.contenders]


def test_the_same_file_twice_gets_a_second_name(contenders: ContendersModel) -> None:
    contenders.add_models([model("Q4_1"), model("Q4_1")])
    assert names(contenders)[3:] == ["Q4_1 (2)", "Q4_1 (3)"]


def test_a_duplicate_stands_beside_its_original(contenders: ContendersModel) -> None:
    copy = contenders.duplicate(contenders.contenders[0].name)
    assert names(contenders) == ["Q8_0", "Q8_0 (2)", "Q4_1", "Q2_K"]
    assert contenders.duplicate(copy).endswith("(3)")


def test_moving_keeps_all_and_puts_one_elsewhere(contenders: ContendersModel) -> None:
    contenders.move(contenders.contenders[0].name, 2)
    assert names(contenders) == ["Q4_1", "Q2_K", "Q8_0"]
    contenders.shift(contenders.contenders[2].name, -1)
    assert names(contenders) == ["Q4_1", "Q8_0", "Q2_K"]
    contenders.shift(contenders.contenders[0].name, -1)
    assert names(contenders) == ["Q4_1", "Q8_0", "Q2_K"]


def test_a_change_of_settings_keeps_the_place(contenders: ContendersModel) -> None:
    old = contenders.contenders[1]
    contenders.change(old.name, msgspec.structs.replace(old, runtime=Runtime(n_ctx=512)))
    assert contenders.contenders[1].runtime.n_ctx == 512
    assert names(contenders) == ["Q8_0", "Q4_1", "Q2_K"]


def test_a_name_that_is_taken_or_empty_is_not_given_twice(contenders: ContendersModel) -> None:
    first, second, _ = contenders.contenders
    given_name = contenders.change(second.name, msgspec.structs.replace(second, name=first.name))
    assert given_name == f"{first.name} (2)"
    assert contenders.change(given_name, msgspec.structs.replace(second, name="  ")) == given_name


@given(st.lists(st.sampled_from(["a", "b", "a (2)", "b (9)"]), max_size=12))
def test_names_are_always_unique(wanted: list[str]) -> None:
    taken: list[str] = []
    for name in wanted:
        taken.append(free_name(name, set(taken)))
    assert len(set(taken)) == len(taken)


def test_the_default_settings_need_no_words() -> None:
    assert settings_summary(contender()) == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (Runtime(n_ctx=8192, n_gpu_layers=0), "context 8192 · no GPU"),
        (Runtime(n_gpu_layers=20, type_k="q8_0"), "GPU layers 20 · KV q8_0/f16"),
        (
            Runtime(threads=4, template_arguments={"enable_thinking": False}),
            "4 threads · thinking off",
        ),
        (Runtime(mlock=True), "other settings"),
    ],
)
def test_other_settings_are_told_in_a_few_words(changed: Runtime, words: str) -> None:
    assert settings_summary(msgspec.structs.replace(contender(), runtime=changed)) == words


def test_the_short_name_leaves_the_quantization_to_its_tag() -> None:
    assert short_name(contender("Q4_1")) == "SmolLM2-135M-Instruct"
    assert short_name(msgspec.structs.replace(contender(), name="Mine")) == "Mine"


def test_settings_are_the_same_whatever_the_plan_sampled_with() -> None:
    def warm(max_tokens: int, temperature: float) -> Contender:
        sampling = Sampling(max_tokens=max_tokens, temperature=temperature)
        return msgspec.structs.replace(contender(), sampling=sampling)

    assert same_settings(warm(10, 0.7), warm(99, 0.7))
    assert not same_settings(warm(10, 0.7), warm(10, 0.8))
    assert not same_settings(warm(10, 0.7), contender())
