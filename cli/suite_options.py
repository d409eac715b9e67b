"""What `suite` takes besides its models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.threads_option import Threads

_CASES: Final = "Cases"
_OVERRULE: Final = "Overruling a check"
_TRADE_OFF: Final = "Quality beside its costs"


@dataclass(frozen=True)
class SuiteOptions:
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            metavar="FILE",
            help="YAML (promptfoo's too), JSON, JSONL or CSV; - reads them from standard input.",
            rich_help_panel=_CASES,
        ),
    ] = None
    ready: Annotated[
        str | None,
        typer.Option(
            "--ready",
            metavar="NAME",
            help="A ready suite; 'list' names them.",
            rich_help_panel=_CASES,
        ),
    ] = None
    from_session: Annotated[
        str | None,
        typer.Option(
            "--from-session",
            metavar="ID",
            help="The prompts of a recorded session, with the checks it has.",
            rich_help_panel=_CASES,
        ),
    ] = None
    answers_of: Annotated[
        str | None,
        typer.Option(
            "--answers-of",
            metavar="MODEL",
            help="Whose replies in that session are shown as the expected answers.",
            rich_help_panel=_CASES,
        ),
    ] = None
    check: Annotated[
        list[str],
        typer.Option(
            "--check",
            metavar="CHECK",
            help="Add a check to every case, such as 'icontains: Paris'; may be repeated.",
            rich_help_panel=_CASES,
        ),
    ] = field(default_factory=list)
    save_cases: Annotated[
        Path | None,
        typer.Option(
            "--save-cases",
            metavar="FILE.yaml",
            help="Write the cases as YAML, to add checks to them, and run nothing.",
            rich_help_panel=_CASES,
        ),
    ] = None
    number: Annotated[
        int,
        typer.Option(
            "--number",
            min=1,
            metavar="N",
            help="Cases of a ready suite.",
            rich_help_panel=_CASES,
        ),
    ] = 50
    seed: Annotated[
        int,
        typer.Option(
            "--suite-seed", metavar="N", help="Other cases of it.", rich_help_panel=_CASES
        ),
    ] = 1
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            metavar="POINTS",
            help="The loss of passed cases, in points of 100, that would still do.",
            show_default="5, or the resumed session's",
        ),
    ] = None
    max_tokens: Annotated[
        int, typer.Option("-n", "--max-tokens", min=1, metavar="N", help="A reply's limit.")
    ] = 256
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, metavar="N", help="Ask each case N times.")
    ] = 1
    temperature: Annotated[
        float,
        typer.Option(
            "--temperature",
            min=0.0,
            metavar="T",
            help="0 always takes the likeliest word, so that repeats are alike.",
        ),
    ] = 0.0
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="One case at a time: slower, with latencies, the same again on every run.",
        ),
    ] = False
    ctx: Annotated[
        int | None,
        typer.Option("-c", "--ctx", min=1, metavar="N", help="Longest case in tokens."),
    ] = None
    threads: Threads = None
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Finish a suite that was stopped or interrupted, or judge it anew.",
        ),
    ] = None
    overrule: Annotated[
        str | None,
        typer.Option(
            "--overrule",
            metavar="CASE@MODEL",
            help="With --resume: set a check of this case by hand; nothing is run.",
            rich_help_panel=_OVERRULE,
        ),
    ] = None
    which: Annotated[
        str | None,
        typer.Option(
            "--which",
            metavar="CHECK",
            help="The check's number or name.",
            show_default="the only one",
            rich_help_panel=_OVERRULE,
        ),
    ] = None
    verdict: Annotated[
        Literal["passed", "failed"] | None,
        typer.Option("--set", help="What the check is set to.", rich_help_panel=_OVERRULE),
    ] = None
    because: Annotated[
        str,
        typer.Option(
            "--because",
            metavar="TEXT",
            help="Why; it is kept with the score, and the verdict counts it.",
            rich_help_panel=_OVERRULE,
        ),
    ] = ""
    trade_off: Annotated[
        Path | None,
        typer.Option(
            "--trade-off",
            metavar="FILE.csv",
            help="Write what each model passes beside seconds, memory, size, joules and money.",
            rich_help_panel=_TRADE_OFF,
        ),
    ] = None
    price: Annotated[
        str | None,
        typer.Option(
            metavar="PER_KWH",
            help="Price of electricity, such as 0.25.",
            show_default="the country's average",
            rich_help_panel=_TRADE_OFF,
        ),
    ] = None
    country: Annotated[
        str | None,
        typer.Option(
            metavar="XX",
            help="Whose electricity: two letters, such as DE, EU or WORLD.",
            show_default="your system's",
            rich_help_panel=_TRADE_OFF,
        ),
    ] = None
    choice_metric: Annotated[
        Literal["acc", "acc_norm", "acc_per_token"] | None,
        typer.Option(
            "--choice-metric",
            metavar="METRIC",
            help="What decides a multiple choice: acc (the likeliest text as a whole), acc_norm (per"
            " character) or acc_per_token.",
            show_default="acc_norm, or the resumed session's",
        ),
    ] = None
    judge_by: Annotated[
        Literal["passed", "score"] | None,
        typer.Option(
            "--judge-by",
            help="Cases that pass, or the scores that checks with weights and thresholds give in part.",
            show_default="passed, or the resumed session's",
        ),
    ] = None
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the session with scores and verdicts as JSON.")
    ] = False
