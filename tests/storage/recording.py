"""A process that records replies until it is killed or done, and tells of each that was kept.

Arguments: the database, how many replies, and the session to resume, if any. It prints the
session's id, then the number of each reply as soon as it is recorded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from storage.history import History
from tests.storage import samples


def main(database: str, n_replies: int, session: str | None = None) -> None:
    with History.open(Path(database)) as history:
        recorder = history.recorder()
        if session is None:
            session = recorder.begin(samples.plan(repeats=n_replies), samples.ENVIRONMENT)
        else:
            recorder.resume(session)
        print(session, flush=True)
        for repeat in range(n_replies):
            recorder.record(session, samples.reply(repeat=repeat, text=f"reply {repeat} " * 200))
            print(repeat, flush=True)
        recorder.end(session, "finished")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
