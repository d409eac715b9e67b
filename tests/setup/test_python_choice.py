"""The entry of the set-up refuses a Python that Steelyard does not run on, in words."""

import ast
import shutil
import sys
from pathlib import Path

import pytest
import setup_env


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_supported_pythons_are_suitable(minor: int) -> None:
    assert setup_env.is_suitable((3, minor))


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 14), (4, 0)])
def test_other_pythons_are_not_suitable(version: tuple[int, int]) -> None:
    assert not setup_env.is_suitable(version)


def test_refusal_names_the_version_at_hand_and_those_that_work() -> None:
    text = setup_env.refusal((3, 10))
    assert "is Python 3.10." in text
    assert "3.11, 3.12 and 3.13" in text
    assert "make PYTHON=" in text


def test_refusal_gives_the_command_of_this_systems_package_manager(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dnf" if name == "dnf" else None)
    assert setup_env.refusal((3, 14)).endswith("sudo dnf install -y python3.12")


def test_a_shim_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    good = tmp_path / "python3.11"
    good.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_env.find_suitable_python() == str(good)


def test_no_suitable_python_is_found_on_an_empty_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_env.find_suitable_python() is None


def test_the_entry_can_be_read_by_an_old_python() -> None:
    source = Path(setup_env.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
