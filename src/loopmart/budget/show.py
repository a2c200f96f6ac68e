"""What a person asks before money is spent: what channels return, and how an amount might be split."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from loopmart.budget.channels import ALLOCATED, Channel, read_channels
from loopmart.budget.curves import CONFIDENCE, Curve
from loopmart.budget.suggestion import Suggestion, suggest_split
from loopmart.errors import LoopmartError
from loopmart.settings import Settings
from loopmart.show import open_published
from loopmart.terminal import PLAIN

BAR_WIDTH = 12
POINTS = 5
_MARGIN = """
    select cast(sum(margin_amount) as double) / nullif(cast(sum(net_sales_amount) as double), 0)
    from marts.orders where margin_amount is not null
"""


def print_suggestion(
    settings: Settings,
    console: Console,
    amount: Decimal,
    explore: Decimal,
    *,
    method: str,
    margin_rate: float | None,
    currency: str | None,
) -> None:
    """Print a split of an amount as a table with bars, what is kept and left, and on what it rests.

    Raises:
        LoopmartError: as `read_channels` and `suggest_split` do.
    """
    with open_published(settings) as marts:
        channels = _choose(read_channels(marts, method), currency)
        rate, told = (margin_rate, "as given") if margin_rate else _read_margin_rate(marts)
    suggestion = suggest_split(amount, channels, explore, rate)
    if suggestion.shares:
        console.print(_draw_split(suggestion, rate))
    for channel, why in suggestion.left_out:
        console.print(f"{channel.name}: nothing, {why}", **PLAIN)
    if suggestion.exploration:
        unknown = ", ".join(channel.name for channel, _ in suggestion.left_out) or "a channel or an offer not tried yet"
        console.print(f"kept for exploration: {suggestion.exploration:,.2f} for {unknown}, with a hold-out", **PLAIN)
    if suggestion.rest:
        console.print(
            f"left unassigned: {suggestion.rest:,.2f}; beyond what was ever spent nothing is known, and one more yuan "
            f"must bring {suggestion.least_return:,.2f} of net sales",
            **PLAIN,
        )
    console.print(f"margin is {rate:.1%} of net sales, {told}", **PLAIN)
    if suggestion.basis == ALLOCATED:
        console.print(
            f"allocated only: orders were shared out by {method}, whether or not the campaign brought them; hold "
            "members out at random, and the next split rests on what was measured",
            **PLAIN,
        )


def print_response(settings: Settings, console: Console, *, method: str, currency: str | None) -> None:
    """Print what campaigns of each channel return at points from the lowest to the highest cost ever seen.

    Raises:
        LoopmartError: as `read_channels` does.
    """
    with open_published(settings) as marts:
        channels = _choose(read_channels(marts, method), currency)
    table = Table(box=box.SIMPLE_HEAD, title="What one campaign returns by what it costs", title_justify="left")
    for heading in ("channel", "basis"):
        table.add_column(heading)
    for heading in (
        "cost",
        "net sales",
        f"{CONFIDENCE:.0%} interval",
        "next yuan brings",
        f"{CONFIDENCE:.0%} interval",
    ):
        table.add_column(heading, justify="right")
    for channel in channels:
        _add_curve(table, channel)
    if table.row_count:
        console.print(table)
    for channel in channels:
        if channel.lack:
            console.print(f"{channel.name}: not enough data - {channel.lack}", **PLAIN)


def _choose(channels: list[Channel], currency: str | None) -> list[Channel]:
    chosen = [channel for channel in channels if currency in (None, channel.currency)]
    if not chosen:
        raise LoopmartError(f"--currency {currency}: no channel has cost any {currency}")
    return chosen


def _read_margin_rate(marts: duckdb.DuckDBPyConnection) -> tuple[float, str]:
    """Share of net sales that is margin, and how it is known."""
    (rate,) = marts.execute(_MARGIN).fetchone() or (None,)
    if rate and 0 < rate <= 1:
        return float(rate), "as in the orders whose cost is known"
    return 1.0, "for the cost of no order is known: give --margin-rate, else too much is suggested"


def _draw_split(suggestion: Suggestion, margin_rate: float) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Suggested split of {suggestion.amount:,.2f} {suggestion.currency}, one campaign a channel",
        title_justify="left",
    )
    for heading in ("channel", "basis"):
        table.add_column(heading)
    for heading in ("campaigns", "latest cost", "marginal ROI", "highest cost", "suggested"):
        table.add_column(heading, justify="right")
    table.add_column("", no_wrap=True)
    for heading in ("net sales", f"{CONFIDENCE:.0%} interval", "marginal ROI"):
        table.add_column(heading, justify="right")
    largest = max(share for _, share in suggestion.shares)
    for channel, share in suggestion.shares:
        curve = channel.curve
        if curve is None:
            continue
        latest = channel.latest_spend
        bar = "█" * round(BAR_WIDTH * share / largest) if largest else ""
        known = [f"{latest:,.2f}", _tell_marginal_roi(curve, latest, margin_rate), f"{curve.highest:,.2f}"]
        told = ["", "", ""]
        if share:
            spend = np.array([float(share)])
            (low,), (high,) = curve.bound_response(spend)
            told = [f"{curve.respond(spend)[0]:,.2f}", f"{low:,.2f} to {high:,.2f}"]
            told.append(_tell_marginal_roi(curve, float(share), margin_rate))
        table.add_row(channel.name, channel.basis, str(len(channel.points)), *known, f"{share:,.2f}", bar, *told)
    return table


def _add_curve(table: Table, channel: Channel) -> None:
    curve = channel.curve
    if curve is None:
        return
    evenly = np.linspace(min(point.spend for point in channel.points), curve.highest, POINTS)
    spends = np.unique([*evenly, channel.latest_spend])
    response, derivative = curve.respond(spends), curve.differentiate(spends)
    ends, slopes = curve.bound_response(spends), curve.bound_derivative(spends)
    for at, spend in enumerate(spends):
        table.add_row(
            channel.name if not at else "",
            channel.basis if not at else "",
            f"{spend:,.2f}" + (" (latest)" if spend == channel.latest_spend else ""),
            f"{response[at]:,.2f}",
            f"{ends[0][at]:,.2f} to {ends[1][at]:,.2f}",
            f"{derivative[at]:.2f}",
            f"{slopes[0][at]:.2f} to {slopes[1][at]:.2f}",
        )
    table.add_section()


def _tell_marginal_roi(curve: Curve, spend: float, margin_rate: float) -> str:
    """Margin that one more yuan brings at this spend, less the yuan."""
    return f"{margin_rate * curve.differentiate(np.array([spend]))[0] - 1:+.0%}"
