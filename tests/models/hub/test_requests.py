"""Single requests: who gets the token, redirects, waits, proxies."""

from __future__ import annotations

import pytest

from models.hub.client import Hub
from models.hub.errors import AccessDenied, HubError, NotOnHub, RateLimited, Unreachable
from models.hub.http import HubHttp, error_of
from models.hub.settings import HubSettings
from tests.models.fakehub import FakeHub, File


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
