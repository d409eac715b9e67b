"""Listing a repository, and a hub that cannot be reached or is not to be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from models.hub.client import Hub, Query
from models.hub.errors import AccessDenied, BadAddress, HubError, Offline, Unreachable
from models.hub.http import HubHttp, unreachable
from models.hub.settings import HubSettings, hub_settings
from tests.models.fakehub import FakeHub, File
from tests.models.hub.questions import asks


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
