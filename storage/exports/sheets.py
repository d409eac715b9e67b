"""Further sheets of a workbook: scores, verdicts, votes, fidelity and speeds, of sessions that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from engine.contract import CheckResult, Estimate, Fidelity, Session, Verdict
from storage.exports.rows import Value
from storage.exports.speeds import mean_and_deviation

_Lines = Iterator[tuple[Value, ...]]


def further_sheets(
    sessions: Sequence[Session],
) -> Iterator[tuple[str, tuple[str, ...], list[tuple[Value, ...]]]]:
    """The name of each sheet that would not be empty, with its head and its lines."""
    for name, head, lines in _SHEETS:
        found = [line for session in sessions for line in lines(session)]
        if found:
            yield name, head, found


def _scores(session: Session) -> _Lines:
    """A line a check; of a reply without any, a line that says so."""
    for score in session.scores:
        place = (session.id, score.contender, score.case, score.repeat, score.passed, score.score)
        for check in score.checks:
            yield (*place, *_check(check))
        if not score.checks:
            yield (*place, None, None, score.reason, None, None)


def _check(check: CheckResult) -> tuple[Value, ...]:
    evidence = "; ".join(span.text for span in check.evidence)
    name = check.label or check.check
    return (name, check.passed, check.reason, evidence or None, check.overruled)


def _verdicts(session: Session) -> _Lines:
    for verdict in session.verdicts:
        values = (getattr(verdict, name) for name in _VERDICT)
        yield (session.id, *("; ".join(v) if isinstance(v, tuple) else v for v in values))


def _votes(session: Session) -> _Lines:
    for vote in session.votes:
        values = (vote.case, vote.repeat, vote.best, vote.no_best, vote.blind)
        yield (session.id, *values, vote.created.isoformat(timespec="seconds"))


def _fidelity(session: Session) -> _Lines:
    for candidate in session.fidelity.candidates if session.fidelity else ():
        for field in msgspec.structs.fields(type(candidate)):
            value = getattr(candidate, field.name)
            place = (session.id, candidate.name, field.encode_name)
            if isinstance(value, Estimate):
                yield (*place, value.value, value.plus_minus, value.clustered_plus_minus)
            elif isinstance(value, int | float):
                yield (*place, value, None, None)


def _replies(session: Session) -> _Lines:
    """How far each candidate is from each reply that was scored."""
    document = session.fidelity
    prompts = {each.case: each.prompt for each in document.replies} if document else {}
    for candidate in document.candidates if document else ():
        for each in candidate.replies if isinstance(candidate, Fidelity) else ():
            worst = each.worst
            yield (
                *(session.id, candidate.name, each.case, prompts.get(each.case)),
                *(each.mean_kld, each.same_top_percent, worst.token, worst.text, worst.instead),
                *(worst.probability, worst.candidate_probability, worst.kld),
            )


def _speeds(session: Session) -> _Lines:
    for speed in session.speeds:
        mean, deviation = mean_and_deviation(speed)
        yield (
            *(session.id, speed.contender, speed.test.name, speed.test.n_prompt, speed.test.n_gen),
            *(mean, deviation, len(speed.samples_ns), speed.runtime.threads),
            *(speed.runtime.offloaded_layers, speed.measured_at.isoformat(timespec="seconds")),
        )


_VERDICT: Final = Verdict.__struct_fields__
_SHEETS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Session], _Lines]], ...]] = (
    (
        "Scores",
        (
            *("session", "contender", "case", "repeat", "passed", "score"),
            *("check", "check_passed", "reason", "evidence", "overruled"),
        ),
        _scores,
    ),
    ("Verdicts", ("session", *_VERDICT), _verdicts),
    ("Votes", ("session", "case", "repeat", "best", "no_best", "blind", "created"), _votes),
    (
        "Fidelity",
        ("session", "contender", "figure", "value", "plus_minus", "clustered_plus_minus"),
        _fidelity,
    ),
    (
        "Fidelity of replies",
        (
            *("session", "contender", "case", "prompt", "mean_kld", "same_top_percent"),
            *("worst_token", "worst_text", "instead", "probability", "candidate_probability"),
            "worst_kld",
        ),
        _replies,
    ),
    (
        "Speeds",
        (
            *("session", "contender", "test", "n_prompt", "n_gen", "tokens_per_s"),
            *("tokens_per_s_deviation", "repetitions", "threads", "offloaded_layers"),
            "measured_at",
        ),
        _speeds,
    ),
)
