"""Searching a hub through the real huggingface_hub: pages, bounds, orders, giving up."""

from __future__ import annotations

import socket
import threading
from itertools import islice

import pytest

from engine.client import Stopped
from models.hub.asking import Asking
from models.hub.client import Query, SortedBy
from models.hub.errors import AccessDenied, Unreachable
from models.hub.http import HubHttp
from models.hub.results import Results
from tests.models.fakehub import PAGE, FakeHub
from tests.models.hub.questions import asks, found_by, until


def test_a_search_goes_on_page_by_page_and_fetches_none_before_it_is_reached(hub: FakeHub) -> None:
    for number in range(3 * PAGE):
        hub.add(f"owner/small-{number}", {}, downloads=100 - number, likes=number)
    hub.add("owner/other", {}, downloads=1000)
    found = asks(hub).search(Query(words="small"))
    assert hub.requests == []
    assert [each.repo for each in islice(found, PAGE)] == [f"owner/small-{n}" for n in range(PAGE)]
    assert len(hub.requests) == 1
    assert len(list(found)) == 2 * PAGE
    assert "filter=gguf" in hub.requests[0].path


def test_what_the_hub_says_of_a_model_is_found(hub: FakeHub) -> None:
    hub.add(
        "owner/m",
        {},
        downloads=7,
        likes=3,
        gated=True,
        tags=["gguf", "license:apache-2.0"],
        gguf={"total": 4_000_000_000, "architecture": "qwen3", "context_length": 40960},
    )
    found = next(asks(hub).search(Query()))
    assert (found.repo, found.downloads, found.likes, found.gated) == ("owner/m", 7, 3, True)
    assert (found.licence, found.parameters) == ("apache-2.0", 4_000_000_000)
    assert (found.architecture, found.n_ctx_train) == ("qwen3", 40960)
    assert found.changed is not None


def test_a_search_can_be_narrowed_and_sorted(hub: FakeHub) -> None:
    hub.add("a/qwen", {}, likes=1, gguf={"architecture": "qwen3"}, tags=["gguf", "license:mit"])
    hub.add("a/llama", {}, likes=2, gguf={"architecture": "llama"}, tags=["gguf", "license:mit"])
    hub.add("a/gemma", {}, likes=3, gguf={"architecture": "gemma3"})
    assert found_by(hub, Query(sorted_by="likes", licence="mit")) == ["a/llama", "a/qwen"]
    assert found_by(hub, Query(architecture="Qwen")) == ["a/qwen"]


def test_a_search_can_be_bounded_by_parameters(hub: FakeHub) -> None:
    for millions in (500, 1_500, 1_501, 8_000, 70_000):
        hub.add(f"a/m-{millions}M", {}, gguf={"total": millions * 10**6 + 300})
    hub.add("a/unknown", {})
    query = Query(min_parameters=1_500 * 10**6, max_parameters=8_000 * 10**6 + 400)
    assert found_by(hub, query) == ["a/m-1500M", "a/m-1501M", "a/m-8000M"]
    assert "num_parameters=min%3A1500M%2Cmax%3A8001M" in hub.requests[0].path
    # The hub is asked in whole millions: what it lets through is looked at again.
    assert found_by(hub, Query(min_parameters=8_000 * 10**6 + 400)) == ["a/m-70000M"]
    assert found_by(hub, Query(max_parameters=8_000 * 10**6)) == [
        "a/m-500M",
        "a/m-1500M",
        "a/m-1501M",
    ]


@pytest.mark.parametrize(
    ("sorted_by", "order"),
    [
        ("downloads", ["a/x", "a/y", "a/z"]),
        ("likes", ["a/y", "a/z", "a/x"]),
        ("recency", ["a/z", "a/x", "a/y"]),
        ("trending", ["a/z", "a/y", "a/x"]),
    ],
)
def test_each_order_is_the_hubs(hub: FakeHub, sorted_by: SortedBy, order: list[str]) -> None:
    for name, downloads, likes, trending, day in (
        ("x", 9, 1, 1, 2),
        ("y", 8, 3, 2, 1),
        ("z", 7, 2, 3, 3),
    ):
        hub.add(
            f"a/{name}",
            {},
            downloads=downloads,
            likes=likes,
            trending=trending,
            changed=f"2026-10-0{day}T12:00:00.000Z",
        )
    assert found_by(hub, Query(sorted_by=sorted_by)) == order


def test_results_are_taken_some_at_a_time_until_there_are_no_more(hub: FakeHub) -> None:
    for number in range(5):
        hub.add(f"a/m-{number}", {}, downloads=10 - number)
    results = Results(Query(), asks(hub).search(Query()))
    assert [len(results.take(3)), results.more] == [3, True]
    assert [len(results.take(3)), results.more] == [2, False]


def test_a_page_of_a_search_is_small(hub: FakeHub) -> None:
    list(asks(hub).search(Query()))
    assert "limit=50" in hub.requests[0].path


def test_a_listing_in_between_does_not_end_a_search(hub: FakeHub) -> None:
    for number in range(2 * PAGE):
        hub.add(f"a/m-{number}", {})
    asking = asks(hub)
    found = asking.search(Query())
    list(islice(found, PAGE))
    asking.repository("a/m-0")
    assert len(list(found)) == PAGE


def test_a_silent_hub_is_given_up_on_at_once(hub: FakeHub) -> None:
    hub.faults.hangs = True
    asking, ended = Asking(), threading.Event()

    def ask() -> None:
        with pytest.raises(Stopped):
            asking.ask(lambda: asks(hub).repository("a/m"))
        ended.set()

    waiting = threading.Thread(target=ask)
    waiting.start()
    until(lambda: bool(hub.requests))
    asking.give_up()
    assert ended.wait(1.0)
    waiting.join()
    hub.faults.hangs = False
    hub.add("a/m", {})
    assert asking.ask(lambda: asks(hub).repository("a/m")).repo == "a/m"


@pytest.mark.parametrize("ends", ["cut", "busy"])
def test_a_question_that_was_given_up_on_contacts_nobody_any_more(hub: FakeHub, ends: str) -> None:
    hub.faults.hangs = True
    asking = Asking()

    def ask() -> None:
        with pytest.raises(Stopped):
            asking.ask(lambda: list(asks(hub).search(Query())))

    waiting = threading.Thread(target=ask)
    waiting.start()
    until(lambda: bool(hub.requests))
    asking.give_up()
    waiting.join()
    hub.faults.hangs = False
    if ends == "cut":
        for connection in hub.connections.copy():
            connection.shutdown(socket.SHUT_RDWR)
    else:
        hub.faults.busy = True
        hub.released.set()
    until(lambda: not any(each.name == "hub-question" for each in threading.enumerate()), 20.0)
    assert len(hub.requests) == 1


def test_what_goes_wrong_with_a_question_reaches_who_asked(hub: FakeHub) -> None:
    with pytest.raises(AccessDenied):
        Asking().ask(lambda: asks(hub).repository("a/none"))


def test_a_search_that_was_given_up_on_fetches_no_further_page(hub: FakeHub) -> None:
    for number in range(3 * PAGE):
        hub.add(f"a/m-{number}", {})
    results = Results(Query(), asks(hub).search(Query()))
    results.take(1)
    results.stop()
    with pytest.raises(Stopped):
        results.take(3 * PAGE)
    assert len(hub.requests) == 1


def test_cutting_wakes_who_waits_for_an_answer(hub: FakeHub, http: HubHttp) -> None:
    hub.add("a/m", {"m.gguf": b"1"})
    hub.faults.hangs = True
    ended = threading.Event()

    def look() -> None:
        with pytest.raises(Unreachable):
            http.look("a/m", "m.gguf", "main")
        ended.set()

    waiting = threading.Thread(target=look)
    waiting.start()
    until(lambda: bool(hub.requests))
    http.cut()
    assert ended.wait(1.0)
    waiting.join()
