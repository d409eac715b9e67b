"""models search and files: what is found, narrowed and listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.models_search_options import SearchOptions
from cli.usage import WrongUsage
from tests.cli.hub.commands import REPO, Capture, MakeAccess, files, search
from tests.cli.test_terminal import EVIL
from tests.models.fakehub import FakeHub


def test_a_search_names_repository_size_and_downloads(access: MakeAccess, capsys: Capture) -> None:
    assert search(access, "small") == 0
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields == [REPO, "135M", "llama", "7", "–", "open"]
    assert search(access, "small", as_json=True) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert (only["repo"], only["parameters"], only["downloads"]) == (REPO, 135_000_000, 7)


def test_no_more_than_asked_for_are_fetched(
    hub: FakeHub, access: MakeAccess, capsys: Capture
) -> None:
    for number in range(20):
        hub.add(f"owner/many-{number}", {})
    search(access, "many", limit=2)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(hub.requests) == 1


def test_a_search_without_a_find_says_so(access: MakeAccess, capsys: Capture) -> None:
    assert search(access, "giant") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "giant" in captured.err


def test_files_are_told_as_quantizations(access: MakeAccess, capsys: Capture) -> None:
    assert files(access, REPO) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert ["Small-Q4_K_M", "Q4_K_M", "–", "1 MB", "model", "–", "–", ""] in rows
    assert ["Big-Q8_0", "Q8_0", "–", "6 B", "model, 2 parts", "–", "–", ""] in rows
    assert files(access, REPO, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["repo"] == REPO
    assert len(found["listing"]["choices"]) == 3


def test_names_of_a_hub_cannot_control_the_terminal(
    hub: FakeHub, access: MakeAccess, capsys: Capture
) -> None:
    hub.add("owner/evil", {f"{EVIL}-Q8_0.gguf": b"x"})
    files(access, "owner/evil")
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r"} & set(capsys.readouterr().out)


@pytest.fixture
def family(hub: FakeHub) -> FakeHub:
    for name, billions, architecture, licence in (
        ("half", 0.5, "qwen3", "mit"),
        ("seven", 7.0, "qwen3moe", "apache-2.0"),
        ("seventy", 70.0, "llama", "mit"),
    ):
        hub.add(
            f"family/{name}",
            {},
            downloads=round(billions),
            trending=round(-billions),
            gguf={"total": round(billions * 1e9), "architecture": architecture},
            tags=["gguf", f"license:{licence}"],
        )
    return hub


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["seventy", "seven", "half"]),
        ({"sort": "trending"}, ["half", "seven", "seventy"]),
        ({"min_parameters": "1.5b"}, ["seventy", "seven"]),
        ({"max_parameters": "7B"}, ["seven", "half"]),
        ({"architecture": "qwen3"}, ["seven", "half"]),
        ({"licence": "mit"}, ["seventy", "half"]),
        ({"fits": True}, ["seven", "half"]),
        ({"fits": True, "max_parameters": "500M"}, ["half"]),
    ],
)
def test_a_search_is_narrowed_and_sorted(
    family: FakeHub,
    access: MakeAccess,
    options: dict[str, Any],
    found: list[str],
    capsys: Capture,
) -> None:
    assert search(access, "family", SearchOptions(**options)) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("\t")[0] for row in rows] == [f"family/{name}" for name in found]


def test_a_bound_that_is_no_number_is_wrong_usage(access: MakeAccess) -> None:
    with pytest.raises(WrongUsage, match=r"--max-parameters takes a number .* not “many”"):
        search(access, "family", SearchOptions(max_parameters="many"))


def test_bounds_that_run_backwards_are_wrong_usage(access: MakeAccess) -> None:
    with pytest.raises(WrongUsage, match="runs backwards: --min-parameters 8B is more than"):
        search(access, "family", SearchOptions(min_parameters="8B", max_parameters="1B"))
