"""llama-bench's lists, and every combination of what they hold.

Source of the syntax and of the order: tools/llama-bench/llama-bench.cpp, parse_int_range and
get_cmd_params_instances: values are separated by commas, an option may be repeated, and a range is
first-last, first-last+step or first-last*mult.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast, get_args

import msgspec

from cli.bench_options import BenchOptions
from cli.loading_options import gpu_layers, shares
from cli.usage import WrongUsage
from engine.contract import CacheType, Runtime, SpeedTest, Switch
from engine.limits import MOST_THREADS, MOST_TOKENS

MOST_VALUES: Final = 1000
_RANGE: Final = re.compile(r"(\d+)(?:-(\d+)(?:([+*])(\d+))?)?")
_SPLIT_MODES: Final = ("none", "layer", "row")


def whole_numbers(
    given: Sequence[str], option: str, *, least: int = 1, most: int = MOST_TOKENS
) -> list[int]:
    """All values of a list option; raises WrongUsage."""
    numbers = []
    for part in _parts(given):
        found = _RANGE.fullmatch(part)
        if not found:
            raise WrongUsage(f"{option} takes whole numbers such as 1,2 or 1-8*2, not “{part}”.")
        first, last, sign, step = found.groups()
        numbers += _range(int(first), int(last or first), sign or "+", int(step or 1), option)
    for number in numbers:
        if number < least:
            raise WrongUsage(f"{option} takes numbers from {least} on, not {number}.")
        if number > most:
            raise WrongUsage(f"{option} takes numbers up to {most:,}, not {number}.")
    return numbers


def speed_tests(options: BenchOptions) -> list[SpeedTest]:
    """At each depth prompt tests, then generation, then both in one, as llama-bench orders them."""
    prompts = whole_numbers(options.n_prompt, "-p", least=0) if options.n_prompt else [512]
    gens = whole_numbers(options.n_gen, "-n", least=0) if options.n_gen else [128]
    tests = [SpeedTest(n_prompt=n) for n in prompts if n]
    tests += [SpeedTest(n_gen=n) for n in gens if n]
    for pair in options.prompt_gen:
        numbers = whole_numbers([pair], "-pg", least=0)
        if len(numbers) != 2 or not any(numbers):
            raise WrongUsage(f"-pg takes two numbers such as 512,128, not “{pair}”.")
        tests.append(SpeedTest(n_prompt=numbers[0], n_gen=numbers[1]))
    if not tests:
        raise WrongUsage("There is no test to run: -p and -n are 0, and there is no -pg.")
    depths = whole_numbers(options.n_depth, "-d", least=0) if options.n_depth else [0]
    return [msgspec.structs.replace(test, n_depth=depth) for depth in depths for test in tests]


def runtimes_of(options: BenchOptions) -> list[Runtime]:
    """Every combination, in the order in which llama-bench reloads least."""
    fixed = Runtime(
        rpc_servers=tuple(_parts(options.rpc)),
        mmap=not options.no_mmap,
        mlock=options.mlock,
        check_memory=not options.load_anyway,
    )
    lists: dict[str, list[Any]] = {
        "n_gpu_layers": [gpu_layers(part) for part in _parts(options.gpu_layers)],
        "split_mode": _choices(options.split_mode, "-sm", _SPLIT_MODES),
        "devices": [tuple(part.split("/")) for part in _parts(options.device)],
        "tensor_split": [shares(part) for part in _parts(options.tensor_split)],
        "n_batch": whole_numbers(options.batch, "-b"),
        "n_ubatch": whole_numbers(options.ubatch, "-ub"),
        "type_k": _choices(options.cache_type_k, "-ctk", get_args(CacheType)),
        "type_v": _choices(options.cache_type_v, "-ctv", get_args(CacheType)),
        "flash_attention": _switches(options.flash_attn),
        "threads": whole_numbers(options.threads, "-t", most=MOST_THREADS),
    }
    asked = {name: values for name, values in lists.items() if values}
    return [
        msgspec.structs.replace(fixed, **dict(zip(asked, values, strict=True)))
        for values in itertools.product(*asked.values())
    ]


def _range(first: int, last: int, sign: str, step: int, option: str) -> list[int]:
    grows = step > 0 if sign == "+" else step > 1 and first > 0
    if last < first or (last > first and not grows):
        raise WrongUsage(f"{option} {first}-{last}{sign}{step} never arrives at its end.")
    numbers = []
    while first <= last:
        numbers.append(first)
        first = first + step if sign == "+" else first * step
        if len(numbers) > MOST_VALUES:
            raise WrongUsage(f"{option} names more than {MOST_VALUES} values.")
        if sign == "*" and step == 1:
            break
    return numbers


def _choices(given: Sequence[str], option: str, known: Iterable[str]) -> list[str]:
    for part in _parts(given):
        if part not in known:
            raise WrongUsage(f"{option} takes {', '.join(known)}, not “{part}”.")
    return _parts(given)


def _switches(given: Sequence[str]) -> list[Switch]:
    """llama-bench also takes 1 and 0."""
    spelled = {"1": "on", "0": "off"}
    plain = [",".join(spelled.get(part, part) for part in _parts(given))]
    return cast(list[Switch], _choices(plain, "-fa", get_args(Switch)))


def _parts(given: Sequence[str]) -> list[str]:
    return [part.strip() for text in given for part in text.split(",") if part.strip()]
