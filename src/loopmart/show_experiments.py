"""What an experiment could find in this chain, and how often the methods cry wolf on its own past sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from loopmart.errors import LoopmartError
from loopmart.incrementality.estimates import Floats
from loopmart.incrementality.members import LEAST_MEMBERS
from loopmart.incrementality.power import count_needed_members, find_detectable_effect
from loopmart.incrementality.stores import LEAST_CONTROLS, MOST_CONTROLS, PERIODS
from loopmart.incrementality.synthetic import conclude_gaps, find_detectable_gap, find_gaps, list_assignments
from loopmart.incrementality.trials import PLACEBOS, Trial, try_holdouts, try_stores
from loopmart.incrementality.verdicts import CUPED, HOLDOUT
from loopmart.settings import Settings
from loopmart.show import open_published

STORE_WINDOWS = 12  # past windows that stores are tried on, a week apart
SEED = 20260404

_MEMBERS = """
    with sales as (
        select
            member_id,
            sum(net_sales_amount) filter (business_date > $1) as after,
            sum(net_sales_amount) filter (business_date <= $1) as before
        from marts.orders
        where business_date > $1 - cast($3 as int) and business_date <= $2
        group by member_id
    )
    select coalesce(sales.after, 0)::double as after, coalesce(sales.before, 0)::double as before
    from marts.members as members
    left join sales on members.member_id = sales.member_id
    where members.first_order_at < $1 + interval 1 day
    order by members.member_id
"""
_STORES = "select store_id, business_date, sum(net_sales_amount)::double from marts.orders group by all order by all"


@dataclass(frozen=True)
class Members:
    """Net sales of each member who had bought before the window: in it, and on as many days before."""

    after: Floats
    before: Floats
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Stores:
    """Net sales of stores by day with sales, in their mean before: weeks before, and the window; window by window."""

    before: Floats
    after: Floats


def print_power_of_members(settings: Settings, console: Console, days: int, held_out: float, lift: float) -> None:
    """What a hold-out of all members over so many days would find, by the last such days that are published.

    Raises:
        LoopmartError: nothing is published yet, or there are too few members or days.
    """
    with open_published(settings) as published:
        members = _read_members(published, days)
    size = len(members.after)
    control = round(size * held_out)
    mean = float(members.after.mean())
    correlation = _correlate(members)
    deviations = {HOLDOUT: float(members.after.std(ddof=1))}
    deviations[CUPED] = deviations[HOLDOUT] * float(np.sqrt(1 - correlation**2))
    table = _open_table(
        f"{size:,} members, {held_out:.0%} held out for {days} days ({mean:,.2f} a member on average)",
        ("method", "finds from", "of sales", f"members needed for {lift:.1%}"),
    )
    for method, deviation in deviations.items():
        effect = find_detectable_effect(deviation, size - control, control)
        needed = max(count_needed_members(deviation, lift * mean, 1 - held_out), round(LEAST_MEMBERS / held_out))
        table.add_row(method, f"{effect:,.2f} a member", f"{effect / mean:.1%}", f"{needed:,}")
    console.print(table)
    console.print(
        f"With 95 % intervals, in four cases of five. Sales of {members.first_date} to {members.last_date}; their "
        f"correlation with those of as many days before, {correlation:.2f}, is what holdout_cuped uses."
    )


def print_power_of_stores(settings: Settings, console: Console, days: int) -> None:
    """What a campaign in one, two, four … stores would find by synthetic control, tried on the published past.

    Raises:
        LoopmartError: nothing is published yet, or there are too few stores or weeks.
    """
    with open_published(settings) as published:
        stores = _read_stores(published, days)
    windows, size = stores.after.shape
    table = _open_table(
        f"{size:,} stores, {days} days after {PERIODS} weeks, on {windows} past windows",
        ("stores with the campaign", "stores without", "level", "finds from, of sales"),
    )
    treated = 1
    while size - treated >= LEAST_CONTROLS:
        assignments = list_assignments(size, treated, PLACEBOS if treated > 1 else MOST_CONTROLS)
        gap = find_detectable_gap(stores.before, stores.after, assignments)
        level = conclude_gaps(find_gaps(stores.before[:1], stores.after[:1], assignments)).level
        table.add_row(f"{treated}", f"{size - treated}", f"{level:.1%}", f"{gap:.1%}" if gap < np.inf else "nothing")
        treated *= 2
    console.print(table)
    console.print("In four cases of five, if the stores are chosen at random.")


def print_trials(settings: Settings, console: Console, days: int, draws: int, held_out: float, treated: int) -> None:
    """How often the methods find an effect of campaigns that never were; what cannot be tried is said and left out.

    Raises:
        LoopmartError: nothing is published yet, or nothing can be tried.
    """
    trials: list[Trial] = []
    refusals: list[str] = []
    with open_published(settings) as published:
        try:
            trials += _try_members(published, days, draws, held_out)
        except LoopmartError as error:
            refusals.append(str(error))
        try:
            trials += _try_stores(published, days, draws, treated)
        except LoopmartError as error:
            refusals.append(str(error))
    if not trials:
        raise LoopmartError("; ".join(refusals))
    table = _open_table(
        f"Campaigns of {days} days that never were",
        ("method", "draws", "effects found", "rate", "promised", "by chance alone"),
    )
    for trial in trials:
        spread = 2 * float(np.sqrt(trial.promised * (1 - trial.promised) / trial.draws))
        table.add_row(
            trial.method, f"{trial.draws:,}", f"{trial.false_positives:,}", f"{trial.rate:.1%}",
            f"{trial.promised:.1%}", f"{max(trial.promised - spread, 0):.1%} to {trial.promised + spread:.1%}",
        )  # fmt: skip
    console.print(table)
    for refusal in refusals:
        console.print(refusal, highlight=False)


def _try_members(published: duckdb.DuckDBPyConnection, days: int, draws: int, held_out: float) -> list[Trial]:
    members = _read_members(published, days)
    return try_holdouts(members.after, members.before, draws, held_out)


def _try_stores(published: duckdb.DuckDBPyConnection, days: int, draws: int, treated: int) -> list[Trial]:
    stores = _read_stores(published, days)
    if stores.after.shape[1] - treated < LEAST_CONTROLS:
        raise LoopmartError(
            f"{stores.after.shape[1]} stores have sales in every week: {treated} with a campaign leave fewer than "
            f"{LEAST_CONTROLS}"
        )
    return try_stores(stores.before, stores.after, treated, draws)


def _read_members(published: duckdb.DuckDBPyConnection, days: int) -> Members:
    (last,) = published.execute("select max(business_date) from marts.orders").fetchone() or (None,)
    if last is None:
        raise LoopmartError("no order is published, so that there is no past to learn from")
    start = last - timedelta(days=days)
    rows = published.execute(_MEMBERS, [start, last, days]).fetchall()
    after, before = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    if len(after) < 2 * LEAST_MEMBERS or not np.ptp(after):
        raise LoopmartError(
            f"{len(after)} members had bought before {start + timedelta(days=1)}: a hold-out needs at least "
            f"{2 * LEAST_MEMBERS} of whom some bought after it"
        )
    return Members(after, before, start + timedelta(days=1), last)


def _read_stores(published: duckdb.DuckDBPyConnection, days: int) -> Stores:
    rows = published.execute(_STORES).fetchall()
    if not rows:
        raise LoopmartError("no order is published, so that there is no past to learn from")
    first, last = (choose(day for _, day, _ in rows) for choose in (min, max))
    store_ids = sorted({store for store, _, _ in rows})
    position = {store: number for number, store in enumerate(store_ids)}
    sales = np.full((len(store_ids), (last - first).days + 1), np.nan)
    for store, day, amount in rows:
        sales[position[store], (day - first).days] = amount
    ends = [sales.shape[1] - 7 * number for number in range(STORE_WINDOWS)]
    windows = [sales[:, end - days - 7 * PERIODS : end] for end in ends if end >= days + 7 * PERIODS]
    panels = [_sum_weeks(window, days) for window in windows]
    is_whole = np.all([(panel > 0).all(axis=1) for panel in panels], axis=0) if panels else np.zeros(0, dtype=bool)
    if is_whole.sum() <= LEAST_CONTROLS:
        raise LoopmartError(
            f"{is_whole.sum()} stores have sales in each of {PERIODS} weeks and {days} days: comparing stores needs "
            f"{LEAST_CONTROLS + 1}"
        )
    chosen = np.flatnonzero(is_whole)
    if len(chosen) > MOST_CONTROLS:
        chosen = np.sort(np.random.default_rng(SEED).choice(chosen, MOST_CONTROLS, replace=False))
    panel = np.stack([each[chosen] for each in panels])
    base = panel[..., :PERIODS].mean(axis=-1, keepdims=True)
    return Stores(panel[..., :PERIODS] / base, panel[..., PERIODS] / base[..., 0])


def _sum_weeks(sales: Floats, days: int) -> Floats:
    """Mean of days with sales, week by week before the window and over it, (stores, PERIODS + 1); 0 without any."""
    weeks = [*np.split(sales[:, : 7 * PERIODS], PERIODS, axis=1), sales[:, -days:]]
    counts = [np.maximum((~np.isnan(week)).sum(axis=1), 1) for week in weeks]
    return np.stack([np.nansum(week, axis=1) / count for week, count in zip(weeks, counts, strict=True)], axis=1)


def _correlate(members: Members) -> float:
    if not np.ptp(members.before):
        return 0.0
    return float(np.corrcoef(members.after, members.before)[0, 1])


def _open_table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table
