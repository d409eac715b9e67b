"""Session ids: the moment they were made, then enough chance to be unique among all machines.

They sort by time as text, a person can read and type them, and any file name may carry them.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Final

# Without i, l, o and u: nothing in it can be misread (Crockford's base 32).
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_CHANCE_LENGTH: Final = 8
PATTERN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
"""What an id may be, that of an imported session included."""


def new_id(now: datetime) -> str:
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_CHANCE_LENGTH))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{chance}"
