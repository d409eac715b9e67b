"""Scores, verdicts, fidelity and speeds in what is handed over."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import openpyxl
import pytest

from engine.contract import NoBest, Outcome, Session
from engine.quality.sentences import sentence
from storage.document import dump
from storage.export import render
from storage.exports.quality import verdict_table
from storage.exports.redaction import LEFT_OUT, Omit, without
from storage.exports.report import Report, report
from storage.exports.scatter import scatter
from tests.storage import found, samples
from tests.storage.test_exports import Page

TEXTS = (".md", ".html")


def text_of(ending: str, session: Session) -> str:
    return render([session], ending).decode("utf-8-sig")


def csv_rows(session: Session) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(".csv", session), newline="")))


def sheet(session: Session, name: str) -> list[dict[str, object]]:
    book = openpyxl.load_workbook(io.BytesIO(render([session], ".xlsx")))
    head, *lines = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), line, strict=True)) for line in lines]


def column(shown: Report, key: str) -> list[str]:
    (one,) = [each for each in shown.columns if each.key == key]
    return [cell.text for cell in one.cells]


# --- Suites ----------------------------------------------------------------------------------------


def test_a_suites_report_begins_with_its_verdicts_in_words() -> None:
    session = found.suite()
    shown = report(session)
    assert shown.findings[0] == sentence(session.verdicts[0])
    assert "not good enough" in shown.findings[0]
    assert shown.question == "On 20 cases, is one of these as good as model 0: model 1?"
    assert "Of 1 vote, 1 of them blind: model 0 was best 1 time." in shown.findings


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("better", "better"),
        ("non-inferior", "good enough"),
        ("worse", "not good enough"),
        ("undecided", "undecided"),
    ],
)
def test_a_report_words_its_table_of_verdicts_as_it_does_its_findings(
    outcome: Outcome, words: str
) -> None:
    session = found.suite()
    verdict = msgspec.structs.replace(session.verdicts[0], outcome=outcome)
    (table,) = verdict_table(msgspec.structs.replace(session, verdicts=(verdict,)))
    assert table.rows[0][:2] == ("model 1", words)


def test_a_bound_just_beyond_the_margin_does_not_read_as_the_margin_in_a_report() -> None:
    session = found.suite()
    close = msgspec.structs.replace(
        session.verdicts[0], lower_bound=-0.05004, margin=0.05, outcome="undecided"
    )
    (table,) = verdict_table(msgspec.structs.replace(session, verdicts=(close,)))
    assert table.rows[0][6:8] == ("-5.1", "5")


def test_votes_for_none_tell_the_equally_good_from_the_bad() -> None:
    session = found.suite()
    (vote,) = session.votes
    said: tuple[NoBest | None, ...] = ("tie", "tie", "all_bad", None)
    votes = tuple(msgspec.structs.replace(vote, best=None, no_best=each) for each in said)
    shown = report(msgspec.structs.replace(session, votes=votes))
    assert (
        "Of 4 votes, 4 of them blind: all were equally good 2 times, none was good 1 time and"
        " none was better 1 time." in shown.findings
    )


def test_a_suite_judged_by_its_scores_says_so() -> None:
    session = found.suite(n_failed=0)
    assert session.suite is not None
    terms = msgspec.structs.replace(session.suite, judged_by="score")
    shown = report(msgspec.structs.replace(session, suite=terms))
    assert "scores as much as model 0" in shown.findings[0]
    (judged,) = [fact.text for fact in shown.measured if fact.name == "Judged"]
    assert "by the scores that cases reach in part" in judged


def test_a_suites_figures_have_the_passed_cases_with_their_interval() -> None:
    shown = report(found.suite())
    assert column(shown, "pass_rate") == ["100.0 %", "70.0 %"]
    (verdict,) = next(table.rows for table in shown.tables if "Verdicts" in table.title)
    assert verdict[:6] == ("model 1", "not good enough", "20", "6", "0", "-30.0")


def test_replies_carry_the_evidence_of_their_checks() -> None:
    shown = report(found.suite())
    good, bad = shown.cases[-1].rounds[0]
    assert good.score is not None
    assert bad.score is not None
    assert (good.score.mark, bad.score.mark) == ("passed", "failed")
    assert "names the arm" in good.score.checks[0]
    assert "Found “arm”" in good.score.checks[0]
    assert shown.cases[-1].differs
    assert not shown.cases[0].differs
    assert shown.cases[0].about == "critical · expected: a beam with arms"


@pytest.mark.parametrize("ending", TEXTS)
def test_texts_show_verdicts_scores_and_what_is_not_supported(ending: str) -> None:
    text = text_of(ending, found.suite())
    for words in ("not good enough", "70.0 %", "names the arm", "Failed", "python is not run"):
        assert words in text, words


def test_the_page_offers_only_the_cases_that_came_out_differently() -> None:
    page = Page(text_of(".html", found.suite()))
    assert page.attributes("data-differs") == [None] * 6
    assert "checkbox" in page.attributes("type")
    assert "checkbox" not in Page(text_of(".html", found.suite(n_failed=0))).attributes("type")


def test_who_is_worth_its_size_is_told_and_drawn() -> None:
    session = found.suite()
    shown = report(session)
    by_size, by_time = shown.weighed
    assert (by_size.cost, by_size.worth) == ("file size", (True, False))
    assert (
        "As measured, model 0 is worth its file size: no other passes as much for less."
        in shown.findings
    )
    drawn = scatter(by_time, ["model 0", "<model 1>"])
    assert drawn.count("<circle") == 2
    assert drawn.count("hollow") == 1
    assert "&lt;model 1&gt;" in drawn


def test_csv_rows_of_a_suite_tell_what_passed() -> None:
    rows = csv_rows(found.suite())
    assert [row["passed"] for row in rows].count("False") == 6
    assert rows[-1]["failed_checks"] == "names the arm"
    assert rows[0]["score"] == "1.0"


def test_the_workbook_of_a_suite_has_its_scores_and_verdicts() -> None:
    scores = sheet(found.suite(), "Scores")
    assert len(scores) == 40
    assert scores[0]["evidence"] == "arm"
    assert scores[-1]["check_passed"] is False
    (verdict,) = sheet(found.suite(), "Verdicts")
    assert (verdict["contender"], verdict["outcome"], verdict["b"]) == ("model 1", "worse", 6)
    (vote,) = sheet(found.suite(), "Votes")
    assert (vote["best"], vote["no_best"], vote["blind"]) == ("model 0", None, True)


# --- Benchmarks ------------------------------------------------------------------------------------


def test_a_benchmarks_report_has_a_column_a_test() -> None:
    shown = report(found.bench())
    assert column(shown, "speed pp512") == ["509.5 tok/s"] * 2
    assert shown.question == "How fast do these models read and write? Asked of 2 contenders."
    assert not any("not complete" in each for each in shown.findings)
    names = [fact.name for fact in shown.measured]
    assert "Order" not in names
    assert "model 0" in names


def test_a_benchmarks_report_answers_in_short() -> None:
    session = found.bench()
    alike = "no difference beyond the spread of the repetitions, at about 509.5 tok/s."
    assert report(session).findings == (
        f"pp512: {alike}",
        f"tg128: {alike}".replace("509.5", "127.4"),
    )
    slower = tuple(
        msgspec.structs.replace(each, samples_ns=(2 * 10**9,))
        if each.contender == "model 1"
        else each
        for each in session.speeds
    )
    shown = report(msgspec.structs.replace(session, speeds=slower))
    assert shown.findings[0] == (
        "pp512: model 0 is fastest, 509.5 tok/s, 1.99 times as fast as model 1 (256.0 tok/s)."
    )
    alone = msgspec.structs.replace(
        session, contenders=session.contenders[:1], speeds=session.speeds[:2]
    )
    assert report(alone).findings[0] == "pp512: model 0 does 509.5 tok/s."


def test_a_report_of_a_run_that_was_cut_off_says_so() -> None:
    whole = found.bench()
    tests = tuple(dict.fromkeys(each.test for each in whole.speeds))
    cut = msgspec.structs.replace(whole, tests=tests, speeds=whole.speeds[:3])
    assert "This run is not complete: 3 of 4 tests came to their end." in report(cut).findings
    assert not any("complete" in each for each in report(whole).findings)
    for session in (msgspec.structs.replace(whole, speeds=()), killed_fidelity()):
        shown = report(session)
        assert shown.findings == ("Nothing was measured before this run ended.",)
        assert "prompts" not in shown.question


def killed_fidelity() -> Session:
    return msgspec.structs.replace(found.fidelity(), fidelity=None)


def test_numbered_prompts_are_called_prompts() -> None:
    plan = samples.plan(cases=2)
    cases = tuple(
        msgspec.structs.replace(case, id=str(place)) for place, case in enumerate(plan.cases, 1)
    )
    replies = [samples.reply(case_name=case.id) for case in cases]
    shown = report(samples.session(msgspec.structs.replace(plan, cases=cases), *replies))
    assert [case.name for case in shown.cases] == ["Prompt 1", "Prompt 2"]


def test_the_speeds_of_a_benchmark_are_rows_and_a_sheet() -> None:
    rows = csv_rows(found.bench())
    assert [row["test"] for row in rows] == ["pp512", "tg128"] * 2
    assert float(rows[0]["tokens_per_s"]) == pytest.approx(509.47, abs=0.01)
    assert (rows[0]["contender"], rows[0]["threads"], rows[0]["text"]) == ("model 0", "4", "")
    assert sheet(found.bench(), "Speeds")[1]["n_gen"] == 128


def test_times_that_no_clock_gives_are_no_speed() -> None:
    session = found.bench()
    speeds = tuple(msgspec.structs.replace(each, samples_ns=(0,)) for each in session.speeds)
    broken = msgspec.structs.replace(session, speeds=speeds)
    assert column(report(broken), "speed pp512") == ["–", "–"]
    assert csv_rows(broken)[0]["tokens_per_s"] == ""


# --- Fidelity --------------------------------------------------------------------------------------


def test_a_fidelity_report_has_sentences_figures_and_all_of_the_document() -> None:
    shown = report(found.fidelity())
    assert "92.5 of 100 places" in shown.findings[0]
    assert column(shown, "same_top_percent") == ["reference", "92.50 ± 0.50 %"]
    assert column(shown, "mean_kld") == ["reference", "0.0300 ± 0.0060"]
    (table,) = shown.tables
    assert ("KLD p99.9", "1") in table.rows
    assert any(fact.name == "Noise" for fact in shown.measured)


def test_the_fidelity_of_candidates_is_rows_and_a_sheet() -> None:
    (row,) = csv_rows(found.fidelity())
    assert (row["contender"], row["same_top_percent"], row["mean_kld"]) == (
        "model 1",
        "92.5",
        "0.03",
    )
    figures = {line["figure"]: line for line in sheet(found.fidelity(), "Fidelity")}
    assert figures["mean_kld"]["clustered_plus_minus"] == pytest.approx(0.006)
    assert figures["kld_p99.9"]["value"] == 1


# --- Left out --------------------------------------------------------------------------------------


def test_folders_of_suites_and_texts_are_left_out() -> None:
    for session in (found.suite(), found.fidelity()):
        assert b"/home/somebody/work" in dump(session)
        assert b"/home/somebody/work" not in dump(without(session, Omit(paths=True)))
    terms = without(found.suite(), Omit(paths=True)).suite
    assert terms is not None
    assert terms.not_supported[0].file == "cases.yaml"


def test_folders_are_left_out_of_the_reasons_of_checks_but_not_of_what_was_found() -> None:
    session, folder = found.suite(), str(Path(found.SUITE_FILE).parent)
    score = session.scores[0]
    (check,) = score.checks
    (span,) = check.evidence
    told = msgspec.structs.replace(
        check,
        reason=f"{folder}/x.py is missing",
        evidence=(msgspec.structs.replace(span, text=folder + "/"),),
    )
    scores = (msgspec.structs.replace(score, checks=(told,)), *session.scores[1:])
    shown = without(msgspec.structs.replace(session, scores=scores), Omit(paths=True))
    assert shown.scores[0].checks[0].reason == "x.py is missing"
    assert shown.scores[0].checks[0].evidence[0].text == folder + "/"


def test_the_reasons_for_overruling_are_notes() -> None:
    session = found.suite()
    (check,) = session.scores[0].checks
    score = msgspec.structs.replace(
        session.scores[0], checks=(msgspec.structs.replace(check, overruled="They pay late."),)
    )
    told = msgspec.structs.replace(session, scores=(score, *session.scores[1:]))
    shown = without(told, Omit(notes=True))
    assert shown.scores[0].checks[0].overruled == LEFT_OUT
    assert b"They pay late" not in dump(shown)
    assert shown.scores[1:] == session.scores[1:]


def test_the_fidelity_table_heads_candidates_of_one_family_by_what_tells_them_apart() -> None:
    session = found.fidelity()
    assert session.fidelity is not None
    (candidate,) = session.fidelity.candidates
    several = tuple(
        msgspec.structs.replace(candidate, name=f"SmolLM2-135M-Instruct {kind}")
        for kind in ("Q8_0", "Q4_K_M")
    )
    document = msgspec.structs.replace(session.fidelity, candidates=several)
    shown = report(msgspec.structs.replace(session, fidelity=document))
    (table,) = [each for each in shown.tables if each.title == "Fidelity in full"]
    assert table.head == ("Figure", "Q8_0", "Q4_K_M")
