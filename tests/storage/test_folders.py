from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storage import folders
from tests.storage.processes import ROOT


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    monkeypatch.setenv("STEELYARD_HOME", str(home))
    assert folders.data_folder() == home
    for place in (folders.database_path(), folders.models_folder(), folders.log_folder()):
        assert home in place.parents
    assert not home.exists()


def test_a_relative_or_tilde_home_is_made_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEELYARD_HOME", "here")
    assert folders.data_folder() == tmp_path / "here"
    monkeypatch.setenv("STEELYARD_HOME", "~/there")
    assert folders.data_folder() == Path.home() / "there"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_it_the_system_says_where(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("STEELYARD_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("STEELYARD_HOME", value)
    assert folders.data_folder().is_absolute()
    assert "steelyard" in folders.data_folder().parts


def test_asking_for_folders_does_not_load_the_database_library() -> None:
    code = (
        "import sys, storage, storage.folders;"
        "print([m for m in ('sqlalchemy', 'alembic', 'psutil') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
