"""Which hub is used, and whether it may be contacted at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from models.hub.errors import BadAddress, Offline

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
_YES: Final = frozenset({"1", "ON", "YES", "TRUE"})


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    endpoint: str = DEFAULT_ENDPOINT
    offline: bool = False

    def require_online(self, what: str) -> None:
        """Raise Offline, which says what would have needed the network, or BadAddress."""
        if self.offline:
            raise Offline(
                f"{what} needs the network, and Steelyard is set to stay offline. "
                "Switch that off in the settings, or unset HF_HUB_OFFLINE."
            )
        if not _is_web_address(self.endpoint):
            raise BadAddress(
                f"HF_ENDPOINT is “{self.endpoint}”, which is no address of a hub. Set it to one such as "
                f"{DEFAULT_ENDPOINT}, or unset it."
            )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def hub_settings(environment: Mapping[str, str], *, offline: bool = False) -> HubSettings:
    """The settings, with what HF_ENDPOINT and HF_HUB_OFFLINE say."""
    endpoint = environment.get("HF_ENDPOINT", "").strip().rstrip("/") or DEFAULT_ENDPOINT
    switched = environment.get("HF_HUB_OFFLINE", "").strip().upper() in _YES
    return HubSettings(endpoint=endpoint, offline=offline or switched)
