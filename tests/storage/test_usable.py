from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from storage.usable import why_unusable


def test_a_folder_that_is_there_or_can_be_made_is_usable(tmp_path: Path) -> None:
    assert why_unusable(tmp_path) is None
    assert why_unusable(tmp_path / "new" / "deep") is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_a_file_in_its_place_is_named(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    assert why_unusable(file / below) == f"{file} is a file and not a folder."


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_folder_where_none_can_be_made_is_told_even_to_an_administrator() -> None:
    assert why_unusable(Path("/proc/nope")) == "No folder can be made in /proc."


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may write anywhere"
)
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "read-only" in (why_unusable(tmp_path / "new") or "")
