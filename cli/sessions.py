"""sessions: the history listed, shown, written out and cleared."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.asking import agreed
from cli.bench_report import print_speeds
from cli.fidelity_view import print_fidelity
from cli.history import open_history
from cli.program import program_name
from cli.replies_view import print_recorded
from cli.tables import print_table
from cli.terminal import ROOMY_WIDTH, clean_line, result_console, words, write_json, write_result
from cli.timings_view import print_timings
from cli.usage import WrongUsage
from cli.wording import count, models_line, settings_line, when
from engine.contract import Contender, Session
from engine.quality.votes import NO_BEST_WORDS
from models.origins import had_again
from storage.document import dump
from storage.export import NOTHING, Omit, Paper, export_sessions
from storage.folders import database_path
from storage.query import EVERYTHING, Query
from storage.reading import SHORTEST_PART
from storage.salvage import salvage, salvaged_words
from storage.summary import SessionSummary

_SHORT_TITLE: Final = 12
_WITH_REPLIES: Final = {"compare", "suite"}


def list_sessions(*, limit: int, as_json: bool, query: Query = EVERYTHING) -> int:
    """Newest first, if the query does not say otherwise."""
    with open_history() as history:
        found = history.sessions(limit, query=query)
    if as_json:
        write_json(found)
        return 0
    console = result_console()
    if not found:
        print(_nothing(query))
        return 0
    if console.is_terminal:
        print_table(console, _table(found, console.width))
    else:
        for each in found:
            print(_plain_row(each))
    return 0


def show_session(session_id: str, *, as_json: bool) -> int:
    """The whole session, as its run showed it."""
    with open_history() as history:
        session = history.session(session_id)
    if as_json:
        write_result(dump(session))
        return 0
    console = result_console()
    _print_heading(console, session)
    if session.kind == "bench":
        print_speeds(console, session)
        return 0
    if session.kind == "fidelity":
        _print_fidelity(console, session)
        return 0
    if session.kind == "suite":
        _print_suite(console, session)
    else:
        _print_replies(console, session)
    _print_settings(console, session)
    return 0


def _print_suite(console: Console, session: Session) -> None:
    from cli.suite_recorded import RecordedSuite

    recorded = RecordedSuite(session)
    print_recorded(console, session, recorded.told)
    recorded.print_verdicts(console)


def _print_replies(console: Console, session: Session) -> None:
    print_recorded(console, session)
    print_timings(console, session.replies, [each.name for each in session.contenders])
    _print_votes(console, session)


def export(
    session_ids: Sequence[str], target: Path, omit: Omit = NOTHING, paper: Paper | None = None
) -> int:
    """Into one file, in the format that its ending names; paper None: A4."""
    if paper is not None and target.suffix.lower() != ".pdf":
        raise WrongUsage(f"--paper is of a PDF, and {target.name} is none. Leave it out.")
    with open_history() as history:
        sessions = [history.session(each) for each in dict.fromkeys(session_ids)]
    export_sessions(sessions, target, omit, paper or "a4")
    what = (
        f"Session {sessions[0].id} was" if len(sessions) == 1 else f"{len(sessions)} sessions were"
    )
    print(f"{what} written to {target}.", file=sys.stderr)
    return 0


def import_sessions(source: Path) -> int:
    """All of a file or nothing; those that are here already stay as they are."""
    with open_history() as history:
        imported = history.import_file(source)
    for session_id in imported.added:
        print(f"Session {session_id} was imported.", file=sys.stderr)
    for session_id in imported.known:
        print(f"Session {session_id} was here already.", file=sys.stderr)
    return 0


def delete(session_ids: Sequence[str], *, sure: bool) -> int:
    """For good, after a question; raises WrongUsage where there is no terminal to ask at."""
    with open_history() as history:
        sessions = [history.session(each) for each in dict.fromkeys(session_ids)]
        if not sure and not _agreed(sessions):
            print("Kept." if len(sessions) > 1 else "It was kept.", file=sys.stderr)
            return 0
        history.delete(*(session.id for session in sessions))
    for session in sessions:
        print(f"Session {session.id} was deleted.", file=sys.stderr)
    return 0


def _agreed(sessions: Sequence[Session]) -> bool:
    for session in sessions:
        print(f"“{clean_line(session.title)}” ({session.id})", file=sys.stderr)
    what = "it" if len(sessions) == 1 else f"these {len(sessions)}"
    return agreed(f"Delete {what} for good?", "Nothing was deleted")


def salvage_history() -> int:
    """What can be read of a damaged history goes into a new one."""
    print(salvaged_words(salvage(database_path())), file=sys.stderr)
    return 0


def _nothing(query: Query) -> str:
    if query != Query(sort=query.sort, ascending=query.ascending):
        return "No session has all of this."
    return "There are no sessions yet. `compare`, `suite`, `fidelity` and `bench` record theirs."


def _table(found: Sequence[SessionSummary], width: int) -> Table:
    wide = width >= ROOMY_WIDTH
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("id", no_wrap=True)
    table.add_column("when", no_wrap=True, style="dim")
    table.add_column("kind", no_wrap=True, min_width=8)
    table.add_column("title", ratio=1, overflow="ellipsis", no_wrap=True, min_width=_SHORT_TITLE)
    if wide:
        table.add_column("models", ratio=1, overflow="ellipsis", no_wrap=True)
    table.add_column("replies", justify="right", no_wrap=True, min_width=7)
    table.add_column("status", no_wrap=True, min_width=11)
    for each in found:
        cells = [
            Text(short_id(each.id)),
            Text(when(each.created)),
            Text(each.kind),
            words(clean_line(each.title), "bold"),
            words(clean_line(models_line(each.contenders))),
            Text(" of ".join(_progress(each))),
            Text(_status(each)),
        ]
        table.add_row(*(cells if wide else [*cells[:4], *cells[5:]]))
    return table


def short_id(session_id: str) -> str:
    """Its last part, which stands for the whole wherever an id is asked for."""
    last = session_id.rpartition("-")[2]
    return last if len(last) >= SHORTEST_PART else session_id


def _progress(each: SessionSummary) -> tuple[str, ...]:
    """How many replies came, and of how many; a measurement has none."""
    if each.kind not in _WITH_REPLIES:
        return ()
    return (str(each.n_answered), str(each.n_jobs))


def _status(each: SessionSummary) -> str:
    return "failed" if each.all_failed else each.status


def _plain_row(each: SessionSummary) -> str:
    """Tab-separated, for other programs that cut."""
    fields = (
        each.id,
        when(each.created),
        _status(each),
        "/".join(_progress(each)) or "-",
        clean_line(each.title),
        clean_line(", ".join(each.contenders)),
        each.kind,
    )
    return "\t".join(fields)


def _print_heading(console: Console, session: Session) -> None:
    machine = session.environment
    console.print(words(clean_line(session.title), "bold"))
    facts = [session.id, when(session.created), session.kind, session.status]
    if session.kind in _WITH_REPLIES:
        jobs = len(session.contenders) * len(session.cases) * session.repeats
        n_failed = sum(reply.finish_reason == "error" for reply in session.replies)
        facts.append(f"{len(session.replies) - n_failed} of {count(jobs, 'reply')}")
        if n_failed:
            facts.append(f"{n_failed} failed")
    console.print(Text(" · ".join(facts), style="dim"))
    console.print(
        words(
            clean_line(f"{machine.cpu} · {machine.os} · {machine.llama_cpp or 'no llama.cpp'}"),
            "dim",
        )
    )
    if session.notes:
        console.print(words(session.notes))


def _print_fidelity(console: Console, session: Session) -> None:
    if session.fidelity is None:
        again = f"{program_name()} sessions rerun {session.id}"
        hint = f"Nothing was scored before it ended, so it can only begin anew: {again}"
        console.print(words(hint), soft_wrap=True)
    else:
        print_fidelity(console, session.fidelity)


def _print_votes(console: Console, session: Session) -> None:
    places = {case.id: place + 1 for place, case in enumerate(session.cases)}
    for vote in session.votes:
        if vote.case in places:
            no_best = NO_BEST_WORDS[vote.no_best]
            chosen = no_best if vote.best is None else f"{vote.best} was chosen"
            how = ", without seeing names" if vote.blind else ""
            console.print(words(clean_line(f"Prompt {places[vote.case]}: {chosen}{how}."), "dim"))


def _print_settings(console: Console, session: Session) -> None:
    """What each contender's settings really became; replies that failed have none."""
    resolved = {r.contender: r.runtime for r in session.replies if r.runtime is not None}
    sampling = session.sampling
    chance = "greedy" if sampling.temperature == 0 else f"temperature {sampling.temperature:g}"
    console.print()
    console.print(
        Text(
            f"Sampling: {chance} · seed {sampling.seed} · at most {sampling.max_tokens} tokens",
            style="dim",
        )
    )
    if session.together:
        console.print(Text("All ran at once: the timings are of a shared machine.", style="dim"))
    for name, runtime in resolved.items():
        console.print(words(clean_line(f"{name}: {settings_line(runtime)}"), "dim"))
    for contender in session.contenders:
        for line in _origin_lines(contender):
            console.print(words(clean_line(line), "dim"), soft_wrap=True)


def _origin_lines(contender: Contender) -> tuple[str, ...]:
    """Where its file was had, and how to have it again where it is gone."""
    origin = contender.model.origin
    if origin is None:
        return ()
    line = f"{contender.name}: from {origin.repo}, {origin.file}, revision {origin.commit[:12]}"
    if Path(contender.model.path).exists():
        return (line,)
    return (line, f"{contender.model.path} is not there any more. {had_again(origin)}")
