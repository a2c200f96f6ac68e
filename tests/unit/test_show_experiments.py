"""Power and A/A tests on published marts, as a person sees them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pytest
from rich.console import Console

from loopmart.errors import LoopmartError
from loopmart.incrementality.power import count_needed_members, find_detectable_effect
from loopmart.settings import Settings
from loopmart.show_experiments import print_power_of_members, print_power_of_stores, print_trials

DAYS = 14


def publish(settings: Settings, members: int, stores: int, days: int) -> Settings:
    """Marts in which each member buys on a day of every week in a store, for 1 to 9, and M0 came in the last week."""
    settings.serving_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb")) as engine:
        engine.execute(
            f"""
            create table orders as
            select
                'M' || m.m as member_id, 'S' || (m.m + d.d) % {stores} as store_id,
                date '2026-06-30' - d.d::int as business_date,
                (1 + hash(m.m * 1000 + d.d) % 9)::decimal(18, 2) as net_sales_amount
            from range({members}) as m(m), range({days}) as d(d)
            where (m.m + d.d) % 7 = 0 and (m.m > 0 or d.d < 7);
            create table members as
            select member_id, min(business_date)::timestamp as first_order_at from orders group by all
            """
        )
    return settings


def show(print_it: Callable[..., None], settings: Settings, *arguments: Any) -> list[list[str]]:
    """The rows of the table that is printed, by cell."""
    text = io.StringIO()
    print_it(settings, Console(file=text, width=200), *arguments)
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.getvalue().splitlines()]
    return [line for line in lines if len(line) > 2]


def test_power_of_members_follows_from_their_sales_in_the_last_days(settings: Settings) -> None:
    publish(settings, members=301, stores=3, days=100)
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb")) as engine:
        rows = engine.execute(
            "select sum(net_sales_amount)::double from orders where business_date > date '2026-06-16' "
            "and member_id <> 'M0' group by member_id"
        ).fetchall()
    sales = np.array(rows)
    effect = find_detectable_effect(float(sales.std(ddof=1)), 240, 60)
    needed = count_needed_members(float(sales.std(ddof=1)), 0.05 * float(sales.mean()), 0.8)
    _, holdout, cuped = show(print_power_of_members, settings, DAYS, 0.2, 0.05)
    assert holdout == ["holdout", f"{effect:,.2f} a member", f"{effect / sales.mean():.1%}", f"{needed:,}"]
    assert cuped[0] == "holdout_cuped"
    assert float(cuped[1].split()[0]) <= effect + 0.01


def test_power_of_stores_grows_with_the_stores_and_says_its_level(settings: Settings) -> None:
    publish(settings, members=400, stores=12, days=120)
    _, one, two = show(print_power_of_stores, settings, DAYS)
    assert (one[:3], two[:2]) == (["1", "11", "91.7%"], ["2", "10"])
    assert float(one[3].strip("%")) > 0


def test_a_trial_shows_the_rate_of_each_method_beside_what_it_promises(settings: Settings) -> None:
    publish(settings, members=400, stores=12, days=120)
    _, *rows = show(print_trials, settings, DAYS, 100, 0.2, 1)
    assert [row[0] for row in rows] == ["holdout", "holdout_cuped", "synthetic_control", "pre_post_with_controls"]
    for _, draws, found, rate, promised, _ in rows:
        assert draws == "100"
        assert rate == f"{int(found)}.0%"
        assert promised in ("5.0%", "8.3%")


def test_what_cannot_be_tried_is_said_and_left_out(settings: Settings) -> None:
    publish(settings, members=100, stores=3, days=100)
    text = io.StringIO()
    print_trials(settings, Console(file=text, width=200), DAYS, 50, 0.2, 1)
    assert "holdout_cuped" in text.getvalue()
    assert "synthetic_control" not in text.getvalue()
    assert "3 stores have sales in each of 8 weeks and 14 days: comparing stores needs 10" in text.getvalue()


def test_too_few_members_and_nothing_published_are_errors(settings: Settings) -> None:
    with pytest.raises(LoopmartError, match="nothing is published yet"):
        show(print_power_of_members, settings, DAYS, 0.2, 0.05)
    publish(settings, members=40, stores=3, days=100)
    with pytest.raises(LoopmartError, match="39 members had bought before 2026-06-17: a hold-out needs at least 60"):
        show(print_power_of_members, settings, DAYS, 0.2, 0.05)
    with pytest.raises(LoopmartError, match=r"39 members had .* 3 stores have sales"):
        show(print_trials, settings, DAYS, 50, 0.2, 1)
