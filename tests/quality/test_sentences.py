from __future__ import annotations

from engine.contract import Verdict
from engine.quality.sentences import sentence


def test_a_bound_just_below_zero_does_not_read_as_a_loss_of_less_than_nothing() -> None:
    verdict = Verdict(
        reference="big",
        contender="small",
        n=400,
        b=1,
        c=5,
        difference=0.01,
        lower_bound=-0.00004,
        confidence=0.95,
        upper_bound=0.02,
        upper_confidence=0.95,
        margin=0.05,
        outcome="non-inferior",
        method="tango",
        compared_with=1,
        unscored=0,
        overruled=0,
    )
    assert "it loses less than 0.1 points" in sentence(verdict)
