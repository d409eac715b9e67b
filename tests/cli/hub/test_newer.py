"""A model remembers where it was had: newer files are told, lost ones had again."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.app import run
from cli.contenders import read_contenders
from cli.models_list import list_models
from engine.contract import Origin, Runtime
from engine.errors import MissingFile
from models.describe import describe
from models.fit import memory_need
from models.hub.errors import DownloadError
from storage.folders import database_path
from storage.history import History
from storage.writing import insert_session
from tests.cli.hub.commands import REPO, Capture, MakeAccess, files, get
from tests.models import ggufs
from tests.models.fakehub import FakeHub
from tests.storage.samples import reply, session


def test_a_newer_file_is_told_and_replaces_only_what_it_may(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    hub.add(REPO, {"Small-Q4_K_M.gguf": ggufs.small_model()})
    get(access, REPO, "Q4_K_M")
    path = Path(capsys.readouterr().out.strip())
    assert listed(access, capsys)[path.stem]["newer"] is False
    newer = ggufs.small_model(ggufs.string("general.name", "Newer"))
    hub.add(REPO, {"Small-Q4_K_M.gguf": newer}, commit="d" * 40)

    before = len(hub.requests)
    assert listed(access, capsys, newer=False)[path.stem]["newer"] is None
    assert len(hub.requests) == before

    model = listed(access, capsys)[path.stem]
    assert model["newer"] is True
    assert model["origin"]["commit"] == "c" * 40
    assert files(access, REPO) == 0
    assert "newer one available" in capsys.readouterr().out

    with pytest.raises(DownloadError, match="not replaced unasked"):
        get(access, REPO, "Q4_K_M")
    assert get(access, REPO, "Q4_K_M", replaces=True) == 0
    assert path.read_bytes() == newer
    assert files(access, REPO) == 0
    assert "here already" in capsys.readouterr().out


def listed(access: MakeAccess, capsys: Capture, *, newer: bool = True) -> dict[str, Any]:
    """By name, what `models list --json` tells of each."""
    capsys.readouterr()
    assert list_models(newer=newer, as_json=True, make_access=access, uses_of=tuple) == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)["models"]}


def test_a_repository_that_cannot_be_asked_leaves_the_others(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    for name in ("one", "two"):
        hub.add(f"owner/{name}", {f"{name}.gguf": ggufs.small_model(ggufs.string("n", name))})
        get(access, f"owner/{name}", name)
    del hub.repos["owner/one"]
    capsys.readouterr()
    assert list_models(newer=True, as_json=False, make_access=access, uses_of=tuple) == 0
    captured = capsys.readouterr()
    assert "owner/one is not there" in captured.err
    assert "two.gguf" in captured.out


def test_a_downloaded_models_session_names_where_it_was_had(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    content = ggufs.small_model(ggufs.u32("llama.block_count", 1))
    hub.add(REPO, {"Small-Q8_0.gguf": content})
    get(access, REPO, "Q8_0")
    path = Path(capsys.readouterr().out.strip())
    (contender,) = read_contenders([path], Runtime(), describe)
    assert contender.model.origin == Origin(
        endpoint=hub.endpoint,
        repo=REPO,
        file="Small-Q8_0.gguf",
        commit="c" * 40,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def test_a_model_that_is_gone_is_had_again_by_what_its_failure_says(
    hub: FakeHub, access: MakeAccess, home: Path, capsys: Capture
) -> None:
    content = ggufs.small_model(ggufs.u32("llama.block_count", 1))
    hub.add(REPO, {"deep/Small 1-Q8_0.gguf": content})
    get(access, REPO, "Q8_0")
    path = Path(capsys.readouterr().out.strip())
    (contender,) = read_contenders([path], Runtime(), describe)
    path.unlink()
    with pytest.raises(MissingFile, match=f"It came from {REPO}: `models get ") as failure:
        memory_need(contender.model, Runtime())
    (address,) = re.findall(r"models get (\S+)`", str(failure.value))
    assert get(access, address, None) == 0
    assert path.read_bytes() == content


def test_a_session_tells_where_its_models_were_had(home: Path, capsys: Capture) -> None:
    whole = session(None, reply())
    origin = Origin(repo="owner/m", file="m.gguf", commit="c" * 40)
    contenders = tuple(
        msgspec.structs.replace(each, model=msgspec.structs.replace(each.model, origin=origin))
        for each in whole.contenders
    )
    with History.open(database_path()) as history, history._database.write() as connection:
        insert_session(connection, msgspec.structs.replace(whole, contenders=contenders), None)
    assert run(("sessions", "show", whole.id)) == 0
    shown = capsys.readouterr().out
    assert "model 0: from owner/m, m.gguf, revision cccccccccccc" in shown
    assert f"models get https://huggingface.co/owner/m/resolve/{'c' * 40}/m.gguf" in shown
