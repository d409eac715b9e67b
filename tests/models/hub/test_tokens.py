"""Where a token is kept, and where it is when nothing keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import keyring.backend
import keyring.backends.fail
import pytest

from models.hub.errors import TokenError
from models.hub.token import Tokens


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
