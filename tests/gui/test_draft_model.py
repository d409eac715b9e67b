from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication

from engine.contract import Case, Message, Plan, Sampling
from gui.compare.draft_model import Draft, DraftModel, draft_of, draft_of_all, prompt_text
from tests.gui.acting import two_prompts
from tests.gui.fakes import contender


@pytest.fixture
def draft(qapp: QCoreApplication) -> DraftModel:
    return DraftModel()


def test_all_prompts_of_a_session_are_asked_as_they_are(draft: DraftModel) -> None:
    plan = msgspec.structs.replace(two_prompts(), repeats=3)
    draft.replace(draft_of_all(plan))
    assert draft.plan(plan.contenders) == plan


def test_a_single_plain_prompt_can_be_edited_before_it_is_asked_again(draft: DraftModel) -> None:
    draft.edit(prompt="Why?", system="Be brief.")
    plan = draft.plan((contender(),))
    assert not draft_of_all(plan).cases
    turns = (*plan.cases[0].messages, Message(role="assistant", content="Because."))
    longer = msgspec.structs.replace(plan, cases=(Case(id="1", messages=turns),))
    assert draft_of_all(longer).cases == longer.cases


def test_a_draft_becomes_a_plan_of_one_case(draft: DraftModel) -> None:
    draft.edit(prompt=" Why? ", system="Be brief.", repeats=3, together=True, warm_up=False)
    both = (contender("Q8_0"), contender("Q2_K"))
    assert draft.plan(both) == Plan(
        contenders=both,
        cases=(
            Case(
                id="1",
                messages=(
                    Message(role="system", content="Be brief."),
                    Message(role="user", content="Why?"),
                ),
            ),
        ),
        repeats=3,
        together=True,
        warm_up=False,
    )


def test_one_contender_alone_never_runs_together(draft: DraftModel) -> None:
    draft.edit(prompt="Why?", together=True)
    assert not draft.plan((contender(),)).together


def test_a_temperature_of_its_own_changes_nothing_else_of_the_sampling(draft: DraftModel) -> None:
    warm = msgspec.structs.replace(contender(), sampling=Sampling(temperature=0.9, max_tokens=1))
    draft.edit(prompt="Why?", sampling=Sampling(max_tokens=77, seed=5))
    assert draft.plan((warm,)).contenders[0].sampling == Sampling(
        temperature=0.9, max_tokens=77, seed=5
    )


def test_an_edit_that_changes_nothing_is_not_told(draft: DraftModel) -> None:
    told: list[int] = []
    draft.changed.connect(lambda: told.append(1))
    draft.edit(prompt="Why?")
    draft.edit(prompt="Why?")
    assert len(told) == 1


def test_the_draft_of_a_session_runs_the_same_plan_again(draft: DraftModel) -> None:
    draft.edit(prompt="Why?", system="Be brief.", repeats=2, sampling=Sampling(seed=9))
    plan = draft.plan((contender(),))
    again = DraftModel()
    again.replace(draft_of(plan))
    assert again.plan(plan.contenders) == plan


def test_a_session_without_prompts_gives_an_empty_draft() -> None:
    assert draft_of(Plan(contenders=(contender(),), cases=())) == Draft()


def test_a_conversation_is_shown_with_its_roles() -> None:
    case = Case(
        id="1",
        messages=(
            Message(role="system", content="Be brief."),
            Message(role="user", content="Hello"),
            Message(role="assistant", content="Hi"),
            Message(role="user", content="Why?"),
        ),
    )
    assert prompt_text(case) == "user: Hello\nassistant: Hi\nuser: Why?"
