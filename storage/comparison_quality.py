"""What changed in quality from one session to another: scores, verdicts, and nearness to a reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from engine.contract import CaseScore, Estimate, Fidelity, Outcome, Session, Verdict

_FIDELITY: Final = ("mean_kld", "same_top_percent", "ppl")

Place = tuple[str, str, int]
"""Contender, case and repeat, by the names of the later session."""


class ScoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """How one contender did in both, over the n replies that were scored in both.

    won and lost: cases that pass in one session alone. Verdicts are None where there are none.
    """

    contender: str
    n: int
    passed_before: int
    passed_after: int
    won: tuple[str, ...]
    lost: tuple[str, ...]
    verdict_before: Outcome | None
    verdict_after: Outcome | None


class FidelityChange(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a candidate in both; `figure` is a field of Fidelity."""

    contender: str
    figure: str
    before: Estimate
    after: Estimate


def score_changes(
    before: Session, after: Session, names: Mapping[str, str], ids: Mapping[str, str]
) -> Iterator[ScoreChange]:
    """names and ids lead from contenders and cases of the earlier session to those of the later."""
    earlier, later = _passes(before.scores, names, ids), _passes(after.scores, None, None)
    verdicts_before = _outcomes(before.verdicts, names)
    verdicts_after = _outcomes(after.verdicts, None)
    for name in names.values():
        both = [place for place in earlier if place[0] == name and place in later]
        if not both:
            continue
        yield ScoreChange(
            contender=name,
            n=len(both),
            passed_before=sum(earlier[place] for place in both),
            passed_after=sum(later[place] for place in both),
            won=_cases(place for place in both if later[place] and not earlier[place]),
            lost=_cases(place for place in both if earlier[place] and not later[place]),
            verdict_before=verdicts_before.get(name),
            verdict_after=verdicts_after.get(name),
        )


def fidelity_changes(
    before: Session, after: Session, names: Mapping[str, str]
) -> Iterator[FidelityChange]:
    earlier, later = _candidates(before), _candidates(after)
    for name_before, name in names.items():
        one, other = earlier.get(name_before), later.get(name)
        if one is not None and other is not None:
            for figure in _FIDELITY:
                yield FidelityChange(
                    contender=name,
                    figure=figure,
                    before=getattr(one, figure),
                    after=getattr(other, figure),
                )


def _passes(
    scores: Iterable[CaseScore], names: Mapping[str, str] | None, ids: Mapping[str, str] | None
) -> dict[Place, bool]:
    """Whether each reply passes, as far as it could be told and both sessions have its place."""
    return {
        (
            score.contender if names is None else names[score.contender],
            score.case if ids is None else ids[score.case],
            score.repeat,
        ): score.passed
        for score in scores
        if score.passed is not None
        and (names is None or score.contender in names)
        and (ids is None or score.case in ids)
    }


def _outcomes(verdicts: Iterable[Verdict], names: Mapping[str, str] | None) -> dict[str, Outcome]:
    return {
        each.contender if names is None else names[each.contender]: each.outcome
        for each in verdicts
        if names is None or each.contender in names
    }


def _candidates(session: Session) -> dict[str, Fidelity]:
    document = session.fidelity
    candidates = () if document is None else document.candidates
    return {each.name: each for each in candidates if isinstance(each, Fidelity)}


def _cases(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case for _, case, _ in places))
