"""Measured speeds in llama-bench's forms and field names: md, csv, json, jsonl.

Source: tools/llama-bench/llama-bench.cpp, struct test and its printers. Fields that say nothing here
(cpu_mask, poll …) are left out; `offloaded_layers`, `devices_used` and `source` are ours. With one
repetition there is no deviation, so it is null and not llama-bench's 0.
"""

from __future__ import annotations

import csv
import io
import json
import re
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console

from cli.program import program_name
from cli.terminal import clean_line, words
from engine.contract import (
    Contender,
    Environment,
    Measured,
    ModelFile,
    Runtime,
    Session,
    SpeedTest,
)

GPU_KINDS: Final = {"gpu", "igpu"}
_MIB: Final = 1 << 20
_GIB: Final = 1 << 30
_BUILD: Final = re.compile(r"llama\.cpp (\S+)")
# Shown only where they are not llama-bench's defaults: our field, its heading.
_OPTIONAL: Final = (
    ("n_gpu_layers", "ngl"),
    ("n_batch", "n_batch"),
    ("n_ubatch", "n_ubatch"),
    ("type_k", "type_k"),
    ("type_v", "type_v"),
    ("split_mode", "sm"),
    ("flash_attn", "fa"),
    ("devices", "dev"),
    ("tensor_split", "ts"),
)
_WIDTHS: Final = {
    "model": -30,
    "size": 10,
    "params": 10,
    "backend": -10,
    "ngl": 3,
    "threads": 7,
    "n_batch": 7,
    "n_ubatch": 8,
    "type_k": 6,
    "type_v": 6,
    "sm": 6,
    "fa": 3,
    "dev": -12,
    "ts": -12,
    "test": 15,
    "t/s": 20,
}


def record(measured: Measured, contender: Contender, environment: Environment) -> dict[str, Any]:
    """One test as llama-bench's JSON has it."""
    model, runtime, settled = contender.model, contender.runtime, measured.runtime
    test, samples = measured.test, measured.samples_ns
    build = _BUILD.search(settled.llama_cpp)
    gpus = [each for each in environment.devices if each.kind in GPU_KINDS]
    return {
        "build_commit": build[1] if build else settled.llama_cpp,
        "cpu_info": environment.cpu,
        "gpu_info": ", ".join(each.description for each in gpus),
        "backends": ",".join(dict.fromkeys(each.backend for each in gpus)) or "CPU",
        "model_filename": model.path,
        "model_type": _model_type(model),
        "model_size": _tensor_bytes(model),
        "model_n_params": model.parameters,
        "n_batch": runtime.n_batch,
        "n_ubatch": runtime.n_ubatch,
        "n_threads": settled.threads,
        "type_k": settled.type_k,
        "type_v": settled.type_v,
        "n_gpu_layers": _layers(runtime, settled.offloaded_layers),
        "split_mode": runtime.split_mode,
        "main_gpu": runtime.main_gpu,
        "flash_attn": {"auto": -1, "off": 0, "on": 1}[runtime.flash_attention],
        "devices": "/".join(runtime.devices) or "auto",
        "tensor_split": "/".join(f"{share:.2f}" for share in runtime.tensor_split) or "0.00",
        "load_mode": _load_mode(runtime),
        "n_prompt": test.n_prompt,
        "n_gen": test.n_gen,
        "n_depth": test.n_depth,
        "test_time": f"{measured.measured_at:%Y-%m-%dT%H:%M:%SZ}",
        "avg_ns": round(statistics.fmean(samples)),
        "stddev_ns": round(statistics.stdev(samples)) if len(samples) > 1 else None,
        "avg_ts": measured.avg_ts,
        "stddev_ts": measured.stddev_ts,
        "offloaded_layers": settled.offloaded_layers,
        "devices_used": [use.name for use in settled.devices],
        "llama_cpp": settled.llama_cpp,
        "samples_ns": list(samples),
        "samples_ts": list(measured.samples_ts),
    }


class MarkdownTable:
    """llama-bench's table; settings that only one value and the default have get no column."""

    def __init__(self, runtimes: Sequence[Runtime], *, has_gpu: bool) -> None:
        self._fields = ["model", "size", "params", "backend"]
        shown = _varied(runtimes)
        if has_gpu:
            shown.add("n_gpu_layers")
        self._settings = [(field, head) for field, head in _OPTIONAL if field in shown]
        before = [head for field, head in self._settings if field == "n_gpu_layers"]
        after = [head for field, head in self._settings if field != "n_gpu_layers"]
        self._fields += [*before, "threads", *after, "test", "t/s"]

    def header(self) -> str:
        heads = " | ".join(_padded(field, field) for field in self._fields)
        rules = " | ".join(
            "-" * (abs(_WIDTHS[field]) - 1) + (":" if _WIDTHS[field] > 0 else "-")
            for field in self._fields
        )
        return f"| {heads} |\n| {rules} |"

    def row(self, record: dict[str, Any]) -> str:
        values = {
            "model": record["model_type"],
            "size": _size(record["model_size"]),
            "params": _parameters(record["model_n_params"]),
            "backend": record["backends"],
            "threads": record["n_threads"],
            "test": _test_name(record),
            "t/s": _speed(record),
        }
        values |= {head: record[field] for field, head in self._settings}
        cells = (_padded(field, _cell(values[field])) for field in self._fields)
        return f"| {' | '.join(cells)} |"


def print_speeds(console: Console, session: Session) -> None:
    """The table of a recorded run, as the run printed it."""
    contenders = {each.name: each for each in session.contenders}
    environment = session.environment
    has_gpu = any(device.kind in GPU_KINDS for device in environment.devices)
    table = MarkdownTable([each.runtime for each in session.contenders], has_gpu=has_gpu)
    if not session.speeds:
        again = f"{program_name()} bench --resume {session.id}"
        hint = f" To measure it: {again}" if session.tests else ""
        console.print(words(f"Nothing was measured before it ended.{hint}"), soft_wrap=True)
        return
    rows = [record(each, contenders[each.contender], environment) for each in session.speeds]
    for line in (table.header(), *map(table.row, rows)):
        console.print(words(line), soft_wrap=True)


def csv_header() -> str:
    return ",".join(CSV_FIELDS)


def csv_row(record: dict[str, Any]) -> str:
    """Every field quoted, as llama-bench does; the samples themselves are in json and jsonl only."""
    line = io.StringIO()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="")
    writer.writerow("" if record[field] is None else record[field] for field in CSV_FIELDS)
    return line.getvalue()


def json_text(records: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(records), indent=2, ensure_ascii=False)


def jsonl_text(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


CSV_FIELDS: Final = (
    "build_commit",
    "cpu_info",
    "gpu_info",
    "backends",
    "model_filename",
    "model_type",
    "model_size",
    "model_n_params",
    "n_batch",
    "n_ubatch",
    "n_threads",
    "type_k",
    "type_v",
    "n_gpu_layers",
    "split_mode",
    "main_gpu",
    "flash_attn",
    "devices",
    "tensor_split",
    "load_mode",
    "n_prompt",
    "n_gen",
    "n_depth",
    "test_time",
    "avg_ns",
    "stddev_ns",
    "avg_ts",
    "stddev_ts",
    "offloaded_layers",
)


def _varied(runtimes: Sequence[Runtime]) -> set[str]:
    """Settings with several values, or with one that is not the default."""
    ours = {"flash_attn": "flash_attention"}
    default = Runtime()
    varied = set()
    for field, _ in _OPTIONAL:
        name = ours.get(field, field)
        if any(getattr(each, name) != getattr(default, name) for each in runtimes):
            varied.add(field)
    return varied


def _layers(runtime: Runtime, offloaded: int) -> int:
    if isinstance(runtime.n_gpu_layers, int):
        return runtime.n_gpu_layers
    return -1 if runtime.n_gpu_layers == "all" else offloaded


def _load_mode(runtime: Runtime) -> str:
    modes = [name for name, on in (("mmap", runtime.mmap), ("mlock", runtime.mlock)) if on]
    return "+".join(modes) or "none"


def _model_type(model: ModelFile) -> str:
    parts = [model.architecture, _parameters(model.parameters), model.quantization]
    return " ".join(part for part in parts if part)


def _tensor_bytes(model: ModelFile) -> int:
    if model.bits_per_weight is None or model.parameters is None:
        return model.size_bytes
    return round(model.bits_per_weight * model.parameters / 8)


def _size(n_bytes: int) -> str:
    return f"{n_bytes / _MIB:.2f} MiB" if n_bytes < _GIB else f"{n_bytes / _GIB:.2f} GiB"


def _parameters(number: int | None) -> str:
    if number is None:
        return ""
    return f"{number / 1e6:.2f} M" if number < 1e9 else f"{number / 1e9:.2f} B"


def _test_name(record: dict[str, Any]) -> str:
    return SpeedTest(**{field: record[field] for field in SpeedTest.__struct_fields__}).name


def _speed(record: dict[str, Any]) -> str:
    if record["stddev_ts"] is None:
        return f"{record['avg_ts']:.2f}"
    return f"{record['avg_ts']:.2f} ± {record['stddev_ts']:.2f}"


def _cell(value: object) -> str:
    return clean_line(str(value)).replace("|", "\\|")


def _padded(field: str, text: str) -> str:
    width = _WIDTHS[field]
    return text.rjust(width) if width > 0 else text.ljust(-width)
