"""What can go wrong with a hub, worded for the user.

HubError
├── Offline          nothing may be contacted
├── Unreachable      no answer, or none that can be understood
├── RateLimited      the hub asks to wait
├── AccessDenied     a licence is to be accepted, or a token is needed
├── NotOnHub         there is no such repository, revision or file
├── BadAddress       no address of a hub, no repository, or a file name that would leave its folder
├── TokenError       the system keeps no tokens
└── DownloadError    the file could not be brought here whole
    ├── WrongContent what came is not what the hub says it is
    ├── ChangedThere the file is another one now
    ├── NoRoom       the disk is too full
    └── Busy         another program is downloading the same file
"""

from __future__ import annotations

from engine.errors import SteelyardError


class HubError(SteelyardError):
    pass


class Offline(HubError):
    pass


class Unreachable(HubError):
    pass


class RateLimited(HubError):
    """`retry_after_s`: as long as the hub asks to wait; None where it does not say."""

    def __init__(self, sentence: str, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class AccessDenied(HubError):
    """`page`: where the user accepts the licence or asks for access."""

    def __init__(self, sentence: str, page: str) -> None:
        super().__init__(sentence)
        self.page = page


class NotOnHub(HubError):
    pass


class BadAddress(HubError):
    pass


class TokenError(HubError):
    pass


class DownloadError(HubError):
    pass


class WrongContent(DownloadError):
    pass


class ChangedThere(DownloadError):
    pass


class NoRoom(DownloadError):
    pass


class Busy(DownloadError):
    pass
