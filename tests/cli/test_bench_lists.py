"""llama-bench's lists and their product."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.bench_lists import MOST_VALUES, runtimes_of, speed_tests, whole_numbers
from cli.bench_options import BenchOptions
from cli.usage import WrongUsage
from engine.contract import Runtime


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (["1,2"], [1, 2]),
        (["1", "4"], [1, 4]),
        (["1-4"], [1, 2, 3, 4]),
        (["1-8*2"], [1, 2, 4, 8]),
        (["2-9+3"], [2, 5, 8]),
        (["3-3"], [3]),
        (["5-5*1"], [5]),
    ],
)
def test_lists_and_ranges_are_read_as_llama_bench_reads_them(
    given: list[str], numbers: list[int]
) -> None:
    assert whole_numbers(given, "-t") == numbers


@pytest.mark.parametrize("text", ["x", "1-", "-1", "1.5", "4-1", "1-4*1", "1-4+0", "0", "1-2x"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(WrongUsage, match="-t"):
        whole_numbers([text], "-t")


def test_a_range_cannot_name_millions() -> None:
    with pytest.raises(WrongUsage, match=str(MOST_VALUES)):
        whole_numbers(["1-99999999"], "-t")


@given(st.lists(st.integers(1, 9999), min_size=1, max_size=20))
def test_numbers_written_as_a_list_are_read_back(numbers: list[int]) -> None:
    assert whole_numbers([",".join(map(str, numbers))], "-t") == numbers


@given(st.text(max_size=12))
def test_any_text_gives_numbers_or_is_refused(text: str) -> None:
    with contextlib.suppress(WrongUsage):
        assert all(number >= 1 for number in whole_numbers([text], "-t"))


def test_every_depth_has_all_tests_as_llama_bench_orders_them() -> None:
    options = BenchOptions(n_prompt=["8"], n_gen=["2"], n_depth=["0,64"])
    names = [test.name for test in speed_tests(options)]
    assert names == ["pp8", "tg2", "pp8 @ d64", "tg2 @ d64"]


def test_the_tests_are_pp512_and_tg128_unless_others_are_named() -> None:
    assert [test.name for test in speed_tests(BenchOptions())] == ["pp512", "tg128"]


def test_zero_leaves_a_test_out_and_pg_comes_last() -> None:
    options = BenchOptions(n_prompt=["0"], n_gen=["16,32"], prompt_gen=["64,8"])
    assert [test.name for test in speed_tests(options)] == ["tg16", "tg32", "pp64+tg8"]


@pytest.mark.parametrize(
    "options",
    [
        {"n_prompt": ["0"], "n_gen": ["0"]},
        {"prompt_gen": ["512"]},
        {"prompt_gen": ["0,0"]},
    ],
)
def test_a_bench_of_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage):
        speed_tests(BenchOptions(**options))


def test_lists_make_every_combination_layers_outermost_threads_innermost() -> None:
    options = BenchOptions(gpu_layers=["0,99"], flash_attn=["auto", "on"], threads=["1-2"])
    assert [
        (each.n_gpu_layers, each.flash_attention, each.threads) for each in runtimes_of(options)
    ] == [
        (layers, flash, threads)
        for layers in (0, 99)
        for flash in ("auto", "on")
        for threads in (1, 2)
    ]


def test_without_lists_there_is_one_run_in_the_engines_settings() -> None:
    assert runtimes_of(BenchOptions()) == [Runtime()]


def test_what_is_no_list_is_the_same_in_every_run() -> None:
    options = BenchOptions(
        threads=["1,2"], rpc=["a:1,b:2"], no_mmap=True, mlock=True, load_anyway=True
    )
    for each in runtimes_of(options):
        assert each.rpc_servers == ("a:1", "b:2")
        assert (each.mmap, each.mlock, each.check_memory) == (False, True, False)


def test_devices_of_one_run_are_joined_by_a_slash() -> None:
    options = BenchOptions(device=["RPC0/RPC1,CUDA0"], tensor_split=["3/1"])
    assert [each.devices for each in runtimes_of(options)] == [("RPC0", "RPC1"), ("CUDA0",)]
    assert runtimes_of(options)[0].tensor_split == (3.0, 1.0)


@pytest.mark.parametrize(
    "options",
    [
        {"cache_type_k": ["f17"]},
        {"flash_attn": ["maybe"]},
        {"split_mode": ["diagonal"]},
        {"gpu_layers": ["-1"]},
        {"batch": ["0"]},
    ],
)
def test_a_wrong_setting_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage):
        runtimes_of(BenchOptions(**options))


def test_flash_attention_is_also_spelled_as_a_number() -> None:
    made = runtimes_of(BenchOptions(flash_attn=["0,1"]))
    assert [each.flash_attention for each in made] == ["off", "on"]
