"""Names on a hub."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from models.hub.address import Address, parse_address, safe_path
from models.hub.errors import BadAddress


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("owner/model", Address(repo="owner/model")),
        ("  owner/model-1.5B_x  ", Address(repo="owner/model-1.5B_x")),
        ("https://huggingface.co/owner/model", Address(repo="owner/model")),
        ("huggingface.co/owner/model/", Address(repo="owner/model")),
        ("hf.co/owner/model", Address(repo="owner/model")),
        ("https://huggingface.co/models/owner/model", Address(repo="owner/model")),
        (
            "https://huggingface.co/owner/model/tree/v2",
            Address(repo="owner/model", revision="v2"),
        ),
        (
            "https://huggingface.co/owner/model/blob/main/sub/a%20b.gguf?download=true",
            Address(repo="owner/model", revision="main", file="sub/a b.gguf"),
        ),
        (
            "https://hub.example/owner/model/resolve/abc/m.gguf",
            Address(repo="owner/model", revision="abc", file="m.gguf"),
        ),
        ("qwen 3 small", None),
        ("owner/model/more", None),
        ("../model", None),
        ("owner/..", None),
        ("https://huggingface.co/owner", None),
        ("", None),
    ],
)
def test_what_is_typed_or_pasted_is_understood(text: str, address: Address | None) -> None:
    assert parse_address(text) == address


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_words(text: str) -> None:
    address = parse_address(text)
    assert address is None or address.repo.count("/") == 1


HOSTILE = [
    "../m.gguf",
    "a/../../m.gguf",
    "/etc/passwd.gguf",
    "..",
    "",
    "a//m.gguf",
    "C:\\windows\\m.gguf",
    "C:m.gguf",
    "a\\..\\m.gguf",
    "CON.gguf",
    "sub/aux",
    "com1.gguf",
    "m.gguf:stream",
    "m\0.gguf",
    "m\n.gguf",
    "m.gguf.",
    "m.gguf ",
    " m.gguf",
    "a?.gguf",
    "a*.gguf",
    "n" * 300 + ".gguf",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_lie_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadAddress, match="is not downloaded"):
        safe_path(tmp_path, "owner/model", name)


@pytest.mark.parametrize("repo", ["../x", "owner/..", "a/b/c", "owner", "-x/y", "owner/.git"])
def test_a_repository_that_could_lie_elsewhere_is_refused(tmp_path: Path, repo: str) -> None:
    with pytest.raises(BadAddress, match="names no repository"):
        safe_path(tmp_path, repo, "m.gguf")


def test_ordinary_names_keep_their_folders(tmp_path: Path) -> None:
    path = safe_path(tmp_path, "owner/model", "Q4_K_M/m-00001-of-00002.gguf")
    assert path == tmp_path / "owner" / "model" / "Q4_K_M" / "m-00001-of-00002.gguf"


@given(st.text(max_size=60))
def test_no_name_leaves_the_folder(name: str) -> None:
    folder = Path("/models")
    try:
        path = safe_path(folder, "owner/model", name)
    except BadAddress:
        return
    assert path.is_relative_to(folder / "owner" / "model")
    assert ".." not in path.parts
