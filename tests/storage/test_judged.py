"""Verdicts of earlier suites on the models of a session."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.contract import Contender, ModelFile, Runtime, Session
from storage.document import dump
from storage.history import History
from storage.judged import Judgement, judgement_on
from tests.gui.costing import judged, weighed

BIG, SMALL = weighed().contenders


def suite(session_id: str, *contenders: Contender, title: str = "Letters of ours") -> Session:
    made = weighed(session_id, title=title)
    verdict = msgspec.structs.replace(
        judged("non-inferior"), reference=contenders[0].name, contender=contenders[1].name
    )
    return msgspec.structs.replace(
        made,
        kind="suite",
        contenders=contenders,
        replies=(),
        verdicts=(verdict,),
    )


def found(tmp_path: Path, session: Session, *suites: Session) -> Judgement | None:
    with History.open(tmp_path / "history.sqlite3") as history:
        for each in suites:
            path = tmp_path / f"{each.id}.json"
            path.write_bytes(dump(each))
            history.import_file(path)
        return judgement_on(session, history)


def test_a_suite_on_the_same_files_judges_a_session_under_its_names(tmp_path: Path) -> None:
    renamed = (
        msgspec.structs.replace(BIG, name="Reference"),
        msgspec.structs.replace(SMALL, name="Candidate"),
    )
    judgement = found(tmp_path, weighed(), suite("s9", *renamed))
    assert judgement is not None
    (verdict,) = judgement.verdicts
    assert (verdict.contender, verdict.reference) == (SMALL.name, BIG.name)
    assert judgement.sentence().startswith(
        "What is known of the quality comes from the session “Letters of ours” of 20"
    )


OTHER_FILE = msgspec.structs.replace(
    SMALL, model=ModelFile(path="/elsewhere.gguf", file="elsewhere.gguf", size_bytes=5)
)
OTHER_CACHE = msgspec.structs.replace(SMALL, runtime=Runtime(type_k="q4_0"))


@pytest.mark.parametrize("candidate", [OTHER_FILE, OTHER_CACHE])
def test_another_file_or_another_cache_is_not_the_same_model(
    candidate: Contender, tmp_path: Path
) -> None:
    assert found(tmp_path, weighed(), suite("s9", BIG, candidate)) is None


def test_the_same_weights_by_their_hash_are_the_same_model(tmp_path: Path) -> None:
    hashed = [
        msgspec.structs.replace(each, model=msgspec.structs.replace(each.model, sha256=digit * 64))
        for each, digit in ((BIG, "a"), (SMALL, "b"))
    ]
    moved = [
        msgspec.structs.replace(
            each, model=msgspec.structs.replace(each.model, path="/m.gguf", file="m.gguf")
        )
        for each in hashed
    ]
    session = msgspec.structs.replace(weighed(), contenders=tuple(hashed))
    assert found(tmp_path, session, suite("s9", *moved)) is not None


def test_without_a_suite_nothing_is_known(tmp_path: Path) -> None:
    assert found(tmp_path, weighed(), weighed("s8")) is None
