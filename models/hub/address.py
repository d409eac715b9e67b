"""Names on a hub: what the user types or pastes, and which file names are safe here."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from models.hub.errors import BadAddress

MAX_PART_BYTES: Final = 200  # file systems take 255; .part and its companions need some

_REPO: Final = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?")
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A repository, and where the text named them a revision and a file."""

    repo: str
    revision: str | None = None
    file: str | None = None


def parse_address(text: str) -> Address | None:
    """Read `owner/model` or a pasted address; None where it is words to search for."""
    text = text.strip()
    if "://" not in text and text.split("/", 1)[0] in {"hf.co", "huggingface.co"}:
        text = f"https://{text}"
    if "://" not in text:
        return Address(repo=text) if is_repo(text) else None
    parts = [unquote(part) for part in urlsplit(text).path.split("/") if part]
    if parts[:1] == ["models"]:
        parts = parts[1:]
    repo = "/".join(parts[:2])
    if not is_repo(repo):
        return None
    if len(parts) > 3 and parts[2] in {"blob", "resolve", "tree", "raw"}:
        return Address(repo=repo, revision=parts[3], file="/".join(parts[4:]) or None)
    return Address(repo=repo)


def is_repo(text: str) -> bool:
    return (
        _REPO.fullmatch(text) is not None
        and ".." not in text
        and not any(part.startswith((".", "-")) for part in text.split("/"))
    )


def safe_path(folder: Path, repo: str, file: str) -> Path:
    """Where a file of the hub is kept; raises BadAddress for a name that could lie elsewhere."""
    if not is_repo(repo):
        raise BadAddress(f"{repo!r} names no repository. It must look like owner/model.")
    parts = file.split("/")
    for part in parts:
        reason = _unsafe(part)
        if reason:
            raise BadAddress(
                f"{repo} has a file named {file!r}, which {reason}. It is not downloaded; tell the "
                "repository's owner."
            )
    return folder.joinpath(*repo.split("/"), *PurePosixPath(file).parts)


def _unsafe(part: str) -> str | None:
    if part in {"", ".", ".."}:
        return "would leave its folder"
    if _FORBIDDEN.search(part):
        return "has characters that file names cannot have everywhere"
    if _RESERVED.fullmatch(part):
        return "is the name of a device on Windows"
    if part[-1] in ". " or part[0] == " ":
        return "begins or ends with what some systems cut off"
    if len(part.encode("utf-8", errors="surrogatepass")) > MAX_PART_BYTES:
        return "is too long"
    return None
