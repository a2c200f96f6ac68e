"""The tables that dbt's Python models hand over: the checks of the fit, and the predictions that it allows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa

from loopmart.value.checks import FITS, NAMES, UNIT_DAYS, Assessment, assess
from loopmart.value.forecasts import forecast
from loopmart.value.likelihood import Fit
from loopmart.value.summaries import Days, Floats, sum_by_day, summarise

HORIZON_DAYS = 365
NO_PURCHASE = "no purchase"
CHECKS = pa.schema(
    [
        ("measure", pa.string()),
        ("observed_value", pa.float64()),
        ("expected_value", pa.float64()),
        ("lower_limit", pa.float64()),
        ("upper_limit", pa.float64()),
        ("is_met", pa.bool_()),
        ("covariances", pa.list_(pa.float64())),
        ("verdict", pa.string()),
        ("reason", pa.string()),
    ]
)
PREDICTIONS = pa.schema(
    [
        ("member_id", pa.string()),
        ("expected_12m_orders", pa.decimal128(18, 4)),
        ("alive_probability", pa.decimal128(9, 4)),
        ("predicted_12m_amount", pa.decimal128(18, 2)),
        ("predicted_12m_low", pa.decimal128(18, 2)),
        ("predicted_12m_high", pa.decimal128(18, 2)),
        ("reason", pa.string()),
    ]
)


def tabulate_checks(orders: duckdb.DuckDBPyRelation) -> pa.Table:
    """Fit the models to all orders and check them; one row per measure, in CHECKS' columns.

    Args:
        orders: with member_id, business_date, order_kind, net_sales_amount; "today" is the last business date of all.
    """
    days, as_of = _read_days(orders)
    assessment = assess(days, as_of)
    return pa.Table.from_pylist(list(_list_rows(assessment)), schema=CHECKS)


def tabulate_predictions(orders: duckdb.DuckDBPyRelation, checks: duckdb.DuckDBPyRelation) -> pa.Table:
    """Predict the twelve months after the last business date; one row per member with an order, sorted by member.

    Where the models do not fit, or there is not enough data, nothing is predicted and `reason` says why.

    Args:
        orders: as for `tabulate_checks`.
        checks: its table.
    """
    days, as_of = _read_days(orders)
    fits, reason = _read_checks(checks)
    rows = {member: {"member_id": member, "reason": reason or NO_PURCHASE} for member in days.customer_ids}
    if fits:
        summaries = summarise(days, as_of, UNIT_DAYS)
        told = forecast(fits["purchasing"], fits["spending"], summaries, HORIZON_DAYS / UNIT_DAYS)
        columns = {
            "expected_12m_orders": _round(told.purchases, 4),
            "alive_probability": _round(told.alive, 4),
            "predicted_12m_amount": _round(told.amount, 2),
            "predicted_12m_low": _round(told.low, 2),
            "predicted_12m_high": _round(told.high, 2),
        }
        for member, *values in zip(summaries.customer_ids, *columns.values(), strict=True):
            rows[member] = {"member_id": member, **dict(zip(columns, values, strict=True))}
    return pa.Table.from_pylist(list(rows.values()), schema=PREDICTIONS)


def _read_days(orders: duckdb.DuckDBPyRelation) -> tuple[Days, int]:
    (as_of,) = orders.aggregate("max(business_date) - date '1970-01-01'").fetchone() or (None,)
    summed = orders.filter("member_id is not null and order_kind <> 'void'").aggregate(
        "member_id, business_date - date '1970-01-01' as day, cast(sum(net_sales_amount) * 100 as bigint) as cents",
        "member_id, business_date",
    )
    table = summed.to_arrow_table()
    members = table.column("member_id").to_pylist()
    return sum_by_day(members, table.column("day").to_numpy(), table.column("cents").to_numpy()), int(as_of or 0)


def _list_rows(assessment: Assessment) -> Iterator[dict[str, object]]:
    covariances = {
        f"{model}_{name}": row.tolist()
        for model, fit in assessment.fits.items()
        for name, row in zip(NAMES[model], fit.covariance, strict=True)
    }
    for check in assessment.checks:
        yield {
            "measure": check.measure,
            "observed_value": check.observed if np.isfinite(check.observed) else None,
            "expected_value": check.expected,
            "lower_limit": check.low,
            "upper_limit": check.high,
            "is_met": check.is_met,
            "covariances": covariances.get(check.measure),
            "verdict": assessment.verdict,
            "reason": assessment.reason or None,
        }


def _read_checks(checks: duckdb.DuckDBPyRelation) -> tuple[dict[str, Fit], str]:
    """The models where they fit, and else why there are none."""
    rows = checks.project("measure, observed_value, covariances, verdict, reason").fetchall()
    verdict, reason = rows[0][3:]
    if verdict != FITS:
        return {}, f"{verdict}: {reason}"
    found = {measure: (value, covariances) for measure, value, covariances, *_ in rows}
    fits = {}
    for model, names in NAMES.items():
        parameters, covariance = zip(*(found[f"{model}_{name}"] for name in names), strict=True)
        fits[model] = Fit(np.array(parameters), found[f"{model}_log_likelihood"][0], np.array(covariance))
    return fits, ""


def _round(values: Floats, digits: int) -> Iterator[Decimal]:
    whole = np.round(values * 10**digits).astype(np.int64)
    return (Decimal(int(value)).scaleb(-digits) for value in whole)
