from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Contender, Gbnf, JsonSchema, Runtime, Sampling
from gui.compare.composer import sampling_words
from gui.compare.runtime_form import RuntimeForm
from gui.compare.sampling_form import SamplingForm, shown_stop, taken_stop
from gui.theme import Theme
from gui.widgets.fields import ChoiceField
from tests.gui.fakes import contender


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


RICH = Runtime(
    n_ctx=8192,
    n_batch=1024,
    n_ubatch=256,
    threads=4,
    threads_batch=8,
    n_gpu_layers=20,
    type_k="q8_0",
    type_v="q4_0",
    flash_attention="on",
    mmap=False,
    mlock=True,
    main_gpu=1,
    template_arguments={"enable_thinking": True, "reasoning_effort": "high"},
)


@pytest.mark.parametrize(
    "shown",
    [
        contender(),
        msgspec.structs.replace(contender(), runtime=RICH, sampling=Sampling(temperature=0.7)),
        msgspec.structs.replace(contender(), runtime=Runtime(n_gpu_layers="all")),
        msgspec.structs.replace(
            contender(), runtime=Runtime(n_batch=99_999), sampling=Sampling(temperature=0.12345)
        ),
    ],
)
def test_settings_that_are_only_shown_stay_as_they_are(
    theme: Theme, host: QWidget, shown: Contender
) -> None:
    assert RuntimeForm(theme, shown, host).contender() == shown


def test_each_change_of_settings_is_told_with_the_changed_contender(
    theme: Theme, host: QWidget
) -> None:
    form = RuntimeForm(theme, contender(), host)
    told: list[Contender] = []
    form.edited.connect(told.append)
    form.n_ctx.set_number(1024)
    form.layers.set_choice("number")
    form.layer_count.setValue(12)
    form.thinking.set_choice("off")
    form.own_temperature.setChecked(True)
    form.temperature.setValue(0.8)
    assert told[-1].runtime == Runtime(
        n_ctx=1024, n_gpu_layers=12, template_arguments={"enable_thinking": False}
    )
    assert told[-1].sampling == Sampling(temperature=0.8)
    form.thinking.set_choice("model")
    form.own_temperature.setChecked(False)
    form.n_ctx.set_number(None)
    form.layers.set_choice("auto")
    assert told[-1] == contender()


def test_numbers_are_asked_for_only_where_they_count(theme: Theme, host: QWidget) -> None:
    form = RuntimeForm(theme, contender(), host)
    assert not form.layer_count.isEnabled()
    assert not form.temperature.isEnabled()
    form.layers.set_choice("number")
    form.own_temperature.setChecked(True)
    assert form.layer_count.isEnabled()
    assert form.temperature.isEnabled()


@pytest.mark.parametrize(
    "shown",
    [
        Sampling(),
        Sampling(temperature=0.7, seed=7, max_tokens=12, top_k=0, top_p=0.5, stop=("\n", "a\\b")),
        Sampling(constraint=JsonSchema(schema='{"type": "object"}'), typical_p=0.9),
        Sampling(constraint=Gbnf(grammar='root ::= "a"')),
        Sampling(seed=4_000_000_000, top_p=0.123456, max_tokens=5_000_000),
    ],
)
def test_sampling_that_is_only_shown_stays_as_it_is(
    theme: Theme, host: QWidget, shown: Sampling
) -> None:
    assert SamplingForm(theme, shown, True, host).sampling() == shown


def test_a_schema_that_is_no_json_yet_is_left_out_and_told(theme: Theme, host: QWidget) -> None:
    form = SamplingForm(theme, Sampling(), True, host)
    told: list[Sampling] = []
    form.edited.connect(told.append)
    form.output.set_choice("json_schema")
    form.constraint.setPlainText('{"type": ')
    assert form.problem.text().startswith("This is not JSON yet")
    assert not told
    form.constraint.setPlainText('{"type": "array"}')
    assert form.problem.text() == ""
    assert told[-1].constraint == JsonSchema(schema='{"type": "array"}')


def test_reset_brings_the_repeatable_defaults_back(theme: Theme, host: QWidget) -> None:
    form = SamplingForm(theme, Sampling(temperature=1.0, stop=("x",)), False, host)
    told: list[Sampling] = []
    warm_up: list[bool] = []
    form.edited.connect(told.append)
    form.warm_up_chosen.connect(warm_up.append)
    form._reset()
    assert told[-1] == Sampling()
    assert warm_up == [True]


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from("\n\r\t\\")
    )
)
def test_a_stop_string_survives_its_way_through_the_form(text: str) -> None:
    shown = shown_stop(text)
    assert "\n" not in shown
    assert taken_stop(shown) == text


@pytest.mark.parametrize(
    ("sampling", "words"),
    [
        (Sampling(), "Greedy · 256 tokens"),
        (Sampling(temperature=0.7, seed=3, max_tokens=1), "Temperature 0.7 · 1 token · seed 3"),
        (Sampling(constraint=JsonSchema(schema="{}")), "Greedy · 256 tokens · JSON"),
        (Sampling(constraint=Gbnf(grammar="x")), "Greedy · 256 tokens · grammar"),
    ],
)
def test_the_button_tells_the_sampling_in_a_few_words(sampling: Sampling, words: str) -> None:
    assert sampling_words(sampling) == words


@pytest.mark.parametrize(
    ("offered", "choice"), [({"c": "Third", "b": "Second"}, "b"), ({"c": "Third"}, "c")]
)
def test_a_choice_stays_as_long_as_it_is_offered_and_nothing_is_told(
    host: QWidget, offered: dict[str, str], choice: str
) -> None:
    field = ChoiceField({"a": "First", "b": "Second"}, "b", host)
    told: list[int] = []
    field.currentIndexChanged.connect(told.append)
    field.offer(offered)
    assert (field.choice, field.count(), told) == (choice, len(offered), [])
