"""An environment is made anew in just those parts whose origin changed."""

import io
import sys
import threading
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from envsetup.clone import Clone, own_python
from envsetup.command import alone, ensure, look, make, refuse_full_disk, run
from envsetup.failure import SetupFailure
from envsetup.stamp import Stamp, fingerprint_of, read_stamp, write_stamp
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
APP = ["a Python of its own", "llama.cpp", "packages", "the small model"]
TOOLS = "tools for development"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone with the real requirements and an environment that seems to be complete."""
    for file in ROOT.glob("requirements*.txt"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    clone = Clone(tmp_path)
    pretend_environment(clone, own_python()[1])
    return clone


def pretend_environment(clone: Clone, version: str) -> None:
    clone.python.parent.mkdir(parents=True, exist_ok=True)
    if not clone.python.exists():
        clone.python.symlink_to(sys.executable)
    (clone.environment / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}.7\n")


def due(clone: Clone, *parts: str, **variables: str) -> list[str]:
    return [step.name for step in look(clone, parts, variables).due]


def mark_made(clone: Clone, *parts: str, **variables: str) -> None:
    situation = look(clone, parts, variables)
    stamp = situation.stamp
    for step in situation.due:
        stamp = stamp.with_made(step.name, step.fingerprint)
    write_stamp(clone.environment, stamp)


def test_everything_is_due_in_a_new_clone(clone: Clone) -> None:
    assert due(clone, "app", "dev") == [*APP, TOOLS]


def test_tools_for_development_come_only_when_asked_for(clone: Clone) -> None:
    assert due(clone, "app") == APP


def test_nothing_is_due_when_all_is_made(clone: Clone) -> None:
    mark_made(clone, "app", "dev")
    assert due(clone, "app", "dev") == []


@pytest.mark.parametrize(
    ("file", "step"),
    [
        ("requirements.txt", "packages"),
        ("requirements-dev.txt", TOOLS),
        ("requirements-model.txt", "the small model"),
    ],
)
def test_a_changed_requirements_file_makes_its_part_due(clone: Clone, file: str, step: str) -> None:
    mark_made(clone, "app", "dev")
    with (clone.root / file).open("a", encoding="utf-8") as changed:
        changed.write("# changed\n")
    assert due(clone, "app", "dev") == [step]


def test_another_version_of_llama_cpp_is_compiled_anew(clone: Clone) -> None:
    mark_made(clone, "app")
    requirements = clone.requirements()
    text = requirements.read_text(encoding="utf-8")
    requirements.write_text(text.replace("llama-cpp-python==", "llama-cpp-python==9."), "utf-8")
    assert due(clone, "app") == ["llama.cpp", "packages"]


def test_everything_is_due_when_the_python_is_another(clone: Clone) -> None:
    mark_made(clone, "app")
    pretend_environment(clone, "3.10")
    assert due(clone, "app") == APP


def test_everything_is_due_when_the_python_is_gone(clone: Clone) -> None:
    mark_made(clone, "app")
    clone.python.unlink()
    clone.python.symlink_to(clone.root / "gone")
    assert due(clone, "app") == APP


def test_another_backend_makes_llama_cpp_due(clone: Clone, tmp_path: Path) -> None:
    mark_made(clone, "app")
    (tmp_path / "cuda/bin").mkdir(parents=True)
    (tmp_path / "cuda/bin/nvcc").touch()
    cuda = {"STEELYARD_BACKEND": "cuda", "CUDA_HOME": str(tmp_path / "cuda")}
    assert due(clone, "app", **cuda) == ["llama.cpp"]


def test_a_backend_once_asked_for_is_remembered(clone: Clone) -> None:
    mark_made(clone, "app", STEELYARD_BACKEND="cpu")
    assert read_stamp(clone.environment).backend == "cpu"
    assert look(clone, ["app"], {}).stamp.backend == "cpu"
    assert look(clone, ["app"], {"STEELYARD_BACKEND": "auto"}).stamp.backend == "auto"


def test_a_backend_that_changes_nothing_is_remembered_too(clone: Clone) -> None:
    mark_made(clone, "app", STEELYARD_BACKEND="cpu")
    ensure(clone, ["app"], {"STEELYARD_BACKEND": "auto"})
    assert read_stamp(clone.environment).backend == "auto"
    assert due(clone, "app") == []


def test_a_step_that_fails_keeps_those_before_it(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = look(clone, ["app"], {})

    def fail(*_arguments: object) -> None:
        raise SetupFailure("no network")

    monkeypatch.setattr("envsetup.command.ensure_requisites", lambda *_arguments: None)
    monkeypatch.setattr("envsetup.command.refuse_full_disk", lambda *_arguments: None)
    monkeypatch.setattr("envsetup.steps.run_logged", lambda *_arguments: None)
    monkeypatch.setattr("envsetup.steps.shutil.rmtree", lambda _folder: None)
    monkeypatch.setattr("envsetup.steps.Steps._check_llama", fail)
    monkeypatch.setattr("envsetup.compiling.Compilation.run", lambda *_arguments: Path("a.whl"))
    with redirect_stdout(io.StringIO()), pytest.raises(SetupFailure, match="no network"):
        make(clone, situation)
    assert due(clone, "app") == APP[1:]


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_a_stamp_is_read_as_it_was_written(made: dict[str, str], backend: str) -> None:
    stamp = Stamp(backend, made)
    assert Stamp.from_text(stamp.to_text()) == stamp


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"made": 3, "backend": "cpu"}', "\x00"])
def test_a_broken_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "steelyard.json").write_text(content, encoding="utf-8")
    assert read_stamp(tmp_path) == Stamp()


def test_a_fingerprint_sees_where_one_part_ends() -> None:
    assert fingerprint_of(["ab", "c"]) != fingerprint_of(["a", "bc"])


def test_a_disk_that_is_too_full_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupFailure, match=r"needs 1048576 GiB free in .*Make room"):
        refuse_full_disk(tmp_path / "not yet there", 1024**5)


def test_a_second_set_up_waits_for_the_first(clone: Clone) -> None:
    entered = threading.Event()

    def second() -> None:
        with alone(clone):
            entered.set()

    thread = threading.Thread(target=second)
    with alone(clone):
        thread.start()
        assert not entered.wait(0.2)
    thread.join(10)
    assert entered.is_set()


@pytest.mark.parametrize("arguments", [[], ["everything"]])
def test_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "usage: setup_env.py app | dev" in capsys.readouterr().err
