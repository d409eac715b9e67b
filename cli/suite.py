"""suite: is a cheaper model good enough on these cases?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from cli.compare import machine_bench
from cli.contenders import read_contenders
from cli.cost_assumptions import assumptions_of
from cli.cost_options import CostOptions
from cli.failures import EXIT_FAILED, EXIT_INTERRUPTED
from cli.history import open_history
from cli.program import program_name
from cli.running import MakeBench, Outcome, complain_of_failed
from cli.suite_cases import asked_suite, must_be_judged, save_cases
from cli.suite_options import SuiteOptions
from cli.suite_overrule import overruled
from cli.suite_run import run_suite
from cli.suite_view import print_assessment, print_trade_off
from cli.terminal import (
    clean_line,
    complain,
    message_console,
    result_console,
    words,
    write_json,
)
from cli.unrecorded import offer_export
from cli.usage import WrongUsage, require_place
from engine.contract import (
    Findings,
    ModelFile,
    Plan,
    Runtime,
    Sampling,
    Session,
    SuiteTerms,
)
from engine.cost.assumptions import Assumptions
from engine.errors import PlanError, StorageError
from engine.quality.generators.ready import ready_suites
from engine.quality.standings import TradeOff
from engine.quality.suite import Suite
from engine.quality.trade_off import trade_off_csv, trade_offs
from engine.same_models import same_model_remarks
from engine.schedule import kept_scores
from engine.suite import (
    Assessment,
    assess,
    findings,
    judge,
    suite_of,
    suite_plan,
    terms_of,
)
from models.describe import describe
from storage.document import dump
from storage.files import write_whole
from storage.history import History


def suite(
    reference: Path | None,
    candidates: Sequence[Path],
    options: SuiteOptions,
    *,
    make_bench: MakeBench = machine_bench,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """The exit code: 1 where a contender failed, 130 where Ctrl+C stopped it."""
    if options.ready == "list":
        return _list_ready(result_console())
    if options.trade_off is not None:
        require_place(options.trade_off, "--trade-off")
    with open_history() as history:
        if options.save_cases is not None:
            save_cases(asked_suite(options, history), options.save_cases)
            return 0
        if options.overrule is not None:
            return _overrule(history, options, reference)
        if options.resume is not None:
            earlier = _session_to_finish(history, options, reference)
            asked, plan = suite_of(earlier), earlier.plan()
        else:
            earlier, asked = None, asked_suite(options, history)
            must_be_judged(asked)
            plan = _plan(asked, reference, candidates, options, describe_model)
        for remark in asked.not_supported:
            complain(clean_line(f"Not supported: {remark.sentence()}"))
        terms, prices = _terms(asked, plan, options, earlier), _prices(options)
        outcome = run_suite(plan, history, make_bench, earlier)
        if outcome.session is None:
            return EXIT_INTERRUPTED
        found = _assessed(asked, outcome.session, earlier, terms)
        outcome = _keep(history, outcome, _findings(asked, found, terms))
    return _report(asked, outcome, found, prices, options)


def _assessed(
    asked: Suite, session: Session, earlier: Session | None, terms: SuiteTerms
) -> Assessment:
    with message_console().status("Checking the replies"):
        return assess(
            asked,
            session.contenders,
            session.replies,
            margin=terms.margin,
            metric=terms.metric,
            judged_by=terms.judged_by,
            known=kept_scores(earlier),
        )


def _overrule(history: History, options: SuiteOptions, reference: Path | None) -> int:
    if options.resume is None:
        raise WrongUsage("--overrule needs the session: --resume ID.")
    session = _session_to_finish(history, options, reference)
    asked, prices = suite_of(session), _prices(options)
    terms = _terms(asked, session.plan(), options, session)
    # Nothing is chosen anew.
    terms = msgspec.structs.replace(terms, metric=terms_of(session).metric)
    found = overruled(session, options, terms)
    outcome = Outcome(session=session, recorded=True, stopped=False)
    outcome = _keep(history, outcome, _findings(asked, found, terms))
    return _report(asked, outcome, found, prices, options)


def _prices(options: SuiteOptions) -> Assumptions:
    chosen = CostOptions(price=options.price, country=options.country)
    return assumptions_of(chosen, datetime.now().astimezone().date())


def _list_ready(console: Console) -> int:
    for each in ready_suites():
        console.print(words(f"{each.name:16}{each.title}: {each.about}"))
    return 0


def _plan(
    asked: Suite,
    reference: Path | None,
    candidates: Sequence[Path],
    options: SuiteOptions,
    describe_model: Callable[[Path], ModelFile],
) -> Plan:
    if reference is None or not candidates:
        raise WrongUsage("Name a reference and at least one candidate to judge against it.")
    runtime = Runtime(n_ctx=options.ctx, threads=options.threads)
    contenders = read_contenders([reference, *candidates], runtime, describe_model)
    for remark in same_model_remarks(contenders):
        complain(clean_line(remark))
    return suite_plan(
        asked,
        contenders,
        sampling=Sampling(max_tokens=options.max_tokens, temperature=options.temperature),
        repeats=options.repeat,
        deterministic=options.deterministic,
    )


def _session_to_finish(history: History, options: SuiteOptions, reference: Path | None) -> Session:
    sources = (options.cases, options.ready, options.from_session)
    if reference is not None or any(each is not None for each in sources):
        raise WrongUsage("--resume takes models and cases from the session: name none here.")
    session = history.session(str(options.resume))
    if session.kind != "suite":
        raise WrongUsage(f"Session {session.id} is no suite and cannot be resumed here.")
    return session


def _terms(asked: Suite, plan: Plan, options: SuiteOptions, earlier: Session | None) -> SuiteTerms:
    """Those asked for, else the session's own. A wrong margin is told before the run."""
    usual = terms_of(earlier)
    margin = usual.margin if options.margin is None else options.margin / 100
    try:
        judge(asked, plan.contenders, (), margin=margin)
    except PlanError as error:
        raise WrongUsage(str(error)) from error
    return msgspec.structs.replace(
        usual,
        margin=margin,
        metric=options.choice_metric or usual.metric,
        judged_by=options.judge_by or usual.judged_by,
    )


def _findings(asked: Suite, found: Assessment, terms: SuiteTerms) -> Findings:
    return findings(
        asked, found, margin=terms.margin, metric=terms.metric, judged_by=terms.judged_by
    )


def _keep(history: History, outcome: Outcome, found: Findings) -> Outcome:
    session = outcome.session
    assert session is not None
    if outcome.recorded:
        try:
            history.keep(session.id, found)
        except StorageError as error:
            complain(clean_line(str(error)))
    return msgspec.structs.replace(outcome, session=found.added_to(session))


def _report(
    asked: Suite,
    outcome: Outcome,
    found: Assessment,
    prices: Assumptions,
    options: SuiteOptions,
) -> int:
    session = outcome.session
    assert session is not None
    points = trade_offs(found.standings, session.contenders, session.replies, prices)
    if options.trade_off is not None:
        write_whole(options.trade_off, trade_off_csv(points).encode())
    if options.as_json:
        write_json(_document(session, found, points))
    else:
        print_assessment(result_console(), asked, found)
        print_trade_off(result_console(), points)
    if outcome.recorded:
        complain(f"Recorded. To read the replies: {program_name()} sessions show {session.id}")
    elif not options.as_json:
        offer_export(session)
    failed = complain_of_failed(session)
    if outcome.stopped:
        complain("Stopped: this is what was found until then.")
        if outcome.recorded:
            command = f"{program_name()} suite --resume {session.id}"
            complain(f"To finish it: {command}")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failed else 0


def _document(session: Session, found: Assessment, points: Sequence[TradeOff]) -> dict[str, Any]:
    """The session's document with what the suite says of it."""
    document: dict[str, Any] = msgspec.json.decode(dump(session))
    document["standings"] = msgspec.to_builtins(found.standings)
    document["sentences"] = list(found.sentences)
    document["checks_not_run"] = found.checks_not_run
    document["trade_off"] = msgspec.to_builtins(points)
    return document
