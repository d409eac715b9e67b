"""Energy in words: never more digits than the figure has, and never without where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from engine.contract import Energy, EnergyConditions
from engine.energy.pooling import IN_A_BATCH
from engine.energy.settings import PlugCalibration
from engine.energy.zones import SourceStatus
from engine.wording import digits_text, seconds

ESTIMATED_DIGITS, MEASURED_DIGITS = 2, 3
_DISTURBED = "disturbed by other programs"
_NO_SOURCE = "source not known"
NOT_MEASURED = "Energy was not measured."


def energy_text(energy: Energy) -> str:
    """A reply's energy for a line below it, or why it has none."""
    if energy.joules is None:
        return energy.absent.get("joules", NOT_MEASURED)
    pooled = _pooled(energy)
    disturbed = f", {_DISTURBED}" if energy.contaminated else ""
    if energy.kind == "measured":
        figure, inner = _measured(energy, energy.joules), [energy.source or _NO_SOURCE]
    else:
        figure = f"about {_joules(energy, energy.joules)}, estimated"
        inner = [_ends(energy)] if _ends(energy) else []
    inner += [pooled] if pooled else []
    return f"{figure} ({'; '.join(inner)}){disturbed}" if inner else f"{figure}{disturbed}"


def energy_words(energy: Energy) -> list[str]:
    """The same in pieces that a narrow column can break between, with the joules of a token."""
    if energy.joules is None:
        return ["too short for an energy figure"] if energy.too_short else []
    if energy.kind == "measured":
        words = [_measured(energy, energy.joules), energy.source or _NO_SOURCE]
    else:
        ends = _ends(energy)
        range_text = f" ({ends})" if ends else ""
        words = [f"about {_joules(energy, energy.joules)}, estimated{range_text}"]
    if energy.joules_per_token is not None:
        words.append(f"{_joules(energy, energy.joules_per_token)} a token")
    disturbed = _DISTURBED if energy.contaminated else ""
    return [word for word in (*words, _pooled(energy), *_unusual(energy), disturbed) if word]


def _unusual(energy: Energy) -> list[str]:
    """Conditions under which a machine does not show what it can."""
    conditions = energy.conditions
    if conditions is None:
        return []
    found = {"on battery": conditions.power_source == "battery", "throttled": conditions.throttled}
    return [word for word, holds in found.items() if holds]


def _measured(energy: Energy, joules: float) -> str:
    margin = energy.plus_minus_percent
    range_text = "" if margin is None else f" ± {digits_text(margin)} %"
    return f"{_joules(energy, joules)}{range_text}"


def _ends(energy: Energy) -> str:
    low, high = energy.low_joules, energy.high_joules
    return "" if low is None or high is None else f"{digits_text(low)} to {digits_text(high)} J"


def _pooled(energy: Energy) -> str:
    """Over how many replies, and why."""
    if not energy.pooled_replies:
        return ""
    if IN_A_BATCH in energy.notes:
        return f"mean of a batch of {energy.pooled_replies} replies"
    return f"too short alone, pooled over {energy.pooled_replies} replies"


def energy_line(energy: Energy) -> str:
    """What else is to be said below a reply: both stretches, power, what is not covered; may be empty."""
    if energy.joules is None:
        return ""
    parts = [
        _stretch(energy, "prompt", energy.prompt_joules, energy.joules_per_prompt_token),
        _stretch(energy, "reply", energy.generation_joules, energy.joules_per_generated_token),
    ]
    if energy.prompt_joules is None and energy.generation_joules is None:
        each = energy.joules_per_token
        parts.append("" if each is None else f"{_joules(energy, each)} a token")
    if energy.above_idle_joules is not None:
        parts.append(f"{_joules(energy, energy.above_idle_joules)} above idle")
    if energy.mean_watts is not None:
        parts.append(f"{_figure(energy, energy.mean_watts)} W")
    if energy.not_covered:
        parts.append(f"{' and '.join(energy.not_covered)} not covered")
    parts += _unusual(energy)
    return ", ".join(part for part in parts if part)


def energy_rows(energy: Energy) -> list[tuple[str, str]]:
    """All that is known, as names and values; what is absent says why."""
    rows = [("Energy", energy_text(energy)), *_figure_rows(energy)]
    if energy.boundary:
        rows.append(("Energy covers", energy.boundary))
    if energy.not_covered:
        rows.append(("Energy not covered", ", ".join(energy.not_covered)))
    checks = [
        f"{part.name} {_joules(energy, part.joules)}"
        for part in energy.parts
        if not part.counted and part.joules is not None
    ]
    if checks:
        rows.append(("Energy checked by", ", ".join(checks)))
    if energy.others_cpu_percent is not None:
        words = f"{digits_text(energy.others_cpu_percent)} % of the processor's time"
        rows.append(("Other programs", f"{words}: disturbed" if energy.contaminated else words))
    if energy.conditions is not None:
        rows.append(("Conditions", conditions_text(energy.conditions)))
    return [*rows, *(("Note on energy", note) for note in energy.notes)]


def source_text(source: SourceStatus) -> str:
    """Usable or not, of what, how often it moves, how exact it is, and why not; not what to copy."""
    return " · ".join(filter(None, (source_state(source), source_details(source))))


def source_state(source: SourceStatus) -> str:
    return "used" if source.used else "usable" if source.usable else "not usable"


def source_details(source: SourceStatus) -> str:
    parts = []
    if source.covers:
        parts.append(", ".join(source.covers))
    if source.step_s is not None:
        parts.append(f"moves every {seconds(source.step_s)}")
    if source.range is not None:
        parts.append(source.range)
    if source.reason:
        parts.append(source.reason)
    return " · ".join(parts)


def plug_text(plug: PlugCalibration | None) -> str:
    """What a plug meter told of the machine."""
    if plug is None:
        return "not read, so energy is that of the components only."
    idle, load = plug.idle, plug.load
    read = (
        f"{digits_text(idle.plug_watts, 3)} W at rest and {digits_text(load.plug_watts, 3)} W under load, "
        f"while the parts drew {digits_text(idle.parts_watts, 3)} and {digits_text(load.parts_watts, 3)} W"
    )
    if plug.estimated:
        return f"{read} by their estimate, which is scaled to that."
    fit = plug.fit()
    return (
        f"{read}: the power supply passes on {100 * fit.efficiency:.0f} %, and the rest of the machine "
        f"draws {digits_text(fit.rest_watts)} W."
    )


def conditions_text(conditions: EnergyConditions) -> str:
    """Mains or battery, power mode, governor, and whether it slowed down; what is not told is left out."""
    throttled = {True: "throttled", False: "not throttled", None: None}[conditions.throttled]
    source = None if conditions.power_source is None else f"on {conditions.power_source}"
    profile, governor = conditions.power_profile, conditions.governor
    words = (
        source,
        None if profile is None else f"power mode {profile}",
        None if governor is None else f"governor {governor}",
        throttled,
    )
    return ", ".join(word for word in words if word) or "not told by this system"


def _figure_rows(energy: Energy) -> Iterator[tuple[str, str]]:
    names = (
        ("Energy of the prompt", "prompt_joules", "J"),
        ("Energy of the reply", "generation_joules", "J"),
        ("Energy a prompt token", "joules_per_prompt_token", "J"),
        ("Energy an output token", "joules_per_generated_token", "J"),
        ("Energy above idle", "above_idle_joules", "J"),
        ("Energy that was ours", "attributed_joules", "J"),
        ("Energy at the plug", "wall_joules", "J"),
        ("Mean power", "mean_watts", "W"),
        ("Idle power, model loaded", "idle_watts", "W"),
        ("Idle power, no model", "unloaded_idle_watts", "W"),
    )
    for title, field, unit in names:
        value = getattr(energy, field)
        if value is not None:
            yield title, f"{_figure(energy, value)} {unit}"
        elif energy.joules is not None and field in energy.absent:
            yield title, f"not known: {energy.absent[field]}"


def _stretch(energy: Energy, name: str, joules: float | None, each: float | None) -> str:
    if joules is None:
        return ""
    a_token = "" if each is None else f" ({_joules(energy, each)} a token)"
    return f"{name} {_joules(energy, joules)}{a_token}"


def _joules(energy: Energy, joules: float) -> str:
    return f"{_figure(energy, joules)} J"


def _figure(energy: Energy, value: float) -> str:
    return digits_text(value, MEASURED_DIGITS if energy.kind == "measured" else ESTIMATED_DIGITS)
