"""The table that dbt's Python model hands over: what an export changed, by measure, with its interval and verdict."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.incrementality.estimates import LEVEL, Arm, Estimate, compare_means, describe_sums
from loopmart.incrementality.members import RANDOM, Window, list_small_arms
from loopmart.incrementality.power import find_detectable_effect
from loopmart.incrementality.verdicts import NOT_ENOUGH_DATA, judge, scale

MEASURES = ("net_sales", "margin", "orders", "visits", "returned")
ARMS = {"treatment": "members reached: ", "holdout": "members held out: "}
MEAN, TOTAL = pa.decimal128(18, 4), pa.decimal128(18, 2)
OUTCOMES = pa.schema(
    [
        ("export_id", pa.string()),
        ("measure", pa.string()),
        ("treatment_member_count", pa.int64()),
        ("holdout_member_count", pa.int64()),
        ("treatment_mean", MEAN),
        ("holdout_mean", MEAN),
        ("difference", MEAN),
        ("difference_low", MEAN),
        ("difference_high", MEAN),
        ("detectable_difference", MEAN),
        ("total_lift", TOTAL),
        ("total_lift_low", TOTAL),
        ("total_lift_high", TOTAL),
        ("confidence_level", pa.decimal128(9, 4)),
        ("currency", pa.string()),
        ("verdict", pa.string()),
        ("verdict_reason", pa.string()),
    ]
)


def tabulate_outcomes(exports: duckdb.DuckDBPyRelation, arms: duckdb.DuckDBPyRelation) -> pa.Table:
    """Compare the arms of each export by each measure; one row per export and measure, in OUTCOMES' columns.

    An effect stands in the row from the first day loaded on, but it has a verdict only when the window has closed: who
    looks every morning and stops at the first interval beside 0 would find effects that are none far too often.

    Args:
        exports: int_audience_exports__dated.
        arms: int_audience_arms__measured.
    """
    key, figures = "export_id, arm, measure", "member_count, value_sum, square_sum, unknown_order_count"
    sums = arms.project(f"{key}, {figures}, first_currency, last_currency")
    summed = {row[:3]: row[3:] for row in sums.fetchall()}
    windows = exports.project("export_id, window_day_count, loaded_day_count, is_window_closed").order("export_id")
    rows: list[dict[str, object]] = [
        {"export_id": export_id, "measure": measure}
        | _compare(Window(days, loaded), is_closed, [summed.get((export_id, arm, measure)) for arm in ARMS])
        for export_id, days, loaded, is_closed in windows.fetchall()
        for measure in MEASURES
    ]
    return pa.Table.from_pylist(rows, schema=OUTCOMES)


def _compare(window: Window, is_closed: bool, sums: list[tuple[Any, ...] | None]) -> dict[str, object]:
    counts = [row[0] if row else 0 for row in sums]
    described = [describe_sums(row[0], row[1], row[2], *[Decimal(0)] * 3) if row else None for row in sums]
    means = [_round(float(arm.mean), MEAN.scale) if arm else None for arm in described]
    currencies = sorted({name for row in sums if row for name in row[4:] if name})
    lacks = list(_list_lacks(window, is_closed, counts, sum(row[3] for row in sums if row), currencies))
    row: dict[str, object] = {
        "treatment_member_count": counts[0],
        "holdout_member_count": counts[1],
        "treatment_mean": means[0],
        "holdout_mean": means[1],
        "confidence_level": _round(LEVEL, 4),
        "currency": currencies[0] if len(currencies) == 1 else None,
    }
    treatment, holdout = described
    if lacks or treatment is None or holdout is None:
        verdict, reason = judge(None, lacks, [], "")
        return row | {"verdict": verdict, "verdict_reason": reason}
    estimate = compare_means(treatment, holdout)
    verdict, reason = judge(scale(estimate, counts[0]), [], [], RANDOM)
    if not is_closed:
        verdict = NOT_ENOUGH_DATA
        reason = f"the window is open ({window.progress}): the interval is that of today, the verdict that of the end"
    return row | _tell(estimate, treatment, holdout) | {"verdict": verdict, "verdict_reason": reason}


def _list_lacks(
    window: Window, is_closed: bool, counts: list[int], unknown: int, currencies: list[str]
) -> Iterable[str]:
    """What forbids to compare at all."""
    if is_closed and window.loaded_day_count < window.day_count:
        yield window.partly_outside
    elif not window.loaded_day_count:
        yield f"the window has not begun ({window.progress})"
    yield from list_small_arms(ARMS.values(), counts)
    if unknown:
        yield f"the cost of {unknown} orders is not known"
    if len(currencies) > 1:
        yield f"orders in several currencies: {', '.join(currencies)}"


def _tell(estimate: Estimate, treatment: Arm, holdout: Arm) -> dict[str, object]:
    total = scale(estimate, float(treatment.count))
    freedom = float(treatment.count + holdout.count - 2)
    pooled = ((treatment.count - 1) * treatment.variance + (holdout.count - 1) * holdout.variance) / freedom
    detectable = find_detectable_effect(float(np.sqrt(pooled)), int(treatment.count), int(holdout.count))
    return {
        "difference": _round(float(estimate.effect), MEAN.scale),
        "difference_low": _round(float(estimate.low), MEAN.scale),
        "difference_high": _round(float(estimate.high), MEAN.scale),
        "detectable_difference": _round(detectable, MEAN.scale),
        "total_lift": _round(total.amount, TOTAL.scale),
        "total_lift_low": _round(total.low, TOTAL.scale),
        "total_lift_high": _round(total.high, TOTAL.scale),
    }


def _round(value: float, digits: int) -> Decimal:
    return Decimal(round(value * 10**digits)).scaleb(-digits)
