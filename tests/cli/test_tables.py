"""Tables in narrow terminals: everything is still there."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich import box
from rich.console import Console
from rich.table import Table

import cli.sessions
import cli.sessions_compare
from cli.cost_view import print_cost
from cli.sessions import list_sessions
from cli.sessions_compare import compare_two
from cli.tables import print_table
from cli.timings_view import print_timings
from engine.cost.ranges import Range
from engine.cost.report import cost_report
from storage.folders import database_path
from storage.history import History
from storage.writing import insert_session
from tests.cost.sessions import assumptions, measured_session
from tests.storage.samples import plan, reply, session


def narrow(width: int) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False
    )


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def figures(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    for head in ("low", "high"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def test_where_there_is_room_it_is_a_table() -> None:
    console = narrow(40)
    print_table(console, figures([("Q4_0", "1.5 J", "2.5 J")]))
    assert "───" in shown(console)


def test_without_room_each_row_stands_under_its_first_cell() -> None:
    console = narrow(30)
    print_table(console, figures([("Q4_0", "0.00000123 €", "0.00000456 €")]))
    lines = [line.strip() for line in shown(console).splitlines()]
    assert lines == ["Q4_0", "low 0.00000123 € · high", "0.00000456 €"]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(10, 90),
    st.lists(st.tuples(*[st.text("abc", min_size=1, max_size=20)] * 3), min_size=1, max_size=3),
)
def test_no_character_of_a_table_is_lost(width: int, rows: list[tuple[str, str, str]]) -> None:
    console = narrow(width)
    print_table(console, figures(rows))
    written = shown(console)
    assert "…" not in written
    for letter in "abc":  # none of them is in a head
        assert written.count(letter) == sum(cell.count(letter) for row in rows for cell in row)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_costs_keep_their_high_ends(width: int) -> None:
    console = narrow(width)
    weighed = measured_session({"Big Q8_0": [(36.0, 4.0)] * 6, "Small Q4_0": [(18.0, 2.0)] * 6})
    report = cost_report(weighed, assumptions(electricity_price=Range(0.1, 0.3, 0.9)))
    print_cost(console, report)
    written = shown(console)
    assert "…" not in written
    assert written.count("high") >= 2
    assert "0.00000894" in written
    assert "price of" in written


@pytest.fixture
def two_sessions(home: object) -> None:
    first = session(plan(), reply())
    with History.open(database_path()) as history, history._database.write() as connection:
        for number in (1, 2):
            made = msgspec.structs.replace(
                first,
                id=f"20261124-12000{number}-abcdefg{number}",
                title="A rather long question about balances",
                created=datetime(2026, 11, 24, 12, number, tzinfo=UTC),
            )
            insert_session(connection, made, None)


@pytest.mark.usefixtures("two_sessions")
def test_a_narrow_list_of_sessions_has_ids_and_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    console = narrow(60)
    monkeypatch.setattr(cli.sessions, "result_console", lambda: console)
    assert list_sessions(limit=10, as_json=False) == 0
    written = " ".join(shown(console).split())
    for number in (1, 2):
        assert f"abcdefg{number}" in written
    assert written.count("A rather long question about balances") == 2
    assert written.count("finished") == 2


def test_narrow_timings_are_whole() -> None:
    console = narrow(60)
    print_timings(console, [reply("A model 1"), reply("A model 2")], ["A model 1", "A model 2"])
    written = " ".join(shown(console).split())
    assert "51.4" in written
    assert "0.12 s" in written
    assert "0.1…" not in written


@pytest.mark.usefixtures("two_sessions")
@pytest.mark.parametrize("width", [40, 60])
def test_narrow_figures_of_two_sessions_are_whole(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = narrow(width)
    monkeypatch.setattr(cli.sessions_compare, "result_console", lambda: console)
    assert compare_two("abcdefg1", "abcdefg2", texts=False, as_json=False) == 0
    written = " ".join(shown(console).split())
    assert "…" not in written
    assert "51.4" in written
    assert "change" in written
