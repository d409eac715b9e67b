"""Searching a hub, listing a repository, reading a header there; through the real huggingface_hub."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import pytest
from huggingface_hub import close_session

from engine.client import Stopped
from engine.errors import NotGguf
from models.fit import profile_of
from models.gguf import read_model
from models.hub.asking import Asking
from models.hub.client import Hub, Query, SortedBy
from models.hub.errors import (
    AccessDenied,
    BadAddress,
    HubError,
    NotOnHub,
    Offline,
    RateLimited,
    TokenError,
    Unreachable,
)
from models.hub.http import HubHttp, error_of, unreachable
from models.hub.remote import FIRST_BYTES, read_remote_model
from models.hub.results import Results
from models.hub.settings import HubSettings, hub_settings
from models.hub.token import Tokens
from tests.models import ggufs
from tests.models.fakehub import PAGE, FakeHub, File


@pytest.fixture(autouse=True)
def connections_are_closed() -> Iterator[None]:
    yield
    close_session()


def asks(hub: FakeHub, token: str | None = None) -> Hub:
    return Hub(HubSettings(endpoint=hub.endpoint), lambda: token)


def found_by(hub: FakeHub, query: Query) -> list[str]:
    return [each.repo for each in Results(query, asks(hub).search(query)).take(100)]


def until(holds: Callable[[], bool], limit_s: float = 5.0) -> None:
    ends = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < ends
        threading.Event().wait(0.005)


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


def test_a_repository_is_listed_with_sizes_hashes_and_its_commit(hub: FakeHub) -> None:
    hub.add("owner/m", {"m-Q8_0.gguf": b"12345", "README.md": b"hi"}, commit="d" * 40)
    repository = asks(hub).repository("owner/m")
    assert (repository.repo, repository.commit, repository.gated) == ("owner/m", "d" * 40, False)
    choice = repository.listing.choices[0]
    assert (choice.quantization, choice.size_bytes) == ("Q8_0", 5)
    assert choice.files[0].sha256 == File(b"12345").sha256
    assert repository.listing.other_files == 1


def test_a_file_that_changed_upstream_is_noticed(hub: FakeHub) -> None:
    hub.add("owner/m", {"m-Q8_0.gguf": b"new", "same.gguf": b"same"})
    repository = asks(hub).repository("owner/m")
    newer = repository.newer_than("m-Q8_0.gguf", File(b"old").sha256)
    assert newer is not None
    assert newer.sha256 == File(b"new").sha256
    assert repository.newer_than("same.gguf", File(b"same").sha256) is None
    assert repository.newer_than("gone.gguf", File(b"old").sha256) is None


@pytest.mark.parametrize("name", ["owner/none", "owner/private"])
def test_a_missing_and_a_private_repository_are_one_sentence(hub: FakeHub, name: str) -> None:
    hub.add("owner/private", {}, private=True)
    with pytest.raises(AccessDenied, match="is not there, or it is private"):
        asks(hub).repository(name)


def test_a_private_repository_is_listed_with_the_right_token(hub: FakeHub) -> None:
    hub.add("owner/private", {"m.gguf": b"1"}, private=True)
    assert asks(hub, hub.token).repository("owner/private").listing.choices
    assert hub.requests[0].authorization == "Bearer hf_right"


def test_a_name_that_is_no_repository_is_refused(hub: FakeHub) -> None:
    with pytest.raises(BadAddress, match="names no repository"):
        asks(hub).repository("owner/model/more")
    assert hub.requests == []


def test_a_hub_that_does_not_answer_is_unreachable(hub: FakeHub) -> None:
    closed = FakeHub()
    closed._server.server_close()
    with pytest.raises(Unreachable, match="Check the network"):
        asks(closed).repository("owner/m")
    with pytest.raises(Unreachable, match="Check the network"):
        list(asks(closed).search(Query()))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[Errno 111] Connection refused", "fetched: the connection was refused, nothing answers"),
        ("[Errno -2] Name or service not known", "fetched: the hub's host was not found (Name"),
        ("[WinError 10060] It took too long.", "fetched: It took too long. Check the network"),
        ("", "fetched: OSError. Check"),
    ],
)
def test_why_a_hub_cannot_be_reached_is_told_without_numbers(said: str, told: str) -> None:
    sentence = str(unreachable(OSError(said), "owner/m"))
    assert told in sentence
    assert ".." not in sentence


@pytest.mark.parametrize("endpoint", ["foo", "ftp://hub.example", "https://", "http://[half"])
def test_an_endpoint_that_is_no_address_is_named(endpoint: str) -> None:
    wrong = hub_settings({"HF_ENDPOINT": endpoint})
    with pytest.raises(BadAddress, match="HF_ENDPOINT is") as caught:
        next(Hub(wrong, lambda: None).search(Query()))
    assert endpoint.rstrip("/") in str(caught.value)
    with pytest.raises(BadAddress, match="HF_ENDPOINT is"):
        Hub(wrong, lambda: None).repository("owner/m")
    with pytest.raises(BadAddress, match="HF_ENDPOINT is"):
        HubHttp(wrong, lambda: None).look("owner/m", "m.gguf", "main")


def test_a_network_that_answers_in_the_hubs_place_is_noticed(hub: FakeHub) -> None:
    hub.faults.talks_nonsense = True
    with pytest.raises(HubError, match="cannot be understood"):
        list(asks(hub).search(Query()))
    with pytest.raises(HubError, match="cannot be understood"):
        asks(hub).repository("owner/m")


def test_offline_contacts_nothing_and_says_what_would_have(hub: FakeHub) -> None:
    quiet = HubSettings(endpoint=hub.endpoint, offline=True)
    with pytest.raises(Offline, match="Searching the hub needs the network"):
        next(Hub(quiet, lambda: None).search(Query()))
    with pytest.raises(Offline, match="Listing owner/m needs"):
        Hub(quiet, lambda: None).repository("owner/m")
    with pytest.raises(Offline, match=r"Fetching owner/m/m\.gguf needs"):
        HubHttp(quiet, lambda: None).look("owner/m", "m.gguf", "main")
    assert hub.requests == []


def test_the_environment_names_the_hub_and_may_switch_the_network_off() -> None:
    assert hub_settings({}).endpoint == "https://huggingface.co"
    assert not hub_settings({}).offline
    mirror = hub_settings({"HF_ENDPOINT": "https://mirror.example/", "HF_HUB_OFFLINE": "true"})
    assert mirror == HubSettings(endpoint="https://mirror.example", offline=True)
    assert hub_settings({"HF_HUB_OFFLINE": "0"}, offline=True).offline


def test_huggingface_hub_is_imported_at_the_first_question_only() -> None:
    code = (
        "import sys, models.hub.client, models.hub.http, models.hub.token;"
        "print(sorted({'huggingface_hub', 'httpx2', 'keyring'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]"


# --- Headers there ------------------------------------------------------------------------------


def test_a_header_is_read_there_and_tells_the_same_as_here(
    hub: FakeHub, http: HubHttp, small_model: Path
) -> None:
    hub.add("owner/m", {"m-Q4_1.gguf": File(path=small_model, sha256="0" * 64)})
    repository = asks(hub).repository("owner/m")
    there = read_remote_model(http, repository, repository.listing.choices[0])
    here = read_model(small_model)
    assert (there.metadata, there.tensors) == (here.metadata, here.tensors)
    assert profile_of(there) == profile_of(here)
    # Its header has 1.8 MB: two requests, the second for twice as much.
    assert [seen.range for seen in hub.store_requests()] == [
        f"bytes=0-{FIRST_BYTES - 1}",
        "bytes=1048576-3145727",
    ]


def test_all_parts_of_a_split_model_are_read_there(hub: FakeHub, http: HubHttp) -> None:
    parts = {
        f"m-0000{n}-of-00002.gguf": ggufs.gguf(
            [ggufs.u32("split.count", 2)], [ggufs.f32(f"blk.{n}.w", 8)]
        )
        for n in (1, 2)
    }
    hub.add("owner/m", dict(parts))
    repository = asks(hub).repository("owner/m")
    model = read_remote_model(http, repository, repository.listing.choices[0])
    assert [tensor.name for tensor in model.tensors] == ["blk.1.w", "blk.2.w"]


def test_a_store_without_ranges_costs_no_more_than_the_first_piece(
    hub: FakeHub, http: HubHttp
) -> None:
    hub.add("owner/m", {"m.gguf": ggufs.small_model() + bytes(20_000_000)})
    hub.faults.ignores_ranges = True
    repository = asks(hub).repository("owner/m")
    assert read_remote_model(http, repository, repository.listing.choices[0]).tensors
    assert len(hub.store_requests()) == 1


def test_what_is_no_gguf_there_is_said_so(hub: FakeHub, http: HubHttp) -> None:
    hub.add("owner/m", {"m.gguf": b"PK\x03\x04" + bytes(100)})
    repository = asks(hub).repository("owner/m")
    with pytest.raises(NotGguf, match=r"owner/m/m\.gguf is a zip"):
        read_remote_model(http, repository, repository.listing.choices[0])


# --- Requests -----------------------------------------------------------------------------------


def test_the_token_goes_to_the_hub_and_to_nobody_else(hub: FakeHub) -> None:
    hub.add("owner/m", {"m.gguf": b"12345"}, gated=True)
    http = HubHttp(HubSettings(endpoint=hub.endpoint), lambda: hub.token)
    with http.read(http.file_address("owner/m", "m.gguf", "main"), "m", {}) as response:
        assert response.read() == b"12345"
    http.close()
    assert [(seen.host, seen.authorization) for seen in hub.requests] == [
        ("127.0.0.1", "Bearer hf_right"),
        ("localhost", None),
    ]


def test_a_look_tells_commit_size_and_sha256_and_leaves_the_store_alone(
    hub: FakeHub, http: HubHttp
) -> None:
    hub.add("owner/m", {"sub/m 1.gguf": b"12345"}, commit="e" * 40)
    seen = http.look("owner/m", "sub/m 1.gguf", "main")
    assert (seen.commit, seen.size_bytes) == ("e" * 40, 5)
    assert seen.sha256 == File(b"12345").sha256
    assert hub.store_requests() == []


def test_a_gated_repository_shows_the_way(hub: FakeHub, http: HubHttp) -> None:
    hub.add("owner/m", {"m.gguf": b"1"}, gated=True)
    with pytest.raises(
        AccessDenied, match=r"accept the licence there, then give an access token.*HF_TOKEN"
    ) as caught:
        http.look("owner/m", "m.gguf", "main")
    assert caught.value.page == f"{hub.endpoint}/owner/m"


def test_a_missing_file_is_not_on_the_hub(hub: FakeHub, http: HubHttp) -> None:
    hub.add("owner/m", {})
    with pytest.raises(NotOnHub, match="is not on the hub any more"):
        http.look("owner/m", "m.gguf", "main")


@pytest.mark.parametrize(
    ("location", "words"),
    [("file:///etc/passwd", "unsafe place"), ("/owner/m/resolve/main/m.gguf", "round in circles")],
)
def test_bad_redirects_are_not_followed(
    hub: FakeHub, http: HubHttp, location: str, words: str
) -> None:
    hub.faults.answers.extend([(302, {"Location": location})] * 20)
    address = http.file_address("owner/m", "m.gguf", "main")
    with (
        pytest.raises(Unreachable, match=words),
        http.read(address, "m", {}),
    ):
        pass


def test_a_hub_that_asks_to_wait_says_how_long() -> None:
    error = error_of(429, {"retry-after": "17"}, "owner/m", "https://hub")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 17
    assert "in 17 seconds" in str(error)
    past = error_of(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, "m", "https://hub")
    assert isinstance(past, RateLimited)
    assert past.retry_after_s == 0
    unsaid = error_of(429, {}, "m", "https://hub")
    assert isinstance(unsaid, RateLimited)
    assert unsaid.retry_after_s is None


def test_a_proxy_of_the_environment_is_used(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.endpoint)
    monkeypatch.delenv("NO_PROXY", raising=False)
    elsewhere = HubSettings(endpoint="http://hub.example")
    http = HubHttp(elsewhere, lambda: None)
    with pytest.raises(HubError):
        http.look("owner/m", "m.gguf", "main")
    http.close()
    with pytest.raises(HubError):
        Hub(elsewhere, lambda: None).repository("owner/m")
    assert [seen.path for seen in hub.requests] == [
        "http://hub.example/owner/m/resolve/main/m.gguf",
        "http://hub.example/api/models/owner/m?blobs=true",
    ]


# --- Tokens -------------------------------------------------------------------------------------


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that forgets when the test ends."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own lacks types
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    before = keyring.get_keyring()
    fake = MemoryKeyring()
    keyring.set_keyring(fake)
    yield fake
    keyring.set_keyring(before)


def test_a_token_is_kept_for_its_hub_alone(memory_keyring: MemoryKeyring) -> None:
    tokens = Tokens("https://huggingface.co")
    assert tokens.get() is None
    tokens.keep("  hf_secret\n")
    assert tokens.get() == "hf_secret"
    assert Tokens("https://other.example").get() is None
    tokens.forget()
    tokens.forget()
    assert tokens.get() is None


def test_the_environment_may_give_the_token(
    memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    tokens = Tokens("https://huggingface.co")
    assert tokens.get() == "hf_environment"
    tokens.keep("hf_kept")
    assert tokens.get() == "hf_kept"


def test_a_system_without_a_keyring_still_downloads_and_says_why_it_keeps_nothing(
    memory_keyring: MemoryKeyring,
) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]  # the same
    tokens = Tokens("https://huggingface.co")
    assert tokens.get() is None
    with pytest.raises(TokenError, match="no keyring"):
        tokens.keep("hf_secret")
    with pytest.raises(TokenError, match="could not be removed"):
        tokens.forget()
