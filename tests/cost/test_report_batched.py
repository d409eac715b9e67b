"""Sessions whose replies were made many at once."""

from __future__ import annotations

import msgspec
import pytest

from engine.contract import Energy, Session
from engine.cost.ranges import exactly
from engine.cost.report import cost_report
from tests.cost.reports import likely
from tests.cost.sessions import assumptions, measured_session


def in_a_batch(made: Session) -> Session:
    """Half a second a request, as a suite answers them."""
    replies = tuple(
        msgspec.structs.replace(
            each,
            timing=msgspec.structs.replace(
                each.timing, total_s=None, ttft_s=None, batch_share_s=0.5
            ),
            energy=msgspec.structs.replace(each.energy, joules=None, too_short=True),
        )
        for each in made.replies
    )
    return msgspec.structs.replace(made, replies=replies)


def test_a_batched_session_is_priced_and_tells_what_fits_many_at_once() -> None:
    """By hand: 2 a second for a day are 172,800, of which four fifths do not wait long."""
    batched = in_a_batch(measured_session({"A": [(36e3, 2.0)] * 6}))
    (cost,) = cost_report(batched, assumptions(requests_per_day=150_000.0)).contenders
    assert cost.per_request is not None
    assert cost.per_request.likely == pytest.approx(0.003)
    assert cost.capacity is not None
    assert cost.capacity.requests_per_day == pytest.approx(172_800)
    assert cost.capacity.batched
    assert cost.capacity.fit == "fits with long waits"
    assert "was not measured" in cost.capacity.absent["mean_wait_s"]
    assert any("batches" in note for note in cost.notes)


def test_of_a_batch_all_replies_count_and_share_evenly() -> None:
    """By hand: 9 s and 90 kJ in all are 3 s and 30 kJ a request; dropping the long one would halve it."""
    batched = in_a_batch(measured_session({"A": [(80e3, 2.0), (5e3, 2.0), (5e3, 2.0)]}))
    seconds = iter((8.0, 0.5, 0.5))
    replies = tuple(
        msgspec.structs.replace(
            each,
            timing=msgspec.structs.replace(each.timing, batch_share_s=next(seconds)),
            energy=msgspec.structs.replace(each.energy, contaminated=each.case == "case 0"),
        )
        for each in batched.replies
    )
    (cost,) = cost_report(
        msgspec.structs.replace(batched, replies=replies), assumptions(requests_per_day=10.0)
    ).contenders
    assert likely(cost.joules_per_request) == pytest.approx(30e3)
    assert likely(cost.seconds_per_request) == pytest.approx(3.0)
    assert cost.seconds_per_request == exactly(3.0)
    assert cost.replies == 3
    assert "Other programs used the processor during the batch." in cost.notes


def test_a_saving_between_two_batches_says_that_it_has_no_interval() -> None:
    both = in_a_batch(measured_session({"A": [(40e3, 2.0)] * 3, "B": [(38e3, 2.0)] * 3}))
    _, cheaper = cost_report(both, assumptions()).contenders
    assert cheaper.saving is not None
    assert not cheaper.saving.spread_known
    words = "saves 5 % of the energy (from one batch of each, so how sure that is cannot be told)"
    assert words in (cheaper.verdict or "")


def test_a_batch_in_which_a_sensor_failed_has_no_price() -> None:
    batched = in_a_batch(measured_session({"A": [(30e3, 2.0)] * 3}))
    first, *rest = batched.replies
    void = Energy(absent={"joules": "The sensor failed."})
    torn = msgspec.structs.replace(
        batched, replies=(msgspec.structs.replace(first, energy=void), *rest)
    )
    (cost,) = cost_report(torn, assumptions()).contenders
    assert cost.per_request is None
    assert cost.absent["per_request"] == "A sensor failed during the batch."
    assert cost.capacity is not None


def test_beyond_the_batched_rate_nothing_is_priced() -> None:
    batched = in_a_batch(measured_session({"A": [(36e3, 2.0)] * 6}))
    (cost,) = cost_report(batched, assumptions(requests_per_day=180_000.0)).contenders
    assert cost.per_month is None
    assert cost.absent["per_month"].endswith("172,800 requests a day, many at once.")
    assert cost.capacity is not None
    assert cost.capacity.machines_needed == 2
