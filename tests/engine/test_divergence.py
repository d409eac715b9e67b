"""A reply put through two models, on the real small model and its quantizations."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract import Contender, ModelFile, Runtime
from engine.divergence import Divergence, DivergenceBench, units
from engine.errors import ContextExceeded, NotEnoughMemory, RequestError
from engine.protocol import PartedToken
from tests.engine.fakes import SmallFit, case
from tests.engine.running import running_worker

QUESTION = case(text="Name three colours and say why you like them.")


def model(path: Path, name: str, n_ctx: int = 512) -> Contender:
    file = ModelFile(path=str(path), file=path.name, size_bytes=1)
    return Contender(name=name, model=file, runtime=Runtime(n_ctx=n_ctx, threads=1))


def part(reference: Contender, candidate: Contender, reply: str) -> Divergence:
    found = list(DivergenceBench(fit=SmallFit()).run(reference, candidate, QUESTION, reply))[-1]
    assert isinstance(found, Divergence)
    return found


@pytest.fixture(scope="module")
def reply(small_model: Path) -> str:
    with running_worker() as running:
        running.load(small_model)
        return running.ask(QUESTION, max_tokens=100).text


def test_a_model_never_leaves_its_own_reply(small_model: Path, reply: str) -> None:
    same = part(model(small_model, "A"), model(small_model, "B"), reply)
    assert "".join(token.text for token in same.tokens) == reply
    assert all(abs(token.kld) < 1e-6 for token in same.tokens)
    assert all(
        token.probability == pytest.approx(token.candidate_probability) for token in same.tokens
    )
    # Greedy wrote it; the batch rounds a little differently, so a near-tie may fall the other way.
    assert len(same.differing) <= len(same.tokens) // 20


def test_a_coarse_quantization_leaves_it_and_both_lists_say_for_what(
    small_model: Path, quantized: dict[str, Path], reply: str
) -> None:
    found = part(model(small_model, "Q4_1"), model(quantized["Q2_K"], "Q2_K"), reply)
    assert found.differing
    first = found.tokens[found.differing[0]]
    assert first.rank > 1
    assert first.candidate_top[0].token != first.token
    assert first.kld > 0
    for token in found.tokens:
        assert len(token.top) == len(token.candidate_top) == 5
        chances = [entry.probability for entry in token.candidate_top]
        assert chances == sorted(chances, reverse=True)
        assert 0 <= token.candidate_probability <= chances[0] + 1e-6
        assert (token.rank == 1) == (token.candidate_top[0].token == token.token)
    assert 0 <= found.margin(found.differing[0]) <= 1


def test_a_finer_quantization_leaves_it_less_often(
    small_model: Path, quantized: dict[str, Path], reply: str
) -> None:
    reference = model(small_model, "Q4_1")
    coarse = part(reference, model(quantized["Q2_K"], "Q2_K"), reply)
    fine = part(reference, model(quantized["Q8_0"], "Q8_0"), reply)
    assert len(fine.differing) < len(coarse.differing)


def test_a_reply_that_is_too_long_or_empty_is_refused(small_model: Path) -> None:
    pair = (model(small_model, "A", 256), model(small_model, "B", 256))
    with pytest.raises(ContextExceeded, match="the context holds 256"):
        part(*pair, "word " * 300)
    with pytest.raises(RequestError, match="no tokens"):
        part(*pair, "")


def test_models_that_cut_text_differently_are_refused_with_the_reason(
    small_model: Path, other_tokenizer: Path
) -> None:
    with pytest.raises(RequestError, match="cut text into different tokens"):
        part(model(small_model, "A"), model(other_tokenizer, "B"), 'A "word" (or two).')


def test_two_models_that_do_not_fit_together_are_refused_before_they_load(
    small_model: Path,
) -> None:
    bench = DivergenceBench(fit=SmallFit(need_bytes=1 << 50))
    with pytest.raises(NotEnoughMemory, match="2 models"):
        list(bench.run(model(small_model, "A"), model(small_model, "B"), QUESTION, "Blue."))


def test_a_sign_spread_over_several_tokens_is_told_by_its_bytes_and_joined_again(
    small_model: Path,
) -> None:
    reply = "A 🦙 and 鰻, naïve."
    found = part(model(small_model, "A"), model(small_model, "B"), reply)
    assert "".join(unit.text for unit in found.units) == reply
    llama = next(unit for unit in found.units if "🦙" in unit.text)
    assert llama.stop - llama.start > 1
    parts = found.tokens[llama.start : llama.stop]
    assert b"".join(part.piece or part.text.encode() for part in parts).decode() == llama.text
    assert "‹F0 9F" in "".join(part.text for part in parts)
    assert all("�" not in token.text for token in found.tokens)
    shown = [chance.text for token in found.tokens for chance in (*token.top, *token.candidate_top)]
    assert not any("�" in text for text in shown)


def test_bytes_that_never_become_a_character_are_shown_at_their_place() -> None:
    tokens = [parted("a"), parted("‹F0›", b"\xf0"), parted("b"), parted("‹E3›", b"\xe3")]
    assert [(unit.start, unit.stop, unit.text) for unit in units(tokens)] == [
        (0, 1, "a"),
        (1, 3, "�b"),
        (3, 4, "�"),
    ]
    assert units(()) == ()


def parted(text: str, piece: bytes | None = None) -> PartedToken:
    return PartedToken(
        token=1,
        text=text,
        probability=0.5,
        candidate_probability=0.5,
        rank=1,
        kld=0.0,
        top=(),
        candidate_top=(),
        piece=piece,
    )
