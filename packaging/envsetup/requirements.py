"""Reads the requirements files that `make lock` writes."""

import re

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", re.MULTILINE)


def pinned_versions(text: str) -> dict[str, str]:
    """Give the version of each package; of one pinned twice (by Python version) the last."""
    return {found[1]: found[2] for found in PINNED.finditer(text)}


def block_of(package: str, text: str) -> str:
    """Give a package's own lines with its hashes, as a requirements file of one package."""
    found = re.search(rf"^{re.escape(package)}==.*(?:\n .*)*", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{package} is not pinned")
    return found[0] + "\n"
