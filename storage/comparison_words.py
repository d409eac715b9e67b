"""What changed between two sessions, as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.contract import Estimate, Outcome
from engine.energy.wording import ESTIMATED_DIGITS, MEASURED_DIGITS
from engine.quality.fidelity_sentences import error_of
from engine.wording import count, digits_text, rate, seconds
from storage.comparison import Difference, ReplyPair, SessionComparison
from storage.comparison_quality import FidelityChange, ScoreChange
from storage.comparison_speeds import EnergyKnown, SpeedChange

_FIGURES: Final = {
    "generation_tokens_per_s": "Speed",
    "prompt_tokens_per_s": "Prompt speed",
    "ttft_s": "First token",
    "total_s": "Whole reply",
    "load_s": "Loading",
    "joules": "Energy a reply",
    "joules_per_token": "Energy a token",
}
_SHOWN_OF_HASH: Final = 12
_FIDELITY: Final = {
    "mean_kld": "Mean KL divergence",
    "same_top_percent": "Same top token",
    "ppl": "Perplexity",
}
_OUTCOMES: Final[dict[Outcome, str]] = {
    "better": "better",
    "non-inferior": "good enough",
    "worse": "worse",
    "undecided": "undecided",
}


def difference_rows(comparison: SessionComparison) -> list[tuple[str, ...]]:
    """What, whose, before, after; then what only one of the sessions has."""
    rows = [_difference(each) for each in comparison.differences]
    for word, before, after in (
        ("contender", comparison.contenders_only_before, comparison.contenders_only_after),
        ("prompt", comparison.cases_only_before, comparison.cases_only_after),
    ):
        rows += [(word, "", name, "not there") for name in before]
        rows += [(word, "", "not there", name) for name in after]
    return rows


def speed_rows(comparison: SessionComparison) -> list[tuple[str, ...]]:
    """Contender, figure, before, after, change."""
    return [
        (
            each.contender,
            _FIGURES.get(each.figure, each.figure),
            _figure(each, each.before, each.energy_before, batched=each.batched_before),
            _figure(each, each.after, each.energy_after, batched=each.batched_after),
            _change(each),
        )
        for each in comparison.speeds
    ]


def quality_rows(comparison: SessionComparison) -> list[tuple[str, ...]]:
    """Contender, figure, before, after, change: scores and verdicts, then nearness to a reference."""
    scores = [row for each in comparison.scores for row in _score_rows(each)]
    return scores + [_fidelity_row(each) for each in comparison.fidelity]


def _score_rows(each: ScoreChange) -> list[tuple[str, ...]]:
    passed = (f"{each.passed_before} of {each.n}", f"{each.passed_after} of {each.n}")
    moved = f"{len(each.won)} won, {len(each.lost)} lost" if each.won or each.lost else "the same"
    rows: list[tuple[str, ...]] = [(each.contender, "Passed", *passed, moved)]
    verdicts = (each.verdict_before, each.verdict_after)
    if verdicts != (None, None):
        before, after = ("no verdict" if each is None else _OUTCOMES[each] for each in verdicts)
        rows.append(
            (each.contender, "Verdict", before, after, "" if before != after else "the same")
        )
    return rows


def _fidelity_row(each: FidelityChange) -> tuple[str, ...]:
    unit = " %" if each.figure.endswith("percent") else ""
    before, after = (_estimate(value, unit) for value in (each.before, each.after))
    return (each.contender, _FIDELITY[each.figure], before, after, _beyond(each))


def _estimate(estimate: Estimate, unit: str) -> str:
    error = error_of(estimate)
    margin = "" if error is None else f" ± {digits_text(error)}"
    return f"{digits_text(estimate.value, 4)}{margin}{unit}"


def _beyond(each: FidelityChange) -> str:
    """Whether the change is larger than both margins together, which makes it more than chance."""
    margins = (error_of(each.before), error_of(each.after))
    change = abs(each.after.value - each.before.value)
    if change == 0:
        return "the same"
    known = [margin for margin in margins if margin is not None]
    if len(known) < len(margins):
        return ""
    return "within the margins" if change <= sum(known) else "beyond the margins"


def percent(ratio: float) -> str:
    """How much more or less it became: +12 %, −4 %, or ±0 % where rounding leaves nothing."""
    rounded = round((ratio - 1) * 100)
    if rounded == 0:
        return "±0 %"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded)} %"


def pair_state(pair: ReplyPair) -> str:
    if pair.before is None:
        return "only after"
    if pair.after is None:
        return "only before"
    if pair.before.error is not None or pair.after.error is not None:
        return "failed"
    return "same" if pair.same else "changed"


def pair_states(comparison: SessionComparison) -> list[str]:
    """How each pair of replies came out; a change that turned a case names that too."""
    won = {(each.contender, case) for each in comparison.scores for case in each.won}
    lost = {(each.contender, case) for each in comparison.scores for case in each.lost}
    states = []
    for pair in comparison.replies:
        state, place = pair_state(pair), (pair.contender, pair.case)
        if state == "changed" and place in won | lost:
            state = "changed, now passes" if place in won else "changed, now fails"
        states.append(state)
    return states


def replies_words(states: Sequence[str]) -> str:
    """How many replies stayed the same, for a heading."""
    if not states:
        return "Replies"
    alone = sum(state.startswith("only") for state in states)
    words = f"Replies: {states.count('same')} of {count(len(states) - alone, 'pair')} the same"
    return f"{words}, {alone} in one session only" if alone else words


def _difference(each: Difference) -> tuple[str, ...]:
    before, after = each.before, each.after
    if each.what == "model file":
        before, after = before[:_SHOWN_OF_HASH], after[:_SHOWN_OF_HASH]
    return (each.what.replace("_", " "), each.contender or "", before, after)


def _change(each: SpeedChange) -> str:
    """In percent; where the two were not had in the same way, that as well."""
    if each.ratio is None:
        return ""
    one, other = each.energy_before, each.energy_after
    if each.batched_before != each.batched_after:
        return f"{percent(each.ratio)}, but only one is of batches"
    if one is not None and other is not None and one.kind != other.kind:
        return f"{percent(each.ratio)}, but only one is measured"
    return percent(each.ratio)


def _figure(change: SpeedChange, value: float, energy: EnergyKnown | None, *, batched: bool) -> str:
    if not change.figure.startswith("joules"):
        is_time = change.figure in _FIGURES and not change.figure.endswith("per_s")
        return seconds(value) if is_time else rate(value)
    if energy is None or energy.kind == "measured":
        words = [f"{digits_text(value, MEASURED_DIGITS)} J"]
    else:
        words = [f"about {digits_text(value, ESTIMATED_DIGITS)} J", "estimated"]
    if energy is not None and energy.low is not None and energy.high is not None:
        words.append(f"{digits_text(energy.low)} to {digits_text(energy.high)} J")
    if batched:
        words.append("its share of a batch")
    return ", ".join(words)
