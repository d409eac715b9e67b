"""Replies of a recorded session, found by who gave them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from engine.contract import Contender, Environment, FinishReason, ModelFile, Reply, Session
from engine.errors import PlanError
from engine.recorded_replies import recorded_replies
from tests.engine.fakes import case


def contender(path: str, name: str = "x") -> Contender:
    model = ModelFile(path=path, file=path.rsplit("/", 1)[-1], size_bytes=1)
    return Contender(name=name, model=model)


def reply(
    number: str, text: str, *, by: str = "big", repeat: int = 0, end: FinishReason = "stop"
) -> Reply:
    return Reply(contender=by, case=number, repeat=repeat, text=text, finish_reason=end)


def session(*replies: Reply) -> Session:
    return Session(
        id="s1",
        title="t",
        created=datetime.now(UTC),
        environment=Environment(app="a", llama_cpp=None, os="o", cpu="c", ram_bytes=1),
        contenders=(contender("/a/big.gguf", "big"), contender("/a/small.gguf", "small")),
        cases=(case("1"), case("2"), case("3")),
        replies=replies,
    )


def test_only_whole_replies_of_the_reference_are_taken_and_the_first_of_each_case() -> None:
    recorded = session(
        reply("1", "again", repeat=1),
        reply("1", "first"),
        replace(reply("2", "thought"), reasoning="Hm."),
        reply("3", "cut", end="stopped"),
        reply("3", "cheap", by="small"),
    )
    cases, replies = recorded_replies(recorded, contender("/a/big.gguf"))
    assert [each.id for each in cases] == ["1", "2"]
    assert {name: each.text for name, each in replies.items()} == {"1": "first", "2": "thought"}
    assert [replies[each.id].reasoned for each in cases] == [False, True]


def test_a_file_that_moved_is_known_by_its_name() -> None:
    _, replies = recorded_replies(session(reply("1", "Yes.")), contender("/elsewhere/big.gguf"))
    assert replies["1"].text == "Yes."


def test_a_model_that_took_no_part_is_refused_with_those_that_did() -> None:
    with pytest.raises(PlanError, match=r"other\.gguf took no part in session s1.*big, small"):
        recorded_replies(session(reply("1", "Yes.")), contender("/a/other.gguf"))


def test_the_only_model_of_a_session_is_the_reference() -> None:
    alone = session(reply("1", "Yes."))
    alone = replace(alone, contenders=alone.contenders[:1])
    assert recorded_replies(alone, contender("/a/other.gguf"))[1]["1"].text == "Yes."


def test_a_session_without_whole_replies_is_refused() -> None:
    with pytest.raises(PlanError, match="no whole reply of small"):
        recorded_replies(session(reply("1", "Yes.")), contender("/a/small.gguf"))
