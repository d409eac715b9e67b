"""diverge, on the real small model and on made-up partings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.app import run
from cli.diverge import print_divergence
from engine.divergence import Divergence
from engine.protocol import PartedToken, TokenChance
from tests.cli.fakes import paper, written


def token(text: str, *, rank: int = 1, ahead: float = 0.5, instead: str = "x") -> PartedToken:
    best = 0.6
    return PartedToken(
        token=1,
        text=text,
        probability=best,
        candidate_probability=0.2,
        rank=rank,
        kld=0.1,
        top=(
            TokenChance(token=1, text=text, probability=best),
            TokenChance(token=2, text="y", probability=best - ahead),
        ),
        candidate_top=(TokenChance(token=3, text=instead, probability=0.7),),
    )


def shown(*tokens: PartedToken) -> str:
    console = paper()
    print_divergence(console, Divergence(reference="big", candidate="small", tokens=tokens))
    return " ".join(written(console).split())


def test_a_reply_without_a_difference_says_so() -> None:
    assert "small would have written every one of these 2 tokens" in shown(token("a"), token("b"))


def test_a_difference_names_both_tokens_and_how_sure_the_reference_was() -> None:
    text = shown(token("a"), token(" cat", rank=2, instead=" dog", ahead=0.5))
    assert "At 1 of 2 tokens" in text
    assert "the first is token 2" in text
    assert "' cat' 60 % → ' dog' 70 % (gives ' cat' 20 %); a clear choice" in text
    assert "a coin flip" in shown(token("a", rank=2, ahead=0.05))


def test_control_characters_of_a_model_stay_visible() -> None:
    assert "\x1b" not in shown(token("\x1b[31m", rank=2, instead="\x1b]0;title\x07"))


def test_two_real_models_part_and_the_document_holds_every_token(
    small_model: Path, quantized: dict[str, Path], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    models = [str(small_model), str(quantized["Q2_K"])]
    code = run(["diverge", *models, "-p", "Name a colour.", "-n", "24", "-t", "1", "--json"])
    document = json.loads(capfdbinary.readouterr().out)
    assert code == 0
    assert 5 < len(document["tokens"]) <= 24
    assert {"text", "rank", "kld", "top", "candidate_top"} <= document["tokens"][0].keys()
