"""The `format`s of JSON Schema that are checked; any other is an annotation, as the standard has
it."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from jsonschema import FormatChecker


def _timed(text: str) -> bool:
    moment = datetime.datetime.fromisoformat(text)
    return moment.tzinfo is not None and len(text) > 10


def _time(text: str) -> bool:
    return datetime.time.fromisoformat(text) is not None


def _date(text: str) -> bool:
    return len(text) == 10 and datetime.date.fromisoformat(text) is not None


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path))


def _email(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and " " not in text


_READERS: Final[dict[str, Callable[[str], object]]] = {
    "date": _date,
    "date-time": _timed,
    "email": _email,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "time": _time,
    "uri": _uri,
    "uuid": uuid.UUID,
}


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, reader in _READERS.items():
        checker.checks(name, raises=ValueError)(_of_text(reader))
    return checker


def _of_text(reader: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, str) or bool(reader(value))


FORMATS: Final = _checker()
