"""What a suggestion rests on, what it leaves out and says so, and that every cent of the amount is told of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loopmart.budget.channels import ALLOCATED, MEASURED, Channel, read_channels
from loopmart.budget.suggestion import Suggestion, suggest_split
from loopmart.errors import LoopmartError
from tests.unit.budget.world import Row, list_campaigns, open_marts

SMS = list_campaigns("sms", 9, "last_touch", "allocated only")
MAIL = list_campaigns("mail", 9, "last_touch", "allocated only", scale=20.0)
FLYER = list_campaigns("flyer", 3, "last_touch", "allocated only")
SMS_MEASURED = list_campaigns("sms", 8, "holdout", "no effect found", scale=30.0)


def read(rows: list[Row]) -> list[Channel]:
    with open_marts(rows) as marts:
        return read_channels(marts, "last_touch")


def suggest(rows: list[Row], amount: str = "500.00", explore: str = "0.1", margin_rate: float = 1.0) -> Suggestion:
    return suggest_split(Decimal(amount), read(rows), Decimal(explore), margin_rate)


@pytest.mark.parametrize("amount", ["0.03", "99.99", "5000.00"])
@pytest.mark.parametrize("explore", ["0", "0.15", "1"])
def test_every_cent_is_suggested_kept_or_left(amount: str, explore: str) -> None:
    told = suggest(SMS + MAIL + FLYER, amount, explore)
    assert sum(share for _, share in told.shares) + told.exploration + told.rest == told.amount
    assert told.rest >= 0


def test_the_channel_that_returns_twice_as_much_gets_four_times_as_much() -> None:
    told = suggest(SMS + MAIL, "250.00", "0")
    shares = {channel.name: share for channel, share in told.shares}
    assert shares["sms"] == pytest.approx(4 * shares["mail"], rel=Decimal("0.001"))
    assert sum(shares.values()) == pytest.approx(250, abs=0.02)


def test_beyond_what_was_ever_spent_nothing_is_suggested() -> None:
    told = suggest(list_campaigns("sms", 9, "last_touch", "allocated only", scale=1e6), "5000.00", "0")
    assert [(channel.name, share) for channel, share in told.shares] == [("sms", Decimal(900))]
    assert told.rest == 4100


def test_no_yuan_is_suggested_that_does_not_bring_its_own_margin() -> None:
    full, half = (suggest(SMS, "5000.00", "0", rate).shares[0][1] for rate in (1.0, 0.5))
    assert (full, half) == (
        pytest.approx(Decimal(400), abs=Decimal("0.02")),
        pytest.approx(Decimal(100), abs=Decimal("0.02")),
    )


def test_measured_channels_alone_take_part_where_there_are_any() -> None:
    told = suggest(SMS + SMS_MEASURED + MAIL)
    assert told.basis == MEASURED
    assert [channel.name for channel, _ in told.shares] == ["sms"]
    assert [(channel.name, why) for channel, why in told.left_out] == [
        ("mail", "allocated only: what a rule shared out cannot stand beside what was measured")
    ]


def test_without_a_measured_channel_the_basis_says_that_it_is_allocated_only() -> None:
    assert suggest(SMS).basis == ALLOCATED == "allocated only"


def test_of_a_campaign_the_measurement_that_says_most_counts() -> None:
    better = list_campaigns("sms", 8, "holdout_cuped", "measured gain", scale=10.0)
    (channel,) = read(SMS + SMS_MEASURED + better)
    assert {point.method for point in channel.points} == {"holdout_cuped"}
    assert len(channel.points) == 8


def test_a_comparison_that_is_not_causal_counts_for_nothing() -> None:
    naive = list_campaigns("sms", 9, "targeted_vs_never_targeted", "not causal", scale=999.0)
    (channel,) = read(SMS + naive)
    assert {point.method for point in channel.points} == {"last_touch"}


def test_too_few_campaigns_have_no_curve_but_say_how_many_would_do() -> None:
    told = suggest(SMS + FLYER)
    assert [(channel.name, why) for channel, why in told.left_out] == [
        ("flyer", "not enough data - campaigns with a cost: 3 of at least 8; different costs: 3 of at least 4")
    ]


def test_a_channel_of_which_little_was_measured_does_not_fall_back_to_what_was_allocated() -> None:
    (channel,) = read(SMS + SMS_MEASURED[:2])
    assert (channel.basis, channel.curve) == (MEASURED, None)
    assert channel.lack.startswith("measured campaigns with a cost: 2 of at least 8")


def test_costs_in_several_currencies_are_never_one_curve() -> None:
    mixed = [(*row[:4], "USD" if row[5] > 500 else "CNY", *row[5:]) for row in SMS]
    (channel,) = read(mixed)
    assert "costs in several currencies: CNY, USD" in channel.lack


def test_channels_of_several_currencies_ask_for_one() -> None:
    dollars = [(*row[:4], "USD", *row[5:]) for row in MAIL]
    with pytest.raises(LoopmartError, match="CNY, USD: name one with --currency"):
        suggest(SMS + dollars)


@pytest.mark.parametrize(
    ("amount", "explore", "margin_rate"), [("0", "0.1", 1.0), ("5", "1.1", 1.0), ("5", "0.1", 0.0)]
)
def test_what_cannot_be_meant_is_refused_with_its_values(amount: str, explore: str, margin_rate: float) -> None:
    with pytest.raises(LoopmartError, match=f"amount {amount}, exploration {explore}, margin rate {margin_rate}"):
        suggest(SMS, amount, explore, margin_rate)


def test_a_method_that_allocates_nothing_is_refused_with_those_that_do() -> None:
    with open_marts(SMS) as marts, pytest.raises(LoopmartError, match=r"--method luck: .* last_touch"):
        read_channels(marts, "luck")


def test_campaigns_without_any_cost_are_refused_with_what_to_do() -> None:
    with open_marts([]) as marts, pytest.raises(LoopmartError, match="load what campaigns cost"):
        read_channels(marts, "last_touch")
