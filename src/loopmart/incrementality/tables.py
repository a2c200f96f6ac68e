"""The table that dbt's Python model hands over: what each method says of each campaign and channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.incrementality.channels import conclude_channel
from loopmart.incrementality.estimates import Arm, describe_sums
from loopmart.incrementality.members import Comparison, Window, conclude_holdout, conclude_naive, miss_holdout
from loopmart.incrementality.stores import PERIODS, Panel, conclude_stores
from loopmart.incrementality.verdicts import Finding

Relation = duckdb.DuckDBPyRelation
FINDINGS = pa.schema(
    [
        ("subject_type", pa.string()),
        ("subject_id", pa.string()),
        ("method", pa.string()),
        ("control_member_count", pa.int64()),
        ("control_store_count", pa.int64()),
        ("naive_net_sales_amount", pa.decimal128(18, 2)),
        ("incremental_net_sales_amount", pa.decimal128(18, 2)),
        ("incremental_low", pa.decimal128(18, 2)),
        ("incremental_high", pa.decimal128(18, 2)),
        ("confidence_level", pa.decimal128(9, 4)),
        ("verdict", pa.string()),
        ("verdict_reason", pa.string()),
        ("needed_member_count", pa.int64()),
        ("needed_store_count", pa.int64()),
        ("window_lack", pa.string()),
    ]
)


def tabulate_findings(subjects: Relation, arms: Relation, store_sales: Relation) -> pa.Table:
    """One row per campaign, or channel, and method, in FINDINGS' columns, sorted.

    Args:
        subjects: subject_type (campaign, channel or holdout), subject_id, channel, cost_amount, window_day_count,
            loaded_day_count; a holdout's subject_id is that of its campaign.
        arms: subject_type, subject_id, is_targeted, member_count, drawn_member_count, first_currency, last_currency,
            and the sums of y (in the window) and x (before it): net_sales_amount, net_sales_square_sum, before_amount,
            before_square_sum, product_sum.
        store_sales: campaign_id, store_id, is_named, week (-8 to -1 before, 0 the window), net_sales_amount, day_count;
            with all weeks of a store, or none.
    """
    comparisons = _read_comparisons(subjects, arms)
    panels = _read_panels(store_sales)
    found: dict[tuple[str, str], list[Finding]] = {}
    of_channel: dict[str, list[Finding]] = {}
    for (kind, name), (comparison, channel) in comparisons.items():
        if kind != "campaign":
            continue
        naive = conclude_naive(comparison)
        drawn = comparisons.get(("holdout", name))
        measured = conclude_holdout(replace(drawn[0], subject_type=kind), naive) if drawn else miss_holdout(comparison)
        found[kind, name] = [naive, *measured, *conclude_stores(name, comparison.window, panels.get(name))]
        of_channel.setdefault(channel, []).extend(measured)
    for (kind, name), (comparison, _) in comparisons.items():
        if kind == "channel":
            naive = conclude_naive(comparison)
            found[kind, name] = [naive, *conclude_channel(name, naive, of_channel.get(name, []))]
    rows = [_tell(finding) for key in sorted(found) for finding in found[key]]
    return pa.Table.from_pylist(rows, schema=FINDINGS)


def _read_comparisons(subjects: Relation, arms: Relation) -> dict[tuple[str, str], tuple[Comparison, str]]:
    measured: dict[tuple[str, str, bool], tuple[Arm, int | None]] = {}
    currencies: dict[tuple[str, str], set[str]] = {}
    columns = (
        "subject_type, subject_id, is_targeted, drawn_member_count, first_currency, last_currency, member_count, "
        "net_sales_amount, net_sales_square_sum, before_amount, before_square_sum, product_sum"
    )
    for kind, name, is_targeted, drawn, first, last, count, *sums in arms.project(columns).fetchall():
        measured[kind, name, is_targeted] = describe_sums(count, *sums), drawn
        currencies.setdefault((kind, name), set()).update({first, last} - {None})
    columns = "subject_type, subject_id, channel, cost_amount, window_day_count, loaded_day_count"
    comparisons = {}
    for kind, name, channel, cost, day_count, loaded_count in subjects.project(columns).order("1, 2").fetchall():
        treated, drawn_treated = measured.get((kind, name, True), (None, None))
        control, drawn_control = measured.get((kind, name, False), (None, None))
        share = drawn_treated / (drawn_treated + drawn_control) if drawn_treated and drawn_control else None
        window = Window(day_count, loaded_count)
        amount = None if cost is None else float(cost)
        found = tuple(sorted(currencies.get((kind, name), ())))
        comparisons[kind, name] = Comparison(kind, name, window, treated, control, share, amount, found), channel
    return comparisons


def _read_panels(store_sales: Relation) -> dict[str, Panel]:
    columns = "campaign_id, not is_named, store_id, week, net_sales_amount, day_count"
    stores: dict[str, dict[tuple[bool, str], list[tuple[Decimal, int]]]] = {}
    for campaign, is_other, store, _, amount, days in store_sales.project(columns).order("1, 2, 3, 4").fetchall():
        stores.setdefault(campaign, {}).setdefault((is_other, store), []).append((amount, days))
    return {campaign: _lay_out(rows) for campaign, rows in stores.items()}


def _lay_out(rows: dict[tuple[bool, str], list[tuple[Decimal, int]]]) -> Panel:
    means = np.array([[float(amount) / days for amount, days in weeks] for weeks in rows.values()])
    days = np.array([float(weeks[PERIODS][1]) for weeks in rows.values()])
    return Panel(means[:, :PERIODS], means[:, PERIODS], days, sum(not is_other for is_other, _ in rows))


def _tell(finding: Finding) -> dict[str, Any]:
    effect = finding.effect
    amounts: Iterator[Decimal | None] = (
        None if value is None else Decimal(str(round(value, 2)))
        for value in (finding.naive, *((effect.amount, effect.low, effect.high) if effect else (None, None, None)))
    )
    told = (
        finding.subject_type, finding.subject_id, finding.method, finding.control_members, finding.control_stores,
        *amounts, Decimal(str(round(effect.level, 4))) if effect else None, finding.verdict, finding.reason,
        finding.needed_members, finding.needed_stores, finding.window_lack,
    )  # fmt: skip
    return dict(zip(FINDINGS.names, told, strict=True))
