"""A recorded suite shown again: what the checks found in each reply, and the verdicts.

Imported with the first suite that is shown: the checks bring numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console

from cli.cost_assumptions import assumptions_of
from cli.cost_options import CostOptions
from cli.suite_view import print_assessment, print_trade_off
from engine.contract import Session
from engine.quality.trade_off import trade_offs
from engine.suite import Assessment, reassess, suite_of
from storage.exports.quality import score_part


class RecordedSuite:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Assessment = reassess(session)
        self._scores = {
            (each.case, each.contender): each for each in self._found.scores if not each.repeat
        }

    def told(self, case: str) -> Mapping[str, Sequence[str]]:
        """By contender: a line for each check of its first reply to a case, and what comes of several."""
        parts = {
            name: score_part(score) for (of, name), score in self._scores.items() if of == case
        }
        return {
            name: part.checks
            if len(part.checks) == 1
            else (f"{part.mark.capitalize()}.", *part.checks)
            for name, part in parts.items()
        }

    def print_verdicts(self, console: Console) -> None:
        """As the run ended; quality stands beside its costs at the usual price of electricity."""
        session, found = self._session, self._found
        prices = assumptions_of(CostOptions(), datetime.now().astimezone().date())
        print_assessment(console, suite_of(session), found)
        print_trade_off(
            console, trade_offs(found.standings, session.contenders, session.replies, prices)
        )
