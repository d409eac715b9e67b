"""Every format carries a reply's energy with its source, its range, its parts and its conditions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import msgspec
import openpyxl
import pytest

from engine.contract import Energy, EnergyConditions, EnergyPart, Session
from engine.cost.defaults import default_assumptions
from engine.cost.report import cost_report
from storage.export import render
from storage.exports.report import report
from tests.storage import found, samples

SHORT = (
    "Too short: 0.5 s, and a sensor moves so seldom that 2 s are needed. Short replies are pooled."
)
MEASURED = Energy(
    joules=40.0,
    low_joules=36.0,
    high_joules=44.0,
    plus_minus_percent=10.0,
    kind="measured",
    source="powercap + NVML",
    boundary="components only: processor package-0, GPU 0",
    not_covered=("memory",),
    mean_watts=80.0,
    contaminated=False,
    parts=(
        EnergyPart(
            name="processor package-0",
            covers="cpu",
            source="powercap",
            label="measured",
            seconds=0.5,
            joules=30.0,
        ),
        EnergyPart(
            name="platform (psys)",
            covers="machine",
            source="powercap",
            label="measured",
            counted=False,
            seconds=0.5,
            joules=55.0,
        ),
    ),
    conditions=EnergyConditions(
        power_source="battery", power_profile="balanced", governor="powersave", throttled=True
    ),
)


def session(*energies: Energy) -> Session:
    plan = samples.plan(repeats=len(energies))
    replies = tuple(
        msgspec.structs.replace(samples.reply("model 0", repeat=n), energy=energy)
        for n, energy in enumerate(energies)
    )
    return msgspec.structs.replace(samples.session(plan), replies=replies)


def short(seconds: float = 0.5) -> Energy:
    """Twelve of these are six seconds, of a sensor that needs two."""
    part = EnergyPart(
        name="GPU 0",
        covers="gpu",
        source="NVML",
        label="measured",
        seconds=seconds,
        step_s=0.1,
        joules=20.0,
        low_joules=18.0,
        high_joules=22.0,
    )
    return Energy(
        kind="measured", source="NVML", too_short=True, parts=(part,), absent={"joules": SHORT}
    )


def row(shown: Session) -> dict[str, str]:
    text = render([shown], ".csv").decode("utf-8-sig")
    return next(csv.DictReader(io.StringIO(text, newline="")))


def text_of(ending: str, shown: Session) -> str:
    return render([shown], ending).decode()


def test_the_document_holds_all_of_it() -> None:
    energy = json.loads(render([session(MEASURED)], ".json"))["replies"][0]["energy"]
    assert (energy["source"], energy["low_joules"], energy["high_joules"]) == (
        "powercap + NVML",
        36.0,
        44.0,
    )
    assert [part["name"] for part in energy["parts"]] == ["processor package-0", "platform (psys)"]
    assert energy["boundary"].startswith("components only")
    assert energy["conditions"]["throttled"] is True


def test_the_table_holds_all_of_it() -> None:
    found = row(session(MEASURED))
    assert (found["joules"], found["low_joules"], found["high_joules"]) == ("40.0", "36.0", "44.0")
    assert found["energy_source"] == "powercap + NVML"
    assert found["energy_boundary"] == "components only: processor package-0, GPU 0"
    assert found["energy_not_covered"] == "memory"
    assert found["energy_parts"] == (
        "processor package-0: 30.0 J; platform (psys): 55.0 J (a check)"
    )
    conditions = ("power_source", "power_profile", "governor", "throttled", "contaminated")
    assert [found[name] for name in conditions] == [
        "battery",
        "balanced",
        "powersave",
        "True",
        "False",
    ]


def test_the_workbook_has_the_same_columns() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render([session(MEASURED)], ".xlsx")))
    head, first = list(book["Replies"].iter_rows(values_only=True))[:2]
    found = dict(zip(head, first, strict=True))
    assert found["joules"] == 40
    assert found["energy_parts"] == "processor package-0: 30.0 J; platform (psys): 55.0 J (a check)"
    assert found["governor"] == "powersave"


@pytest.mark.parametrize("ending", [".md", ".html"])
def test_the_report_names_source_range_and_boundary(ending: str) -> None:
    text = text_of(ending, session(MEASURED))
    assert "40.0 J ± 10 % (powercap + NVML)" in text
    assert "components only: processor package-0, GPU 0" in text


@pytest.mark.parametrize("ending", [".md", ".html"])
def test_the_report_names_what_lacks_and_the_conditions(ending: str) -> None:
    text = text_of(ending, session(MEASURED))
    assert "without memory" in text
    assert "on battery, power mode balanced, governor powersave, throttled" in text


@pytest.mark.parametrize("ending", [".md", ".html"])
def test_short_replies_have_the_figure_of_their_pool(ending: str) -> None:
    text = text_of(ending, session(*(short() for _ in range(12))))
    assert "20.0 J" in text
    assert "too short alone, pooled over 12 replies" in text


def test_the_table_has_the_pool_s_figure_and_its_size() -> None:
    found = row(session(*(short() for _ in range(12))))
    assert (found["joules"], found["pooled_replies"]) == ("20.0", "12")
    assert found["energy_absent"] == ""


def test_the_parts_of_a_pooled_figure_are_the_pool_s_and_add_up_to_it() -> None:
    one, other = (
        msgspec.structs.replace(
            short(), parts=(msgspec.structs.replace(short().parts[0], joules=joules),)
        )
        for joules in (10.0, 30.0)
    )
    found = row(session(*(one, other) * 6))
    assert (found["joules"], found["energy_parts"]) == ("20.0", "GPU 0: 20.0 J")


def test_memory_that_llama_cpp_tells_stands_where_a_process_is_shared() -> None:
    found = row(session(MEASURED))
    assert found["peak_bytes"] == ""
    assert found["allocated_bytes"] == str(90_000_000 + 23_592_960)


def test_a_short_reply_without_a_pool_says_why_it_has_no_figure() -> None:
    found = row(session(short()))
    assert found["joules"] == ""
    assert found["energy_absent"].startswith("Too short")


# --- Who took less ---------------------------------------------------------------------------------


def metered(joules: float) -> Energy:
    """By a sensor that may be wrong by half."""
    part = EnergyPart(
        name="processor",
        covers="cpu",
        source="powercap",
        label="measured",
        seconds=9.0,
        joules=joules,
        low_joules=joules / 1.5,
        high_joules=joules * 1.5,
    )
    return Energy(
        joules=joules,
        low_joules=part.low_joules,
        high_joules=part.high_joules,
        kind="measured",
        parts=(part,),
    )


def compared(first: Sequence[float], second: Sequence[float], **changed: object) -> Session:
    """Two contenders on as many cases; what each reply took."""
    plan = samples.plan(cases=len(first))
    replies = tuple(
        msgspec.structs.replace(
            samples.reply(contender.name, case.id), **({"energy": metered(joules)} | changed)
        )
        for contender, taken in zip(plan.contenders, (first, second), strict=True)
        for case, joules in zip(plan.cases, taken, strict=True)
    )
    return msgspec.structs.replace(samples.session(plan), replies=replies)


def about_energy(shown: Session) -> list[str]:
    return [each for each in report(shown).findings if "energy" in each]


STEADY = (20.0, 21.0, 22.0, 21.0)


def test_what_two_take_of_the_same_sensor_is_told_apart_though_their_ranges_overlap() -> None:
    shown = compared(STEADY, tuple(joules * 1.6 for joules in STEADY))
    (told,) = about_energy(shown)
    assert told == "model 0 took the least energy: 21.0 J a reply, 38 % less than model 1."
    saved = cost_report(shown, default_assumptions()).contenders[0].saving
    assert saved is not None
    assert saved.energy_percent is not None
    assert saved.energy_percent.likely == pytest.approx(37.5, abs=0.1)


def test_a_range_that_no_sensor_gives_leaves_a_report_whole() -> None:
    reply = compared(STEADY, STEADY).replies[0]
    part = msgspec.structs.replace(reply.energy.parts[0], seconds=-1e-200, step_s=-1e-5)
    energy = msgspec.structs.replace(reply.energy, parts=(part,))
    shown = compared(STEADY, STEADY, energy=energy)
    assert not [told for told in about_energy(shown) if "least" in told]


def test_energy_that_may_be_the_same_is_not_told_apart() -> None:
    (told,) = about_energy(compared((20.0, 40.0, 21.0, 39.0), (41.0, 22.0, 40.0, 20.5)))
    assert "show no clear difference in energy" in told


def test_one_batch_of_each_does_not_tell_how_sure_a_difference_is() -> None:
    timing = msgspec.structs.replace(samples.reply().timing, batch_share_s=0.5)
    shown = compared(STEADY, tuple(joules * 1.6 for joules in STEADY), timing=timing)
    (told,) = about_energy(shown)
    assert told.endswith("from one batch of each, so how sure that is cannot be told.")


@pytest.mark.parametrize(("times", "is_told"), [((1.6,) * 20, True), ((0.4, 1.7) * 10, False)])
def test_energy_makes_a_model_worth_it_only_where_it_clearly_differs(
    times: tuple[float, ...], is_told: bool
) -> None:
    suite = found.suite()
    replies = tuple(
        msgspec.structs.replace(
            reply,
            energy=metered(20.0 if reply.contender == "model 0" else 20.0 * times[place % 20]),
        )
        for place, reply in enumerate(suite.replies)
    )
    findings = report(msgspec.structs.replace(suite, replies=replies)).findings
    worth = "As measured, model 0 is worth its energy a reply: no other passes as much for less."
    assert (worth in findings) is is_told
