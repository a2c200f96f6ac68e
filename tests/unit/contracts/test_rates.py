"""What payment companies charge, as stores.csv writes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from loopmart.contracts.rates import FeeRate, parse_rates


def test_rates_are_read_with_the_days_of_their_changes() -> None:
    settings = {"rate.wechat": "0.6%|0.54%@2026-07-01", "closes": "22:30", "rate.alipay": "0.3850%"}
    assert parse_rates(settings) == (
        FeeRate("wechat", Decimal("0.006"), None),
        FeeRate("wechat", Decimal("0.0054"), date(2026, 7, 1)),
        FeeRate("alipay", Decimal("0.00385"), None),
    )


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"rate.cash": "1%"}, "rate.cash: write rate.wechat, rate.alipay, rate.card"),
        ({"rate.wechat": "0.006"}, "rate.wechat: write a percentage"),
        ({"rate.wechat": "0.6%@July"}, "first day: 0.6% or 0.54%@2026-07-01 .found '0.6%@July'"),
        ({"rate.wechat": "0.6%@2026-07-01|0.5%"}, "in the order of their days"),
        ({"rate.wechat": "0.6%|0.5%"}, "each day once"),
    ],
)
def test_a_rate_that_cannot_be_read_is_explained(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_rates(settings)
