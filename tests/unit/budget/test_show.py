"""What is printed: every part of the amount, on what it rests, and where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from loopmart.budget.show import print_response, print_suggestion
from loopmart.errors import LoopmartError
from loopmart.settings import Settings
from tests.unit.budget.world import Row, list_campaigns, open_marts

SMS = list_campaigns("sms", 9, "last_touch", "allocated only")
FLYER = list_campaigns("flyer", 3, "last_touch", "allocated only")


@pytest.fixture
def publish(settings: Settings) -> Callable[[list[Row]], Settings]:
    """Publish campaigns in a world of their own."""

    def write(rows: list[Row]) -> Settings:
        settings.serving_dir.mkdir(parents=True)
        with open_marts(rows, str(settings.serving_dir / "marts.duckdb")):
            return settings

    return write


def suggest(settings: Settings, amount: str, **options: Any) -> list[str]:
    page = StringIO()
    chosen = {"method": "last_touch", "margin_rate": None, "currency": None} | options
    print_suggestion(settings, Console(file=page, width=200), Decimal(amount), Decimal("0.1"), **chosen)
    return page.getvalue().splitlines()


def test_the_amount_is_told_of_to_the_last_yuan(publish: Callable[[list[Row]], Settings]) -> None:
    lines = suggest(publish(SMS + FLYER), "5000", margin_rate=1.0)
    (row,) = [line.split() for line in lines if "allocated only  " in line]
    assert "400.00" in row, "40 * cost ** 0.5 returns a yuan for a yuan at 400"
    assert "800.00" in row
    assert "flyer: nothing, not enough data - campaigns with a cost: 3 of at least 8" in "\n".join(lines)
    assert "kept for exploration: 500.00 for flyer, with a hold-out" in lines
    assert any(line.startswith("left unassigned: 4,100.00;") for line in lines)
    assert "margin is 100.0% of net sales, as given" in lines
    assert lines[-1].startswith("allocated only: orders were shared out by last_touch")


def test_the_margin_is_that_of_the_orders_whose_cost_is_known(publish: Callable[[list[Row]], Settings]) -> None:
    lines = suggest(publish(SMS), "5000")
    assert "margin is 50.0% of net sales, as in the orders whose cost is known" in lines
    (row,) = [line.split() for line in lines if "allocated only  " in line]
    assert "100.00" in row, "at half the margin a yuan returns itself at a quarter of the cost"


def test_what_was_measured_is_not_called_allocated(publish: Callable[[list[Row]], Settings]) -> None:
    lines = suggest(publish(SMS + list_campaigns("sms", 8, "holdout", "measured gain")), "500")
    assert not [line for line in lines if "allocated" in line]


def test_a_currency_that_nothing_cost_is_refused(publish: Callable[[list[Row]], Settings]) -> None:
    with pytest.raises(LoopmartError, match="--currency EUR: no channel has cost any EUR"):
        suggest(publish(SMS), "500", currency="EUR")


def test_a_curve_is_shown_from_the_lowest_to_the_highest_cost_ever_seen(
    publish: Callable[[list[Row]], Settings],
) -> None:
    page = StringIO()
    console = Console(file=page, width=200)
    print_response(publish(SMS + FLYER), console, method="last_touch", currency=None)
    text = page.getvalue()
    rows = [line.split() for line in text.splitlines() if " to " in line]
    assert [next(cell for cell in row if cell[0].isdigit()) for row in rows] == [
        "100.00", "300.00", "500.00", "700.00", "900.00",
    ]  # fmt: skip
    assert "flyer: not enough data" in text
    assert rows[-1][1:3] == ["(latest)", "1,200.00"]
