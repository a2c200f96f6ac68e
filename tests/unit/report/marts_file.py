"""A small published file whose every figure can be worked out by hand: what the page's tests read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

AS_OF = date(2026, 3, 1)
NIGHT = datetime(2026, 3, 2, 9)
VERSION = "20260302T101500000000"
HOSTILE = "<script>alert('x')</script> & \"Söhne\""
RULE = "orders are shared out by a rule: what would have been bought without the campaign is not known"
NOT_RANDOM = "targeting was not random: the members chosen may have differed without the campaign"
SECRET_VALUE = "13800138000"

Row = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """What stands in the file; each store sells one order a day, of 110.00 in the last 28 days and 100.00 before.

    Every fourth order carries no card; the others belong to the members in turn.
    """

    store_names: tuple[str, ...] = ("北店", HOSTILE, "东店")
    day_count: int = 60
    member_count: int = 7
    campaign_count: int = 3
    missing: tuple[tuple[int, date], ...] = ((2, date(2026, 2, 18)), (2, date(2026, 2, 19)))
    refused_count: int = 2
    quarantined_count: int = 5
    failed_checks: int = 1
    as_of: date | None = AS_OF
    currency: str | None = "USD"

    def days(self) -> list[date]:
        """Return the business dates, oldest first."""
        return [AS_OF - timedelta(days=back) for back in range(self.day_count - 1, -1, -1)]

    def orders(self) -> Iterator[tuple[int, date, str | None, Decimal]]:
        """Yield store number, business date, member and amount of every order whose file is in."""
        number = 0
        for day in self.days():
            for store in range(len(self.store_names)):
                number += 1
                if (store, day) not in self.missing:
                    member = None if number % 4 == 0 else f"M{number % self.member_count:02d}"
                    yield store, day, member, Decimal("110.00" if (AS_OF - day).days < 28 else "100.00")

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        path.unlink(missing_ok=True)
        with duckdb.connect() as con:
            con.execute(f"attach '{path}' as marts")
            con.execute("use marts")
            con.execute((Path(__file__).parent / "marts_schema.sql").read_text(encoding="utf-8"))
            for table, rows in self._tables().items():
                for row in rows:
                    places = ", ".join(f"${column}" for column in row)
                    con.execute(f"insert into {table} ({', '.join(row)}) values ({places})", row)
        return path

    def _tables(self) -> dict[str, list[Row]]:
        numbers = range(1, self.campaign_count + 1)
        return {
            "marts.stores": self._stores(),
            "marts.orders": self._orders(),
            "marts.store_daily_sales": self._store_days(),
            "marts.members": self._members(),
            "marts.member_cohorts": self._cohorts(),
            "marts.campaigns": [
                {
                    "campaign_id": str(n),
                    "campaign_type": "Type A",
                    "start_date": date(2026, 1, n),
                    "end_date": date(2026, 2, n),
                }
                for n in numbers
            ],
            "marts.campaign_roi": [{"campaign_id": str(n)} | row for n in numbers for row in measure()],
            "marts.channel_roi": measure() if numbers else [],
            "ops.file_ledger": self._files(),
            "ops.arrival_calendar": self._calendar(),
            "ops.quarantined_rows": self._quarantined(),
            "ops.gate_results": self._checks(),
            "ops.pipeline_runs": [
                {"run_id": "r1", "stage": "discover", "status": "succeeded", "started_at": NIGHT, "finished_at": NIGHT},
                {"run_id": "r2", "stage": "publish", "status": "running", "started_at": NIGHT},
            ],
            "ops.publication": [
                {
                    "version": VERSION,
                    "published_at": datetime(2026, 3, 2, 10, 15),
                    "as_of_date": self.as_of,
                    "currency": self.currency,
                }
            ],
        }

    def _stores(self) -> list[Row]:
        return [
            {
                "store_id": f"S{n}",
                "store_name": name,
                "time_zone": "America/New_York",
                "currency": self.currency,
                "since_date": self.days()[0],
            }
            for n, name in enumerate(self.store_names)
        ]

    def _orders(self) -> list[Row]:
        seen: set[str | None] = {None}
        rows = []
        for number, (store, day, member, amount) in enumerate(self.orders()):
            rows.append(
                {
                    "order_id": f"S{store}-{number}",
                    "store_id": f"S{store}",
                    "business_date": day,
                    "member_id": member,
                    "net_sales_amount": amount,
                    "is_first_order": member not in seen,
                    "is_purchase": True,
                }
            )
            seen.add(member)
        return rows

    def _store_days(self) -> list[Row]:
        sold = {(store, day): (member, amount) for store, day, member, amount in self.orders()}
        rows: list[Row] = []
        for day in self.days():
            for store in range(len(self.store_names)):
                row: Row = {"store_id": f"S{store}", "business_date": day, "is_complete": (store, day) in sold}
                if row["is_complete"]:
                    member, amount = sold[store, day]
                    tied = amount if member else 0
                    row |= {"order_count": 1, "net_sales_amount": amount, "identified_net_sales_amount": tied}
                rows.append(row)
        return rows

    def _members(self) -> list[Row]:
        spent: dict[str, list[tuple[date, Decimal]]] = {}
        for _, day, member, amount in self.orders():
            if member:
                spent.setdefault(member, []).append((day, amount))
        return [
            {
                "member_id": member,
                "net_sales_amount": sum(amount for _, amount in orders),
                "recency_days": (AS_OF - orders[-1][0]).days,
                "rfm_segment": "champions" if number % 2 else "at risk",
            }
            for number, (member, orders) in enumerate(sorted(spent.items()))
        ]

    def _cohorts(self) -> list[Row]:
        return [
            {
                "cohort_month": date(2026, 1, 1),
                "months_since": since,
                "member_count": 4,
                "active_member_count": active,
                "retention_rate": Decimal(active) / 4,
            }
            for since, active in enumerate((4, 2, 1) if self.store_names else ())
        ]

    def _calendar(self) -> list[Row]:
        return [
            {
                "store_id": f"S{store}",
                "source": "till",
                "period_start": day,
                "period_end": day,
                "status": "missing" if (store, day) in self.missing else "arrived",
                "sender_id": f"S{store}",
                "sender_name": name,
                "time_zone": "America/New_York",
                "due_at": datetime(day.year, day.month, day.day) + timedelta(days=1, hours=5),
                "is_late": None if (store, day) in self.missing else False,
            }
            for day in self.days()
            for store, name in enumerate(self.store_names)
        ]

    def _files(self) -> list[Row]:
        loaded = [
            {"file_id": f"f{n}", "path": f"S{n}/sales.csv", "status": "loaded", "line_count": 61, "loaded_rows": 60}
            for n in range(len(self.store_names))
        ]
        refused = [
            {
                "file_id": f"r{n}",
                "path": f"S9/broken_{n:03d}.csv",
                "status": "refused",
                "reason": f"the file is cut off <b>{n}</b>",
                "remedy": "Ask the sender to send it again",
            }
            for n in range(self.refused_count)
        ]
        return loaded + refused

    def _quarantined(self) -> list[Row]:
        return [
            {
                "path": "S0/sales.csv",
                "line": 10 + n,
                "column_name": "quantity",
                "value": SECRET_VALUE,
                "reason": f"quantity 'x{n}' is no number, as in line {100 + n}",
                "remedy": "Correct it at the till",
                "feed": "pos_order_lines",
            }
            for n in range(self.quarantined_count)
        ]

    def _checks(self) -> list[Row]:
        return [
            {
                "run_id": "run-1",
                "gate": gate,
                "suite": f"{gate}.orders.warning",
                "rule": f"rule {n}",
                "severity": "warning",
                "success": gate != "marts" or n >= self.failed_checks,
                "observed": "7 rows",
                "unexpected_count": 7,
                "checked_at": NIGHT,
            }
            for gate in ("landing", "staging", "marts")
            for n in range(3)
        ]


def measure() -> list[Row]:
    """Return the measures of one campaign or channel: three allocations, a comparison, and two measurements."""
    common = {"channel": "mail", "cost_amount": Decimal("50.00"), "cost_basis": "assumed", "reached_member_count": 40}
    allocation = {
        "method_family": "allocated",
        "attributed_net_sales_amount": Decimal("200.00"),
        "roi": Decimal("3.0000"),
        "verdict": "allocated only",
        "verdict_reason": RULE,
    }
    comparison = {
        "method": "targeted_vs_never_targeted",
        "method_family": "compared",
        "control_member_count": 90,
        "incremental_net_sales_amount": Decimal("75.00"),
        "incremental_low": Decimal("-5.00"),
        "incremental_high": Decimal("155.00"),
        "roi": Decimal("0.5000"),
        "roi_low": Decimal("-1.1000"),
        "roi_high": Decimal("2.1000"),
        "verdict": "not causal",
        "verdict_reason": NOT_RANDOM,
    }
    measured = comparison | {
        "method": "holdout",
        "method_family": "measured",
        "verdict": "no effect found",
        "verdict_reason": "members were held out at random",
    }
    unmeasured = {
        "method": "synthetic_control",
        "method_family": "measured",
        "verdict": "not enough data",
        "verdict_reason": "the campaign names no store",
    }
    methods = ("coupon_coded", "last_touch", "linear")
    allocations = [{**common, **allocation, "method": method} for method in methods]
    return [*allocations, *({**common, **row} for row in (comparison, measured, unmeasured))]


def write_marts(path: Path, **changes: Any) -> Path:
    """Write the file of a chain that differs from the usual one in `changes`."""
    return Chain(**changes).write(path)


NOTHING: dict[str, Any] = {
    "store_names": (),
    "campaign_count": 0,
    "missing": (),
    "refused_count": 0,
    "quarantined_count": 0,
    "failed_checks": 0,
    "as_of": None,
    "currency": None,
}
QUIET: dict[str, Any] = {
    "campaign_count": 0,
    "missing": (),
    "refused_count": 0,
    "quarantined_count": 0,
    "failed_checks": 0,
}
