from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import Sampling, Session, TokenLogprob
from engine.errors import StorageError
from storage import document
from storage.document import dump, parse
from storage.document_schema import SCHEMA_FILE, schema_text
from tests.storage import samples
from tests.storage.strategies import sessions

WHOLE = samples.session(samples.plan(), samples.reply(), samples.reply("model 1"))


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(dump(WHOLE)), **fields}).encode()


def reply_with(**fields: Any) -> dict[str, Any]:
    return {**json.loads(dump(WHOLE))["replies"][0], **fields}


def refusal(content: bytes) -> str:
    with pytest.raises(StorageError) as caught:
        parse(content, "x.json")
    return str(caught.value)


@given(sessions())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_dumped_session_is_parsed_to_an_equal_one(session: Session) -> None:
    assert parse(dump(session), "x.json") == session


@given(sessions())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_dumped_session_is_valid_by_the_schema_in_docs(session: Session) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_bytes()))
    validator.validate(json.loads(dump(session)))


def test_the_schema_in_docs_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_bytes() == schema_text(), "run: python -m storage.document_schema"


def test_the_schema_refuses_what_is_not_a_session() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    for wrong in (b"{}", changed(format="other"), changed(title=3), changed(replies=[{}])):
        assert not validator.is_valid(json.loads(wrong))


def test_infinities_survive_and_the_document_is_strict_json() -> None:
    sampling = Sampling(logit_bias={7: -math.inf, 8: math.inf})
    token = TokenLogprob(token=1, text="NaN", logprob=-math.inf)
    reply = msgspec.structs.replace(samples.reply(text="Infinity"), logprobs=(token,))
    session = msgspec.structs.replace(WHOLE, sampling=sampling, replies=(reply,))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads(dump(session), parse_constant=refuse)
    assert parse(dump(session), "x.json") == session


def test_a_nan_is_still_a_nan_afterwards() -> None:
    token = TokenLogprob(token=1, text="x", logprob=math.nan)
    reply = msgspec.structs.replace(samples.reply(), logprobs=(token,))
    session = msgspec.structs.replace(WHOLE, replies=(reply,))
    assert math.isnan(parse(dump(session), "x.json").replies[0].logprobs[0].logprob)


def test_the_mark_that_windows_editors_put_first_is_no_error() -> None:
    assert parse(b"\xef\xbb\xbf" + dump(WHOLE), "x.json") == WHOLE


def test_fields_of_the_future_within_the_same_version_are_ignored() -> None:
    assert parse(changed(something_new=[1, 2]), "x.json") == WHOLE


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1"),
        (b"\xff\xfejunk", "line 1: JSON is malformed"),
        (b'{\n"format": "steelyard.session",\n"version": 1, oops', "line 3"),
        (b"[]", "x.json cannot be read as a session: line 1: expected an object, got a list"),
        (b"{}", "“format”"),
        (changed(format="promptfoo"), "“format”"),
        (changed(version=2), "newer version"),
        (changed(version=0), "version"),
        (changed(id="../../etc"), "id: "),
        (changed(title=None), "title: expected text, got nothing"),
        (changed(title="x" * 1001), "title: "),
        (changed(created="2026-11-24T12:00:00"), "created: it lacks a time zone"),
        (changed(created="0001-01-01T00:00:00+10:00"), "created: "),
        (changed(kind="party"), "kind: "),
        (
            changed(replies=[reply_with(timing={"ttft_s": 1e300})]),
            "replies[0].timing.ttft_s: 1e+300",
        ),
        (changed(replies=[reply_with(energy={"joules": "NaN"})]), "replies[0].energy.joules: nan"),
        (changed(replies=[reply_with(memory={"peak_bytes": 10**40})]), "memory.peak_bytes"),
        (
            changed(environment=msgspec.to_builtins(WHOLE.environment) | {"ram_bytes": 10**300}),
            "0 is out",
        ),
        (changed(repeats=10**9), "repeats: 1000000000 are more than"),
        (changed(contenders=[]), "replies[0].contender: “model 0” is not among the contenders"),
        (changed(cases=[]), "replies[0].case: "),
        (changed(environment={"app": "x"}), "environment: an object missing required field"),
        (b'{"format": "steelyard.session", "version": 1, "title": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "expected an object, got a list"),
    ],
)
def test_a_foreign_document_is_refused_with_place_and_reason(content: bytes, words: str) -> None:
    assert words in refusal(content)
    assert "x.json" in refusal(content)


def test_a_reply_given_twice_is_refused() -> None:
    replies = json.loads(dump(WHOLE))["replies"]
    assert "replies[2]" in refusal(changed(replies=[*replies, replies[0]]))


def test_a_contender_given_twice_is_refused() -> None:
    contenders = json.loads(dump(WHOLE))["contenders"]
    assert "contenders[2].name" in refusal(changed(contenders=[*contenders, contenders[0]]))


def test_a_document_over_the_size_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    assert "MB" in refusal(dump(WHOLE))


def test_deep_nesting_is_refused_not_followed() -> None:
    top: dict[str, Any] = {"token": 1, "text": "", "logprob": 0.0}
    deep = b'{"token":1,"text":"","logprob":0,"top":[' * 5000
    replies = json.loads(dump(WHOLE))["replies"]
    replies[0]["logprobs"] = [top]
    content = changed(replies=replies)
    shallow = json.dumps(top).encode()
    assert shallow in content
    assert "nested too deeply" in refusal(content.replace(shallow, deep))


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_no_bytes_raise_anything_but_a_sentence(content: bytes) -> None:
    refusal(content)


@given(st.integers(0, len(dump(WHOLE)) - 1), st.binary(max_size=6))
@settings(max_examples=300, deadline=None)
def test_a_damaged_document_is_read_or_refused_with_a_sentence(at: int, noise: bytes) -> None:
    content = dump(WHOLE)
    with contextlib.suppress(StorageError):
        parse(content[:at] + noise + content[at + len(noise) :], "x.json")


def test_the_document_carries_the_fields_that_the_guide_names() -> None:
    plain = json.loads(dump(WHOLE))
    assert plain["format"] == "steelyard.session"
    assert plain["version"] == 1
    assert plain["created"] == "2026-11-24T12:00:00Z"
    assert plain["replies"][0]["timing"]["generation_tokens_per_s"] == 51.4
    assert plain["contenders"][0]["model"]["quantization"] == "Q4_1"


def test_text_that_is_not_unicode_is_refused_with_a_sentence() -> None:
    with pytest.raises(StorageError, match="cannot be written as JSON"):
        dump(samples.session(samples.plan(title="\udcff")))
