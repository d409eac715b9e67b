"""Models on a hub are judged by their header before any is downloaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from cli.loading_options import LoadingOptions
from cli.models_fit import fit_model
from cli.usage import WrongUsage
from tests.cli.hub.commands import MACHINE, REPO, Capture, MakeAccess, files
from tests.models.fakehub import FakeHub, File


@pytest.fixture
def real(hub: FakeHub, small_model: Path) -> FakeHub:
    """The small model, once as it is and once as if it were made much larger."""
    large = 400 * small_model.stat().st_size
    figure = hashlib.sha256(small_model.read_bytes()).hexdigest()

    class Long(File):
        @property
        def size(self) -> int:
            return large

    hub.add(
        "owner/real",
        {
            "m-Q4_1.gguf": File(path=small_model, sha256=figure),
            "m-F32.gguf": Long(path=small_model, sha256="0" * 64),
        },
    )
    return hub


def test_files_are_judged_from_one_header(
    real: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert files(access, "owner/real") == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0][2] == "5.85"
    assert rows[0][5] == "in memory"
    assert rows[1][5].startswith("too large by ")
    assert rows[0][6] == "8,192"
    assert {seen.path for seen in real.store_requests()} == {"/store/owner/real/m-Q4_1.gguf"}
    files(access, "owner/real", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["fits"]["m-F32"]["verdict"] == "too large"
    assert found["facts"] == {
        "architecture": "llama",
        "parameters": 134_515_008,
        "n_ctx_train": 8192,
        "has_chat_template": True,
    }
    assert found["listing"]["choices"][0]["label"] == "m-Q4_1"


def test_a_header_that_cannot_be_read_leaves_the_list(
    access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert files(access, REPO) == 0
    captured = capsys.readouterr()
    assert "Whether they fit is not known" in captured.err
    assert "Small-Q4_K_M" in captured.out


def judge(
    access: MakeAccess, target: str, type_: str | None = None, *, as_json: bool = True
) -> int:
    return fit_model(
        target,
        type_,
        LoadingOptions(ctx=2048),
        as_json=as_json,
        machine_of=lambda *_: MACHINE,
        uses_of=tuple,
        make_access=access,
    )


def test_fit_of_a_repository_judges_each_quantization(
    real: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    assert judge(access, "owner/real") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["m-Q4_1"]["n_ctx"] == 2048
    assert found["m-F32"]["verdict"] == "too large"
    assert judge(access, "owner/real", as_json=False) == 0
    assert "in memory" in capsys.readouterr().out


def test_fit_of_one_quantization_there_is_that_of_the_file_here(
    real: FakeHub, access: MakeAccess, small_model: Path, home: Path, capsys: Capture
) -> None:
    assert judge(access, "owner/real", "Q4_1") == 0
    there = json.loads(capsys.readouterr().out)
    assert judge(access, str(small_model)) == 0
    assert json.loads(capsys.readouterr().out) == there


def test_a_quantization_beside_a_file_is_wrong_usage(access: MakeAccess, small_model: Path) -> None:
    with pytest.raises(WrongUsage, match="is one file"):
        judge(access, str(small_model), "Q4_1")
