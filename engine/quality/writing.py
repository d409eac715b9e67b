"""Writes a suite as the YAML that `read_suite` reads, to be kept and edited."""

from __future__ import annotations

import io
import json
from typing import Any, Final

import yaml
from msgspec.structs import replace

from engine.contract import Case, Reply, Session
from engine.contract.checks import (
    Check,
    CheckSet,
    ExactMatchCheck,
    Filter,
    FinishCheck,
    JsonCheck,
    JsonEqualsCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    NamedFilter,
    PythonCheck,
    RegexCheck,
    SimilarityCheck,
    TextCheck,
    written_name,
)
from engine.errors import SuiteError
from engine.quality.reading.yaml_text import plain_value
from engine.quality.suite import Suite

_TEMPLATE_MARKS: Final = ("{{", "{%", "{#")


def suite_of_session(session: Session, answers_of: str | None = None) -> Suite:
    """A session's cases, with the checks it was run with; answers_of: whose first replies are kept as
    answers."""
    answers = {
        reply.case: reply.text
        for reply in session.replies
        if reply.contender == answers_of and reply.repeat == 0 and _is_whole(reply)
    }
    return Suite(
        name=session.title,
        cases=tuple(
            replace(case, answers=(answers[case.id],)) if case.id in answers else case
            for case in session.cases
        ),
    )


def suite_yaml(suite: Suite) -> str:
    """Raises SuiteError for a text that a template would read as something else."""
    document = {"title": suite.name, "cases": [_case(each) for each in suite.cases]}
    stream = io.StringIO()
    dumper = yaml.SafeDumper(stream, allow_unicode=True, sort_keys=False, width=100)
    dumper.yaml_representers = {**dumper.yaml_representers, str: _text_node}
    dumper.open()
    dumper.represent(document)
    dumper.close()
    return stream.getvalue()


def _text_node(dumper: Any, text: str) -> Any:
    """Texts of several lines as they stand; in quotes what YAML 1.2 would read as something
    else."""
    style = "|" if "\n" in text else None
    # PyYAML folds these line breaks of Unicode into spaces unless it has to escape them.
    if any(mark in text for mark in "\x85\u2028\u2029") or not isinstance(plain_value(text), str):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_whole(reply: Reply) -> bool:
    return reply.finished and bool(reply.text)


def _case(case: Case) -> dict[str, Any]:
    messages = [{"role": m.role, "content": m.content} for m in case.messages]
    written: dict[str, Any] = {"id": case.id}
    for name in ("description", "group", "threshold"):
        if getattr(case, name) is not None:
            written[name] = getattr(case, name)
    if case.critical:
        written["critical"] = True
    if case.format != "chat":
        written["format"] = case.format
    written["messages"] = messages
    if case.answers:
        written["answers"] = list(case.answers)
    if case.right is not None:
        written |= {"choices": list(case.continuations), "right": case.right}
    if case.checks:
        written["checks"] = [_check(check) for check in case.checks]
    _must_be_plain(written, case.id)
    return written


def _must_be_plain(value: Any, case: str) -> None:
    if isinstance(value, str) and any(mark in value for mark in _TEMPLATE_MARKS):
        raise SuiteError(f"The case “{case}” holds {{{{ or {{%, which a suite's file cannot hold.")
    for each in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        _must_be_plain(each, case)


def _check(check: Check) -> dict[str, Any]:
    written: dict[str, Any] = {"type": written_name(check), **_particulars(check)}
    if check.weight != 1.0:
        written["weight"] = check.weight
    if check.label is not None:
        written["metric"] = check.label
    return written


def _particulars(check: Check) -> dict[str, Any]:
    match check:
        case TextCheck() | FinishCheck():
            return {"value": check.value}
        case ListCheck():
            return {"value": list(check.values)}
        case RegexCheck():
            return {"value": check.pattern}
        case JsonEqualsCheck():
            return {"value": json.loads(check.value)}
        case JsonCheck():
            return {} if check.schema is None else {"value": check.schema}
        case SimilarityCheck():
            return {"value": check.value, "threshold": check.threshold}
        case LimitCheck():
            return {"threshold": check.threshold}
        case _:
            return _composed(check)


def _composed(check: Check) -> dict[str, Any]:
    match check:
        case LengthCheck():
            limits = {"min": check.minimum, "max": check.maximum}
            return {"value": {name: n for name, n in limits.items() if n is not None}}
        case ExactMatchCheck():
            written: dict[str, Any] = {"value": list(check.values)}
            if check.filters:
                written["filter"] = [_filter(each) for each in check.filters]
            if check.ignore_case:
                written["ignore-case"] = True
            if check.ignore_punctuation:
                written["ignore-punctuation"] = True
            if check.tolerance:
                written["tolerance"] = check.tolerance
            return written
        case PythonCheck():
            given = {"before": check.before or None, "tests": check.tests}
            known = {name: code for name, code in given.items() if code is not None}
            return {"value": check.function, **known}
        case CheckSet():
            threshold = {} if check.threshold is None else {"threshold": check.threshold}
            return {"assert": [_check(each) for each in check.checks], **threshold}
        case _:
            return {}


def _filter(each: Filter) -> Any:
    if isinstance(each, NamedFilter):
        return each.name
    return {"regex": each.pattern, "take": each.take}
