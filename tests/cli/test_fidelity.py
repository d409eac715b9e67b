"""fidelity: what is shown, written and given as exit code, and one run with the real small model."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.contenders import read_contenders
from cli.fidelity import fidelity
from cli.fidelity_options import FidelityOptions
from cli.sessions import show_session
from cli.usage import WrongUsage
from engine.client import Stopped
from engine.contract import (
    Case,
    Estimate,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    LeftOut,
    Message,
    NoiseFloor,
    OtherTokenizer,
    Plan,
    Reply,
    ReplyFidelity,
    Runtime,
    ScoredReply,
    Session,
    WorstToken,
)
from engine.fidelity import (
    ChunkDone,
    FidelityDone,
    FidelityEvent,
    FidelityPlan,
    RepliesPlan,
    ReplyGiven,
)
from engine.quality.fidelity_kernel import TokenScores
from engine.quality.fidelity_statistics import FidelityStatistics
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import RunMain, describe_nothing
from tests.cli.fakes import ENVIRONMENT
from tests.storage.samples import session

pytestmark = pytest.mark.usefixtures("home")
Capture = pytest.CaptureFixture[str]
ModelFiles = Callable[..., list[str]]
CHUNKS = 4
LIMIT_S = 10
DATA = Path(__file__).parents[1] / "data" / "fidelity"


def scores(chunk: int, n: int = 32) -> TokenScores:
    """Tokens of which three in four go on alike."""
    random = np.random.default_rng(chunk)
    nll = random.gamma(2.0, 1.0, n)
    return TokenScores(
        nll=nll + random.normal(0.1, 0.05, n),
        nll_base=nll,
        kld=random.gamma(2.0, 0.05, n),
        delta_p=random.normal(0.0, 0.05, n),
        same_top=np.arange(n) % 4 != 0,
    )


class Chunks:
    """A bench that scores four chunks a candidate; `presses`: Ctrl+C comes after so many."""

    def __init__(self, presses: int | None = None, other_tokenizer: bool = False) -> None:
        self._presses = presses
        self._other_tokenizer = other_tokenizer
        self._stopped = threading.Event()
        self.plan: FidelityPlan | RepliesPlan | None = None

    def run(self, plan: FidelityPlan | RepliesPlan) -> Iterator[FidelityEvent]:
        self.plan = plan
        if isinstance(plan, RepliesPlan):
            yield from self._replies(plan)
            return
        statistics = [FidelityStatistics() for _ in plan.candidates]
        for chunk in range(CHUNKS):
            if chunk == self._presses:
                signal.raise_signal(signal.SIGINT)
                assert self._stopped.wait(LIMIT_S)
                break
            for candidate, found in zip(plan.candidates, statistics, strict=True):
                found.add(scores(chunk))
                yield ChunkDone(
                    candidate=candidate.name,
                    chunk=chunk + 1,
                    chunks=CHUNKS,
                    running=found.running(),
                )
        if not statistics[0].chunks:
            raise Stopped
        yield FidelityDone(document=self._document(plan, statistics))

    def stop(self) -> None:
        self._stopped.set()

    def _replies(self, plan: RepliesPlan) -> Iterator[FidelityEvent]:
        """Every reply is scored; the last prompt's cannot be."""
        scored, left_out = plan.cases[:-1] or plan.cases, plan.cases[-1]
        found, told = FidelityStatistics(), []
        for number, case in enumerate(scored, 1):
            if case.id not in plan.replies:
                yield ReplyGiven(done=number, cases=len(plan.cases))
            found.add(scores(number))
            worst = WorstToken(
                token=number,
                text="Paris",
                instead="Ly\x1b[2Jon",
                probability=0.9,
                candidate_probability=0.004,
                kld=float(number),
            )
            told.append(
                ReplyFidelity(case=case.id, mean_kld=0.1, same_top_percent=75.0, worst=worst)
            )
        one = Estimate(value=1.5, plus_minus=0.1, clustered_plus_minus=None)
        yield FidelityDone(
            document=FidelityDocument(
                scored="replies",
                n_ctx=40,
                chunks=len(scored),
                scored_tokens=32 * len(scored),
                text=FidelityText(name=plan.name, sha256="0" * 64, size_bytes=9),
                reference=FidelityReference(name=plan.reference.name, ppl=one),
                candidates=(found.result(plan.candidates[0].name, None, tuple(told)),),
                replies=tuple(
                    ScoredReply(
                        case=case.id, prompt=case.messages[-1].content, reply="x", tokens=32
                    )
                    for case in scored
                ),
                left_out=(LeftOut(case=left_out.id, reason="The reply has no tokens to score."),),
            )
        )

    def _document(
        self, plan: FidelityPlan, statistics: list[FidelityStatistics]
    ) -> FidelityDocument:
        noise = NoiseFloor(n_batch=256, scored_tokens=32, mean_kld=1e-6, same_top_percent=100.0)
        candidates: list[Any] = [
            found.result(candidate.name, noise)
            for candidate, found in zip(plan.candidates, statistics, strict=True)
        ]
        one = Estimate(value=1.5, plus_minus=0.1, clustered_plus_minus=None)
        if self._other_tokenizer:
            candidates[0] = OtherTokenizer(
                name=plan.candidates[0].name,
                reason="Its tokens are others.",
                ppl=one,
                bits_per_byte=one,
                bits_per_byte_base=one,
            )
        return FidelityDocument(
            n_ctx=plan.n_ctx,
            chunks=statistics[0].chunks,
            scored_tokens=32 * statistics[0].chunks,
            text=FidelityText(name=plan.text_name, sha256="0" * 64, size_bytes=len(plan.text)),
            reference=FidelityReference(name=plan.reference.name, ppl=one),
            candidates=tuple(candidates),
            noise_floor=noise,
            stopped="stopped by the user" if self._stopped.is_set() else None,
        )


def unbroken(capsys: Capture) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("A text of many words.", encoding="utf-8")
    return path


def compare(files: list[str], bench: Chunks, text: Path | None, **options: Any) -> int:
    reference, *candidates = [Path(each) for each in files]
    return fidelity(
        reference,
        candidates,
        FidelityOptions(text=text, **options),
        make_bench=lambda: bench,
        describe_model=describe_nothing,
        read_session=no_session,
        read_environment=lambda: ENVIRONMENT,
    )


def recorded() -> list[Session]:
    with History.open(database_path()) as history:
        return [history.session(each.id) for each in history.sessions(10)]


def test_a_file_that_is_set_against_itself_is_named(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    big, small = model_files("big", "small")
    assert compare([big, small, big], Chunks(), text) == 0
    told = capsys.readouterr().err
    assert "big (2) is the reference's own file with the same settings" in told
    assert "small is" not in told


def no_session(session_id: str) -> Session:
    raise AssertionError(session_id)


def test_a_table_and_a_plain_sentence_for_each_candidate(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small", "tiny"), Chunks(), text) == 0
    shown = capsys.readouterr().out
    assert "text.txt: 128 tokens scored in 4 chunks of 512." in shown
    for name in ("small", "tiny"):
        assert f"{name} would write the same next token as big in 75.0 of 100 places." in shown
    assert "Noise floor: big against itself in batches of 256" in shown


def test_a_run_is_recorded_and_shown_again_as_it_was(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    compare(model_files("big", "small", "tiny"), Chunks(), text)
    printed = capsys.readouterr()
    (session,) = recorded()
    assert (session.kind, session.status) == ("fidelity", "finished")
    assert session.title == "Fidelity on text.txt: small, tiny to big"
    assert [each.name for each in session.contenders] == ["big", "small", "tiny"]
    assert session.environment == ENVIRONMENT
    assert session.id in printed.err
    show_session(session.id, as_json=False)
    shown = capsys.readouterr().out
    assert printed.out in shown
    assert "fidelity · finished\n" in shown


def test_a_stopped_run_is_recorded_with_what_was_scored(
    model_files: ModelFiles, text: Path
) -> None:
    assert compare(model_files("big", "small"), Chunks(presses=2), text) == 130
    (session,) = recorded()
    assert session.status == "stopped"
    assert session.fidelity is not None
    assert session.fidelity.chunks == 2


def test_a_run_is_left_unrecorded_on_request(model_files: ModelFiles, text: Path) -> None:
    assert compare(model_files("big", "small"), Chunks(), text, no_history=True) == 0
    assert not database_path().exists()


def test_a_candidate_with_another_tokenizer_is_told_in_bits_a_byte(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(other_tokenizer=True), text) == 0
    assert "It needs 1.50 ± 0.10 bits for a byte of this text" in unbroken(capsys)


def test_json_has_the_keys_of_llama_perplexity_with_clustered_errors(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(), text, as_json=True) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["n_ctx"], found["chunks"], found["scored_tokens"]) == (512, 4, 128)
    (small,) = found["candidates"]
    oracle = json.loads((DATA / "fidelity.json").read_text(encoding="utf-8"))
    assert set(oracle["candidates"]["Q8_0"]) - {"file_sha256"} <= set(small)
    assert small["same_top_percent"]["value"] == 75
    assert "clustered_plus_minus" in small["mean_kld"]


def test_options_go_into_the_plan(model_files: ModelFiles, text: Path) -> None:
    bench = Chunks()
    options = {"ctx": 128, "chunks": 1, "until": 0.01, "no_noise_floor": True, "threads": 1}
    compare(model_files("big", "small"), bench, text, **options)
    plan = bench.plan
    assert isinstance(plan, FidelityPlan)
    assert (plan.n_ctx, plan.max_chunks, plan.until, plan.noise_floor) == (128, 1, 0.01, False)
    assert {each.runtime.threads for each in (plan.reference, *plan.candidates)} == {1}


def test_without_a_text_the_bundled_english_one_is_taken(model_files: ModelFiles) -> None:
    bench = Chunks()
    assert compare(model_files("big", "small"), bench, None) == 0
    assert isinstance(bench.plan, FidelityPlan)
    assert bench.plan.text.startswith("Chapter 1\n\nSir Walter Elliot")
    assert bench.plan.text_name == "English prose"


def test_bundled_texts_are_listed_with_their_licences_and_taken_by_name(
    model_files: ModelFiles, capsys: Capture
) -> None:
    assert fidelity(None, [], FidelityOptions(bundled="list")) == 0
    listed = unbroken(capsys)
    assert "german German technical prose." in listed
    assert "CC BY-SA 3.0" in listed
    bench = Chunks()
    assert compare(model_files("big", "small"), bench, None, bundled="code") == 0
    assert isinstance(bench.plan, FidelityPlan)
    assert "import" in bench.plan.text


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text("Capital of France?\nAnd of Spain?\nAnd of \x1b[2JItaly?\n", encoding="utf-8")
    return path


def test_on_prompts_the_worst_places_and_what_was_left_out_are_told(
    model_files: ModelFiles, prompts: Path, capsys: Capture
) -> None:
    bench = Chunks()
    assert compare(model_files("big", "small"), bench, None, prompts=prompts, max_tokens=9) == 0
    plan = bench.plan
    assert isinstance(plan, RepliesPlan)
    assert (len(plan.cases), plan.max_tokens, plan.replies) == (3, 9, {})
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    shown = " ".join(shown.split())
    assert "prompts.txt: 64 tokens of 2 replies scored." in shown
    assert "Where small is furthest from the replies:" in shown
    assert shown.index("2: And of Spain?") < shown.index("1: Capital of France?")
    assert "90 % → 0.4 %" in shown
    assert "Left out: prompt 3. The reply has no tokens to score." in shown


def test_a_long_prompt_is_cut_before_the_figures_beside_it(
    model_files: ModelFiles, tmp_path: Path, capsys: Capture
) -> None:
    long = tmp_path / "long.txt"
    long.write_text("word " * 60 + "\nThe last one is left out.\n", encoding="utf-8")
    assert compare(model_files("big", "small"), Chunks(), None, prompts=long) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.startswith("1: word word")]
    assert "…" in row
    assert "90 % → 0.4 %" in row
    assert any(line.rstrip().endswith("likeliest") for line in lines)


def test_a_limit_on_chunks_is_one_on_prompts(model_files: ModelFiles, prompts: Path) -> None:
    bench = Chunks()
    compare(model_files("big", "small"), bench, None, prompts=prompts, chunks=2, ctx=300)
    assert isinstance(bench.plan, RepliesPlan)
    assert [case.id for case in bench.plan.cases] == ["1", "2"]
    assert bench.plan.candidates[0].runtime.n_ctx == 300


def test_a_recorded_session_gives_the_replies_of_its_reference(model_files: ModelFiles) -> None:
    bench, files = Chunks(), [Path(each) for each in model_files("big", "small")]
    contenders = read_contenders(files, Runtime(), describe_nothing)
    cases = (Case(id="1", messages=(Message(role="user", content="Who?"),)),)
    replies = [
        Reply(contender=each.name, case="1", repeat=0, text=each.name, finish_reason="stop")
        for each in contenders
    ]
    recorded = session(Plan(contenders=contenders, cases=cases), *replies)
    fidelity(
        files[0],
        files[1:],
        FidelityOptions(session="abc"),
        make_bench=lambda: bench,
        describe_model=describe_nothing,
        read_session={"abc": recorded}.__getitem__,
        read_environment=lambda: ENVIRONMENT,
    )
    assert isinstance(bench.plan, RepliesPlan)
    assert bench.plan.cases == cases
    assert bench.plan.replies["1"].text == "big"


def test_ctrl_c_gives_what_was_scored_until_then(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(presses=2), text, as_json=True) == 130
    found = json.loads(capsys.readouterr().out)
    assert (found["chunks"], found["stopped"]) == (2, "stopped by the user")


def test_ctrl_c_before_the_first_chunk_says_so(
    model_files: ModelFiles, text: Path, capsys: Capture
) -> None:
    assert compare(model_files("big", "small"), Chunks(presses=0), text) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "before anything was scored" in captured.err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"bundled": "klingon"}, "no bundled text “klingon”"),
        ({"bundled": "code", "session": "a"}, "only one of --bundled and --session"),
        ({"prompts": Path("nowhere.txt")}, "no file nowhere.txt"),
    ],
)
def test_what_cannot_be_measured_on_is_wrong_usage(
    options: dict[str, Any], reason: str, model_files: ModelFiles
) -> None:
    with pytest.raises(WrongUsage, match=reason):
        compare(model_files("big", "small"), Chunks(), None, **options)


@pytest.mark.parametrize(
    ("names", "text_name", "reason"),
    [
        (["big"], "text.txt", "at least one candidate"),
        (["big", "small"], "nowhere.txt", "nowhere.txt, given to --text"),
        (["big", "small"], "binary", "not UTF-8"),
    ],
)
def test_wrong_usage_is_a_sentence(
    names: list[str], text_name: str, reason: str, model_files: ModelFiles, text: Path
) -> None:
    (text.parent / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongUsage, match=reason):
        compare(model_files(*names), Chunks(), text.with_name(text_name))


def test_a_missing_model_is_wrong_usage(
    model_files: ModelFiles, text: Path, tmp_path: Path
) -> None:
    with pytest.raises(WrongUsage, match="nowhere"):
        compare([*model_files("big"), str(tmp_path / "nowhere.gguf")], Chunks(), text)


def test_two_real_models_are_compared(
    small_model: Path, quantized: dict[str, Path], run_main: RunMain
) -> None:
    ran = run_main(
        *("fidelity", str(small_model), str(quantized["Q2_K"]), "--text", str(DATA / "gpl-3.txt")),
        *("--chunks", "1", "-c", "128", "-t", "1", "--no-noise-floor", "--json"),
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["chunks"] == 1
    (candidate,) = found["candidates"]
    assert candidate["name"].endswith("Q2_K")
    assert 0 < candidate["mean_kld"]["value"] < 5
    assert 20 < candidate["same_top_percent"]["value"] < 100


def test_real_models_are_compared_on_prompts(
    small_model: Path, quantized: dict[str, Path], run_main: RunMain, tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"prompt": "Capital of France?"}\n{"prompt": "And Spain?"}\n')
    ran = run_main(
        *("fidelity", str(small_model), str(quantized["Q2_K"]), "--prompts", str(prompts)),
        *("-n", "12", "-c", "256", "-t", "1", "--json"),
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["scored"], found["chunks"]) == ("replies", 2)
    assert [each["prompt"] for each in found["replies"]] == ["Capital of France?", "And Spain?"]
    assert found["noise_floor"]["scored_tokens"] == found["scored_tokens"]
    (candidate,) = found["candidates"]
    assert {each["case"] for each in candidate["replies"]} == {"1", "2"}
