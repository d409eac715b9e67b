from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import SessionKind
from storage.history import History
from storage.query import Query, SortKey
from storage.summary import SessionSummary
from tests.storage import samples

TEXTS = {
    "german": "Die Bäckerei in der Königstraße öffnet früh.",
    "japanese": "日本の首都は東京です。カタカナもある。",
    "korean": "대한민국의 수도는 서울이다",
    "thai": "กรุงเทพมหานครเป็นเมืองหลวง",
    "code": 'print("hello_world") # C++ & foo-bar, 3.14',
    "operators": "cats AND dogs OR NOT birds NEAR fish",
}


def add(history: History, title: str, reply: str = "", prompt: str = "", notes: str = "") -> str:
    plan = msgspec.structs.replace(samples.plan(title=title), cases=(samples.case("1", prompt),))
    session = history.recorder().begin(plan, samples.ENVIRONMENT)
    history.recorder().record(session, samples.reply("model 1", "1", text=reply))
    history.set_notes(session, notes)
    return session


@pytest.fixture
def texts(history: History) -> History:
    for title, text in TEXTS.items():
        add(history, title, reply=text)
    return history


def search(history: History, text: str) -> list[str]:
    return sorted(summary.title for summary in history.sessions(query=Query(text=text)))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("königstraße", ["german"]),
        ("KONIG", ["german"]),
        ("offnet bäck", ["german"]),
        ("öffnet dogs", []),
        ("cker", []),
        ("東京", ["japanese"]),
        ("首都は東", ["japanese"]),
        ("京東", []),
        ("カナ", ["japanese"]),
        ("がある", []),
        ("수도", ["korean"]),
        ("울이", ["korean"]),
        ("เมือง", ["thai"]),
        ("hello_world", ["code"]),
        ("foo-bar", ["code"]),
        ("C++", ["code"]),
        ("3.14", ["code"]),
        ("AND", ["operators"]),
        ("cats NOT", ["operators"]),
        ('"dogs or not"', ["operators"]),
        ('"dogs not"', []),
        ('"bird"', []),
        ("bird", ["operators"]),
        ('"birds near', ["operators"]),
        ("fish*", ["operators"]),
        ("text:fish", []),
        ("o", []),
        ("+ - * ( ) ^ :", []),
        ('"', []),
        ('""', []),
    ],
)
def test_words_are_found(texts: History, typed: str, found: list[str]) -> None:
    assert search(texts, typed) == found
    assert texts.count(Query(text=typed)) == len(found)


@pytest.mark.parametrize("typed", ["", "  ", "\n"])
def test_nothing_typed_restricts_nothing(texts: History, typed: str) -> None:
    assert len(search(texts, typed)) == len(TEXTS)


@given(st.text(max_size=30))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_typed_is_no_error(texts: History, typed: str) -> None:
    search(texts, typed)


@given(
    st.lists(st.sampled_from(["AND", "OR", "NOT", "NEAR", "(", ")", '"', "*", "cats", ":", "^"]))
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_operators_in_any_order_are_no_error(texts: History, typed: list[str]) -> None:
    search(texts, " ".join(typed))


@given(st.text(min_size=1, max_size=40), st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_word_of_a_text_finds_it(history: History, text: str, data: st.DataObject) -> None:
    words = [word for word in text.split() if any(c.isalnum() for c in word)]
    if not words:
        return
    session = add(history, "x", reply=text)
    word = data.draw(st.sampled_from(words)).replace('"', " ")
    found = [summary.id for summary in history.sessions(query=Query(text=word))]
    history.discard([session])
    if any(c.isascii() and c.isalnum() for c in word):
        assert session in found


def only_hit(history: History, typed: str) -> tuple[str, str | None, str]:
    (summary,) = history.sessions(query=Query(text=typed))
    assert summary.hit is not None
    marked = "".join(f"[{s.text}]" if s.hit else s.text for s in summary.hit.excerpt)
    return summary.hit.place, summary.hit.contender, marked


def test_the_hit_says_where_it_is_and_marks_the_words(history: History) -> None:
    add(
        history,
        "Crème brûlée",
        reply="word " * 100 + "the\nBÄCKEREI  opens " + "word " * 100,
        prompt="What is 東京?",
        notes="Show it to Mr. Müller",
    )
    assert only_hit(history, "brul") == ("title", None, "Crème [brûl]ée")
    assert only_hit(history, "muller") == ("notes", None, "Show it to Mr. [Müller]")
    assert only_hit(history, "東京") == ("prompt", None, "What is [東京]?")
    place, contender, marked = only_hit(history, '"the bäckerei" opens')
    assert (place, contender) == ("reply", "model 1")
    assert "[the BÄCKEREI] [opens] word" in marked
    assert marked.startswith("…word")
    assert marked.endswith("…")
    assert len(marked) < 200


def test_a_hit_in_the_title_comes_before_one_in_a_reply(history: History) -> None:
    add(history, "steelyard", reply="steelyard", prompt="steelyard")
    assert only_hit(history, "steelyard")[0] == "title"


def test_the_index_follows_every_change(history: History) -> None:
    session = add(history, "before", reply="first words", notes="old note")
    history.rename(session, "after")
    history.set_notes(session, "new note")
    history.recorder().record(session, samples.reply("model 1", "1", text="second words"))
    assert search(history, "second") == search(history, "new note") == ["after"]
    for gone in ("before", "first", "old"):
        assert search(history, gone) == []
    history.delete(session)
    for gone in ("after", "second", "note"):
        assert search(history, gone) == []


def titles(found: tuple[SessionSummary, ...]) -> list[str]:
    return [summary.title for summary in found]


def test_filters_restrict_alone_and_together(history: History) -> None:
    def begin(title: str, quantization: str, kind: SessionKind) -> str:
        plan = msgspec.structs.replace(
            samples.plan(title=title), contenders=(samples.contender("m", quantization),)
        )
        return history.recorder(kind).begin(plan, samples.ENVIRONMENT)

    a = begin("a", "Q4_1", "compare")
    b = begin("b", "Q8_0", "compare")
    c = begin("c", "Q8_0", "suite")
    history.add_tag([a, b], "client")
    history.add_tag([b, c], "2026")
    history.set_starred([c], starred=True)

    def found(query: Query) -> list[str]:
        assert history.count(query) == len(history.sessions(query=query))
        return titles(history.sessions(query=query))

    assert found(Query(quantizations=("Q8_0",))) == ["c", "b"]
    assert found(Query(quantizations=("Q8_0", "Q4_1"))) == ["c", "b", "a"]
    assert found(Query(models=("m-Q4_1.gguf",))) == ["a"]
    assert found(Query(kinds=("suite",))) == ["c"]
    assert found(Query(tags=("client",))) == ["b", "a"]
    assert found(Query(tags=("client", "2026"))) == ["b"]
    assert found(Query(starred=True)) == ["c"]
    assert found(Query(machines=("a CPU",))) == ["c", "b", "a"]
    assert found(Query(machines=("another",))) == []
    assert found(Query(quantizations=("Q8_0",), tags=("client",), kinds=("compare",))) == ["b"]
    begun = history.sessions()[1].created
    assert found(Query(since=begun)) == ["c", "b"]
    assert found(Query(until=begun)) == ["a"]
    assert found(Query(since=begun, until=begun + timedelta(microseconds=1))) == ["b"]
    choices = history.choices()
    assert choices.quantizations == ("Q4_1", "Q8_0")
    assert choices.models == ("m-Q4_1.gguf", "m-Q8_0.gguf")
    assert choices.tags == ("2026", "client")
    assert choices.machines == ("a CPU",)


@pytest.mark.parametrize(
    ("sort", "ascending_order"),
    [
        ("created", ["b", "C", "a"]),
        ("title", ["a", "b", "C"]),
        ("n_replies", ["b", "C", "a"]),
        ("starred", ["b", "a", "C"]),
        ("kind", ["b", "C", "a"]),
        ("status", ["b", "C", "a"]),
        ("machine", ["b", "C", "a"]),
        ("models", ["a", "b", "C"]),
        ("tags", ["C", "a", "b"]),
    ],
)
def test_the_list_is_sorted_by_any_column(
    history: History, sort: SortKey, ascending_order: list[str]
) -> None:
    for n_replies, title in enumerate(("b", "C", "a")):
        plan = samples.plan(contenders=1, title=title, repeats=3)
        (only,) = plan.contenders
        named = msgspec.structs.replace(only, name=title)
        plan = msgspec.structs.replace(plan, contenders=(named,))
        session = history.recorder().begin(plan, samples.ENVIRONMENT)
        for repeat in range(n_replies):
            history.recorder().record(session, samples.reply(title, repeat=repeat))
        if title != "C":
            history.add_tag([session], {"a": "Alpha", "b": "zebra"}[title])
        history.set_starred([session], starred=title == "C")
    ascending = history.sessions(query=Query(sort=sort, ascending=True))
    descending = history.sessions(query=Query(sort=sort))
    assert titles(ascending) == ascending_order
    assert titles(descending) == ascending_order[::-1]
