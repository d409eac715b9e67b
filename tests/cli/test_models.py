"""models fit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cli.app import run
from cli.loading_options import LoadingOptions
from cli.models_fit import fit_model
from engine.contract import DeviceInfo
from models.fit import Bandwidth, Machine
from storage.uses import Use

GIB = 1 << 30
Capture = pytest.CaptureFixture[str]


def fit(file: Path, machine: Machine, *, as_json: bool = True) -> int:
    return fit_model(
        str(file),
        None,
        LoadingOptions(ctx=1024),
        as_json=as_json,
        machine_of=lambda *_: machine,
        uses_of=tuple,
    )


def test_fit_adds_up_to_its_total(small_model: Path, capsys: Capture) -> None:
    machine = Machine(host_free_bytes=8 * GIB, bandwidth=Bandwidth(host=20e9))
    assert fit(small_model, machine) == 0
    found = json.loads(capsys.readouterr().out)
    parts = (found["weights_bytes"], found["kv_bytes"], found["compute_bytes"])
    assert sum(parts) == found["total_bytes"]
    assert found["verdict"] == "in memory"
    assert found["n_ctx"] == 1024
    speed = found["generation_tokens_per_s"]
    assert speed["low"] < speed["likely"] < speed["high"]


def test_what_does_not_fit_says_by_how_much(small_model: Path, capsys: Capture) -> None:
    machine = Machine(host_free_bytes=GIB, bandwidth=Bandwidth(host=20e9))
    assert fit(small_model, machine) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "too large"
    assert found["short_bytes"] > 0
    assert found["max_context"] is None
    assert found["absent"]["max_context"]


def test_layers_on_a_device_are_told_beside_its_memory(small_model: Path, capsys: Capture) -> None:
    gpu = DeviceInfo(
        name="RPC0",
        description="a device",
        kind="gpu",
        backend="RPC",
        total_bytes=8 * GIB,
        free_bytes=8 * GIB,
    )
    machine = Machine(host_free_bytes=8 * GIB, devices=(gpu,), bandwidth=Bandwidth(host=20e9))
    fit(small_model, machine)
    found = json.loads(capsys.readouterr().out)
    assert found["offloaded_layers"] == found["layers"] == 31
    assert [each["name"] for each in found["devices"]] == ["memory", "RPC0"]
    assert found["devices"][1]["need_bytes"] > found["devices"][0]["need_bytes"]
    assert found["generation_tokens_per_s"] is None
    assert found["absent"]["generation_tokens_per_s"]


def test_fit_is_told_in_words(small_model: Path, capsys: Capture) -> None:
    fit(small_model, Machine(host_free_bytes=8 * GIB), as_json=False)
    shown = capsys.readouterr().out
    assert "Fits in memory." in shown
    assert "the memory's bandwidth was not measured" in shown
    assert "needed, 8.6 GB free" in shown


def test_what_was_measured_here_replaces_the_estimate(small_model: Path, capsys: Capture) -> None:
    machine = Machine(host_free_bytes=8 * GIB, bandwidth=Bandwidth(host=20e9))
    use = Use(
        path=str(small_model),
        sha256=None,
        last_used=datetime(2026, 11, 20, 12, tzinfo=UTC),
        generation_tokens_per_s=23.4,
        n_replies=3,
        offloaded_layers=0,
    )

    def shown(used: Use) -> str:
        fit_model(
            str(small_model),
            None,
            LoadingOptions(ctx=1024),
            as_json=False,
            machine_of=lambda *_: machine,
            uses_of=lambda: (used,),
        )
        return capsys.readouterr().out

    assert "23.4 tok/s, measured here on 2026-11-20 (3 replies)" in shown(use)
    # On a GPU it was another matter.
    assert "estimated" in shown(msgspec.structs.replace(use, offloaded_layers=31))


def test_context_and_cache_type_are_set_by_short_names(
    small_model: Path, home: Path, capsys: Capture
) -> None:
    def kv_bytes(*options: str) -> int:
        assert run(("models", "fit", str(small_model), "--json", *options)) == 0
        return int(json.loads(capsys.readouterr().out)["kv_bytes"])

    plain = kv_bytes("--context", "4096")
    assert kv_bytes("--context", "8192") == 2 * plain
    assert kv_bytes("--context", "4096", "--kv", "q8_0") == plain * 34 // 64
