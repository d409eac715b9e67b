"""What a suite's run has brought so far."""

from __future__ import annotations

from engine.contract import Began, Failed, Finished, Notice, NotRecorded, Replied, Reply
from engine.schedule import kept_replies
from gui.quality.suite_work import Prepared
from gui.quality.time_left import TimeLeft


class SuiteTally:
    """Of one run. session: where it is recorded; notices: what it told beside its replies."""

    def __init__(self, prepared: Prepared) -> None:
        plan = prepared.plan
        self.prepared = prepared
        self.replies: list[Reply] = list(kept_replies(prepared.earlier))
        self.notices: list[str] = []
        self.session: str | None = None
        self.why_unrecorded = ""
        self._planned = len(plan.cases) * len(plan.contenders) * plan.repeats
        self._stopped = False
        self._failed: set[str] = set()
        self._time_left = TimeLeft()

    @property
    def fraction(self) -> float:
        return len(self.replies) / max(1, self._planned)

    @property
    def unfinished(self) -> bool:
        return self._stopped or len(self.replies) < self._planned

    def take(self, event: object) -> str:
        """Take an event in; gives what its user has to be told as a failure, mostly nothing."""
        match event:
            case Began(session=session):
                self.session = session
            case Replied(reply=reply) | Failed(reply=reply):
                self.replies.append(reply)
                return self._complaint(reply)
            case Notice(text=text):
                self.notices.append(text)
            case NotRecorded(reason=reason):
                self.session, self.why_unrecorded = None, reason
                return reason
            case Finished(status=status):
                self._stopped = status == "stopped"
        return ""

    def words(self, contender: str) -> str:
        """How far the run is; contender: who replied last."""
        done = f"{len(self.replies)} of {self._planned} replies"
        return " · ".join(filter(None, (done, contender, self._time_left.words(self.fraction))))

    def _complaint(self, reply: Reply) -> str:
        """Once a contender: one whose file cannot be loaded fails in every case."""
        if reply.finish_reason != "error" or reply.contender in self._failed:
            return ""
        self._failed.add(reply.contender)
        return f"{reply.contender}: {reply.error or 'the reply failed.'}"
