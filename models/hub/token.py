"""The access token, kept by the system's keyring and nowhere else."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from models.hub.errors import TokenError

SERVICE: Final = "Steelyard"


class Tokens:
    """The token for one hub; HF_TOKEN of the environment is used where the keyring has none."""

    def __init__(self, endpoint: str) -> None:
        self._user = f"access token for {urlsplit(endpoint).netloc}"

    def get(self) -> str | None:
        """None where there is none, or no keyring: public files need none."""
        import keyring
        from keyring.errors import KeyringError

        try:
            kept = keyring.get_password(SERVICE, self._user)
        except KeyringError:
            kept = None
        return kept or os.environ.get("HF_TOKEN", "").strip() or None

    def keep(self, token: str) -> None:
        """Raises TokenError where the system keeps no tokens."""
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, self._user, token.strip())
        except KeyringError as error:
            raise TokenError(
                "The token was not kept: this system has no keyring that is unlocked. Set up one "
                "(GNOME Keyring, KWallet), or give the token in the environment as HF_TOKEN."
            ) from error

    def forget(self) -> None:
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, self._user)
        except PasswordDeleteError:
            return  # there was none
        except KeyringError as error:
            raise TokenError(
                "The token could not be removed: unlock this system's keyring and try again."
            ) from error
