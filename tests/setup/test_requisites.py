"""What the system lacks is named with the one command that installs it, before any download."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from envsetup.failure import SetupFailure
from envsetup.machine import Machine, describe_cpuinfo, find_manager, glibc_version
from envsetup.requisites import (
    COMPILER,
    INSTALL,
    Need,
    compiler_works,
    ensure_requisites,
    install_command,
    loads,
    missing_needs,
    qt_libraries,
    refusal,
)

DEBIAN = Machine("linux", "x86_64", "apt-get", (2, 36), is_root=False, cores=2)
ROOT = replace(DEBIAN, is_root=True)
GCC = Need("a C++ compiler", "compiles llama.cpp", COMPILER)
GLIB = qt_libraries()[0]


def looking(*answers: list[Need]) -> Callable[[Machine, bool], list[Need]]:
    """Give a look at a machine that finds these things missing, one list each time."""
    left = iter(answers)
    return lambda _machine, _compiles: next(left)


def test_the_sentences_name_each_thing_and_one_command() -> None:
    text = refusal([GCC, GLIB], DEBIAN)
    assert "a C++ compiler: compiles llama.cpp" in text
    assert "libglib-2.0.so.0: a shared library that the window (Qt) loads" in text
    assert "  sudo apt-get install -y build-essential libglib2.0-0\n" in text
    assert "Nothing has been downloaded" in text


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("dnf", "sudo dnf install -y gcc-c++ glib2"),
        ("zypper", "sudo zypper install -y gcc-c++ libglib-2_0-0"),
        ("pacman", "sudo pacman -S --needed --noconfirm base-devel glib2"),
    ],
)
def test_each_package_manager_gets_its_own_names(manager: str, command: str) -> None:
    assert command in refusal([GCC, GLIB], replace(DEBIAN, manager=manager))


def test_a_mac_is_told_of_the_command_line_tools() -> None:
    mac = Machine("darwin", "arm64", "brew", None, is_root=False, cores=8)
    assert "\n  xcode-select --install\n" in refusal([GCC], mac)


def test_an_unknown_system_still_gets_the_names() -> None:
    text = refusal([GLIB], replace(DEBIAN, manager=None))
    assert "libglib-2.0.so.0" in text
    assert "your system's package manager" in text


def test_newer_debians_and_ubuntus_get_their_new_name_of_glib() -> None:
    ubuntu_24 = replace(DEBIAN, glibc=(2, 39))
    assert install_command([GLIB], ubuntu_24) == ["apt-get", "install", "-y", "libglib2.0-0t64"]


def test_a_package_is_named_once_where_it_brings_two_libraries() -> None:
    fedora = replace(DEBIAN, manager="zypper")
    command = install_command(qt_libraries(), fedora)
    assert command is not None
    assert command.count("libglvnd") == 1


def test_every_library_has_a_package_for_every_manager() -> None:
    assert len(qt_libraries()) == 11
    for library in qt_libraries():
        assert set(library.packages) == set(INSTALL)


def test_a_user_is_refused_and_nothing_is_installed() -> None:
    def install(_command: list[str]) -> None:
        raise AssertionError("nothing may be installed for a user who is not root")

    with pytest.raises(SetupFailure, match="sudo apt-get"):
        ensure_requisites(DEBIAN, True, looking([GCC]), install)


def test_root_on_debian_gets_it_installed_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    installed: list[list[str]] = []
    ensure_requisites(ROOT, True, looking([GCC], []), installed.append)
    assert installed == [["apt-get", "install", "-y", "build-essential"]]
    assert "As root, installing: apt-get install -y build-essential" in capsys.readouterr().out


def test_root_elsewhere_is_refused_without_sudo() -> None:
    fedora = replace(ROOT, manager="dnf")
    with pytest.raises(SetupFailure, match=r"\n  dnf install -y gcc-c\+\+\n"):
        ensure_requisites(fedora, True, looking([GCC]))


def test_what_is_still_missing_after_installing_is_an_error() -> None:
    with pytest.raises(SetupFailure, match="libglib"):
        ensure_requisites(ROOT, True, looking([GLIB], [GLIB]), lambda _command: None)


def test_nothing_is_said_where_nothing_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_requisites(DEBIAN, True, looking([]))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(DEBIAN, glibc=(2, 31)), r"this system has glibc 2\.31"),
        (replace(DEBIAN, glibc=None), "this system has another C library"),
        (replace(DEBIAN, architecture="riscv64"), "this machine is riscv64"),
    ],
)
def test_a_system_without_qt_packages_is_refused(machine: Machine, words: str) -> None:
    with pytest.raises(SetupFailure, match=words):
        ensure_requisites(machine, False, looking([]))


def test_the_compiler_is_looked_for_only_where_it_will_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    names = {True: "a C++ compiler" in [n.name for n in missing_needs(DEBIAN, True)]}
    names[False] = "a C++ compiler" in [n.name for n in missing_needs(DEBIAN, False)]
    assert names == {True: True, False: False}


def test_a_compiler_named_by_cxx_that_does_not_exist_does_not_work() -> None:
    assert not compiler_works({"CXX": "no-such-compiler"})


def test_a_library_that_does_not_exist_does_not_load() -> None:
    assert not loads("libsteelyard-does-not-exist.so.1")


def test_package_managers_are_told_apart() -> None:
    assert find_manager("linux", lambda name: name if name == "zypper" else None) == "zypper"
    assert find_manager("linux", lambda _name: None) is None
    assert find_manager("darwin", lambda _name: None) == "brew"


def test_the_c_library_is_read() -> None:
    assert glibc_version("glibc 2.36") == (2, 36)
    assert glibc_version("musl 1.2") is None


def test_a_processor_is_described_by_model_and_features_of_the_first_core() -> None:
    core = "processor\t: {}\nmodel name\t: Fast CPU\ncpu MHz\t\t: {}\nflags\t\t: avx2 fma\n"
    text = core.format(0, 1200) + "\n" + core.format(1, 3400)
    assert describe_cpuinfo(text) == "model name\t: Fast CPU\nflags\t\t: avx2 fma"
