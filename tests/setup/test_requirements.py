"""The requirements files pin every package by hash, for all platforms, and name no server."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
from envsetup.requirements import block_of, pinned_versions

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(ROOT.glob("requirements*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def text_of(kind: str) -> str:
    return (ROOT / f"requirements{kind}.txt").read_text(encoding="utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_wanted(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[<>=!~ ]", line)[0]) for line in requirements}


def test_there_are_four_requirements_files() -> None:
    kinds = ["requirements-build", "requirements-dev", "requirements-model", "requirements"]
    assert [file.stem for file in FILES] == kinds


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_pins_a_package_with_its_hashes_and_names_no_server(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "://" not in text
    names = re.findall(r"^(\S+)==", text, re.MULTILINE)
    assert names
    for name in names:
        assert "--hash=sha256:" in block_of(name, text)
    for line in text.splitlines():
        assert re.fullmatch(r"\S+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("", PROJECT["project"]["dependencies"]),
        ("-dev", PROJECT["dependency-groups"]["dev"]),
        ("-build", PROJECT["dependency-groups"]["build"]),
        ("-model", PROJECT["dependency-groups"]["model"]),
    ],
)
def test_every_dependency_of_the_project_is_locked(kind: str, wanted: list[str]) -> None:
    assert names_wanted(wanted) <= {normal(name) for name in pinned_versions(text_of(kind))}


def test_packages_of_other_platforms_keep_their_markers() -> None:
    assert re.search(r"^pywin32-ctypes==\S+ ; sys_platform == 'win32'", text_of(""), re.MULTILINE)
    assert re.search(r"^secretstorage==\S+ ; sys_platform == 'linux'", text_of(""), re.MULTILINE)


def test_tools_and_app_agree_on_the_versions_they_share() -> None:
    app, tools = pinned_versions(text_of("")), pinned_versions(text_of("-dev"))
    shared = app.keys() & tools.keys()
    assert shared
    assert {name: app[name] for name in shared} == {name: tools[name] for name in shared}


def test_qt_is_pinned_to_the_last_version_that_python_3_11_survives() -> None:
    assert "PySide6-Essentials==6.11.3" in PROJECT["project"]["dependencies"]
    assert pinned_versions(text_of(""))["pyside6-essentials"] == "6.11.3"


def test_a_block_holds_one_package_and_all_its_hashes() -> None:
    text = "a==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\nab==2 \\\n    --hash=sha256:3\n"
    assert block_of("a", text) == "a==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
    with pytest.raises(ValueError, match="b is not pinned"):
        block_of("b", text)


def test_our_packaging_folder_does_not_hide_the_package_of_that_name() -> None:
    assert not (ROOT / "packaging/__init__.py").exists()
    assert hasattr(importlib.import_module("packaging"), "__version__")
