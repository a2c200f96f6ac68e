"""A planted year of tenders and bills: each kind of break in known numbers, and what else makes a match hard. By seed.

Six stores, one of which closes at two in the morning, with clocks that are up to seven minutes off; a fifth is paid in
cash. `truth` says for each tender and entry what the reconciliation has to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

DAYS, DAY = 365, 86_400
SKEWS = {"S1": 0, "S2": 5, "S3": 180, "S4": -240, "S5": 420, "BAR": 20}
RATES = {"wechat": 60, "alipay": 55}  # per ten thousand
PRICES = np.array([500, 600, 800, 990, 1200, 1500, 1800, 1990, 2000, 2500, 2990, 3000, 3900, 5000, 9900])
BREAKS = {
    "long": 45, "short": 50, "missing_in_bill": 60, "missing_in_pos": 40, "cross_day": 35, "refund_pending": 30,
    "refund_amount": 25, "fee_difference": 55, "duplicate_charge": 40, "coupon_mismatch": 45,
}  # fmt: skip
HARD = {
    "refunded": 400, "refunded_before": 20, "in_three_channels": 60, "in_three_parts": 60, "three_orders_at_once": 40,
    "without_number": 300, "in_dollars": 50, "two_currencies": 20, "store_unknown": 15, "coupon_in_file": 20,
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Rows as staging has them, and what they are.

    Attributes:
        tenders, entries: the sides; amounts in cents, times in seconds since the first midnight.
        truth: tender, entry (either may be missing), class, and the cents of both.
        coupons: what coupon files tell of payments.
    """

    tenders: pd.DataFrame
    entries: pd.DataFrame
    truth: pd.DataFrame
    coupons: pd.DataFrame

    def list_rows(self) -> pd.DataFrame:
        """What payment_reconciliation has to hold: one row, or one of each day where the days of both sides differ."""
        rows = self.truth.copy()
        rows["pos_day"] = rows["tender"].map(self.tenders.set_index("tender")["day"])
        rows["bill_day"] = rows["entry"].map(self.entries.set_index("entry")["day"])
        is_two = rows["pos_day"].notna() & rows["bill_day"].notna() & (rows["pos_day"] != rows["bill_day"])
        one, two = rows[~is_two], rows[is_two]
        found = pd.concat(
            [
                one.assign(day=one["pos_day"].fillna(one["bill_day"])),
                two.assign(day=two["pos_day"], bill=0),
                two.assign(day=two["bill_day"], pos=0),
            ]
        )
        return found[["tender", "entry", "class", "pos", "bill", "day"]].astype({"day": int, "pos": int, "bill": int})


def compute_fee(cents: pd.Series, channel: pd.Series) -> pd.Series:
    """The rate's share rounded half up, in cents; a refund gives its part back."""
    share = (cents.abs() * channel.map(RATES) + 5000) // 10_000
    return share.where(cents >= 0, -share).astype(int)


def plant_year(receipts: int, seed: int) -> World:
    """So many receipts over a year."""
    rng = np.random.default_rng(seed)
    sales = _sell(rng, receipts)
    tenders = sales[["tender", "order", "store", "kind", "channel", "cents", "currency", "second", "day", "noted"]]
    paid = sales[sales["channel"] != "cash"]
    entries = _bill(rng, paid)
    truth = pd.DataFrame({"tender": paid["tender"], "entry": entries["entry"], "class": "matched"})
    plots = _list_plots(rng, paid)
    sides = _Sides(rng, tenders.copy(), entries, truth.set_index("tender", drop=False))
    for name, count in (BREAKS | HARD).items():
        getattr(sides, f"plant_{name}")(paid.loc[[next(plots) for _ in range(count)]])
    return sides.finish()


def _sell(rng: np.random.Generator, count: int) -> pd.DataFrame:
    store = rng.choice(list(SKEWS), count)
    is_bar = store == "BAR"
    day = rng.integers(0, DAYS, count)
    clock = np.where(is_bar, rng.integers(17 * 3600, 26 * 3600, count), rng.integers(8 * 3600, 22 * 3600, count))
    odd = np.minimum(np.exp(rng.normal(7.8, 0.8, count)).astype(int) + 1, 200_000)
    number = np.arange(count)
    return pd.DataFrame(
        {
            "tender": [f"T{n}" for n in number],
            "order": [f"A{n:07d}" for n in number],
            "entry": [f"42{n:026d}" for n in number],
            "store": store,
            "kind": "payment",
            "channel": rng.choice(["wechat", "alipay", "cash"], count, p=[0.55, 0.25, 0.2]),
            "cents": np.where(rng.random(count) < 0.3, rng.choice(PRICES, count), odd),
            "currency": "CNY",
            "second": day * DAY + clock,  # after midnight it is still the till's day
            "day": day,
            "noted": None,
        }
    )


def _bill(rng: np.random.Generator, paid: pd.DataFrame) -> pd.DataFrame:
    second = paid["second"] + paid["store"].map(SKEWS) + rng.integers(0, 20, len(paid))
    entries = paid[["entry", "order", "store", "kind", "channel", "cents", "currency"]].assign(
        second=second, day=second // DAY, payment=paid["entry"], merchant_coupon=0, platform_coupon=0
    )
    return entries.assign(fee=compute_fee(entries["cents"], entries["channel"]))


def _list_plots(rng: np.random.Generator, paid: pd.DataFrame) -> Iterator[int]:
    """Sales to plant something in, each once: by day, with days after them, and of an amount that can be lowered."""
    free = paid[(paid["store"] != "BAR") & (paid["cents"] > 1000) & (paid["day"] < DAYS - 5) & (paid["day"] > 5)]
    return iter(rng.permutation(free.index.to_numpy()))


class _Sides:
    """Both sides while things are planted in them; rows of the three tables of a sale have its index."""

    def __init__(
        self, rng: np.random.Generator, tenders: pd.DataFrame, entries: pd.DataFrame, truth: pd.DataFrame
    ) -> None:
        self.rng = rng
        self.tenders, self.entries = tenders, entries
        self.truth = truth.set_index(entries.index)
        self.coupons = pd.DataFrame({"payment": pd.Series(dtype=str), "cents": pd.Series(dtype=int)})
        self.more: dict[str, list[pd.DataFrame]] = {"tenders": [], "entries": [], "truth": []}

    def finish(self) -> World:
        """The world; both amounts of the truth are those of the sides where nothing else was said."""
        tenders, entries, truth = (
            pd.concat([getattr(self, name), *self.more[name]], ignore_index=True) for name in self.more
        )
        pos = truth["tender"].map(tenders.set_index("tender")["cents"]).fillna(0)
        bill = truth["entry"].map(entries.set_index("entry")["cents"]).fillna(0)
        for name, cents in (("pos", pos), ("bill", bill)):
            truth[name] = (truth[name].fillna(cents) if name in truth else cents).astype(int)
        is_pair = truth["tender"].notna() & truth["entry"].notna()
        days = [truth[s].map(frame.set_index(s)["day"]) for s, frame in (("tender", tenders), ("entry", entries))]
        truth.loc[is_pair & (days[0] != days[1]) & (truth["class"] == "matched"), "class"] = "cross_day"
        return World(tenders, entries, truth, self.coupons)

    def add(self, **frames: pd.DataFrame) -> None:
        """More rows of tenders, entries or truth."""
        for name, frame in frames.items():
            self.more[name].append(frame)

    def mark(self, sales: pd.DataFrame, found: str) -> None:
        """What their matches are."""
        self.truth.loc[sales.index, "class"] = found

    def charge(self, sales: pd.DataFrame, cents: pd.Series, **columns: object) -> None:
        """Another amount in the bill, with its fee."""
        self.entries.loc[sales.index, "cents"] = cents
        self.entries.loc[sales.index, "fee"] = compute_fee(cents, sales["channel"])
        for name, value in columns.items():
            self.entries.loc[sales.index, name] = value

    def refund(self, sales: pd.DataFrame, days: int, share: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A tender and an entry that give a share back some days later, with their part of the fee."""
        cents = -(sales["cents"] * share).astype(int)
        tenders = self.tenders.loc[sales.index].assign(kind="refund", cents=cents, tender=sales["tender"] + "R")
        entries = self.entries.loc[sales.index].assign(kind="refund", cents=cents, entry="50" + sales["entry"])
        entries["fee"] = compute_fee(cents, sales["channel"])
        for frame in (tenders, entries):
            frame["second"] += days * DAY
            frame["day"] += days
        return tenders, entries

    def plant_long(self, sales: pd.DataFrame) -> None:
        """The bill has more."""
        self.charge(sales, sales["cents"] + self.rng.integers(1, 500, len(sales)))
        self.mark(sales, "long")

    def plant_short(self, sales: pd.DataFrame) -> None:
        """The bill has less."""
        self.charge(sales, sales["cents"] - self.rng.integers(1, 500, len(sales)))
        self.mark(sales, "short")

    def plant_missing_in_bill(self, sales: pd.DataFrame) -> None:
        """No entry."""
        self.entries = self.entries.drop(sales.index)
        self.truth.loc[sales.index, ["entry", "class"]] = [None, "missing_in_bill"]

    def plant_missing_in_pos(self, sales: pd.DataFrame) -> None:
        """No tender."""
        self.tenders = self.tenders.drop(sales.index)
        self.truth.loc[sales.index, ["tender", "class"]] = [None, "missing_in_pos"]

    def plant_cross_day(self, sales: pd.DataFrame) -> None:
        """The bill tells it a day later, at one second to midnight."""
        self.entries.loc[sales.index, "day"] += 1
        self.entries.loc[sales.index, "second"] = self.entries.loc[sales.index, "day"] * DAY + DAY - 1
        self.mark(sales, "cross_day")

    def plant_refund_pending(self, sales: pd.DataFrame) -> None:
        """The till gave it back, the bill does not say so."""
        tenders, _ = self.refund(sales, 1)
        self.add(tenders=tenders, truth=tenders[["tender"]].assign(**{"class": "refund_pending"}))

    def plant_refund_amount(self, sales: pd.DataFrame) -> None:
        """The bill gave another amount back."""
        tenders, entries = self.refund(sales, 2)
        entries["cents"] += self.rng.integers(1, 400, len(sales))
        entries["fee"] = compute_fee(entries["cents"], entries["channel"])
        self.pair(tenders, entries, "refund_amount")

    def plant_fee_difference(self, sales: pd.DataFrame) -> None:
        """A cent or more too much, or the fee with the sign of one that is given back."""
        fees = self.entries.loc[sales.index, "fee"]
        is_negative = self.rng.random(len(sales)) < 0.3
        self.entries.loc[sales.index, "fee"] = np.where(is_negative, -fees, fees + self.rng.integers(1, 9, len(sales)))
        self.mark(sales, "fee_difference")

    def plant_duplicate_charge(self, sales: pd.DataFrame) -> None:
        """The same purchase in a second bill, a little later."""
        entries = self.entries.loc[sales.index].assign(entry="43" + sales["entry"], payment="43" + sales["entry"])
        entries["second"] += self.rng.integers(600, 900, len(sales))
        self.add(entries=entries, truth=entries[["entry"]].assign(**{"class": "duplicate_charge"}))

    def plant_coupon_mismatch(self, sales: pd.DataFrame) -> None:
        """The till took the price, the bill settles it less the merchant's coupon, or with what a platform paid."""
        coupon = pd.Series(self.rng.integers(50, 300, len(sales)), sales.index)
        is_platform = pd.Series(self.rng.random(len(sales)) < 0.5, sales.index)
        cents = sales["cents"] + coupon.where(is_platform, -coupon)
        self.charge(
            sales, cents, merchant_coupon=coupon.where(~is_platform, 0), platform_coupon=coupon.where(is_platform, 0)
        )
        self.mark(sales, "coupon_mismatch")

    def plant_coupon_in_file(self, sales: pd.DataFrame) -> None:
        """A coupon of which the bill knows nothing."""
        self.coupons = pd.DataFrame({"payment": sales["entry"], "cents": 200})
        self.mark(sales, "coupon_mismatch")

    def plant_refunded(self, sales: pd.DataFrame) -> None:
        """Given back in part three days later, with its part of the fee."""
        self.pair(*self.refund(sales, 3, 0.4), "matched")

    def plant_refunded_before(self, sales: pd.DataFrame) -> None:
        """Both sides tell the refund before the payment."""
        self.pair(*self.refund(sales, -1), "matched")

    def plant_in_three_channels(self, sales: pd.DataFrame) -> None:
        """An order paid by WeChat, Alipay and in cash."""
        other = sales["channel"].map({"wechat": "alipay", "alipay": "wechat"})
        for suffix, channel in (("x", other), ("y", "cash")):
            tenders = self.tenders.loc[sales.index].assign(channel=channel, tender=sales["tender"] + suffix)
            tenders["cents"] = tenders["cents"] // 3
            entries = self.entries.loc[sales.index].assign(
                channel=channel, cents=tenders["cents"], entry="44" + sales["entry"], payment="44" + sales["entry"]
            )
            if suffix == "y":
                self.add(tenders=tenders)
            else:
                entries["fee"] = compute_fee(entries["cents"], entries["channel"])
                self.pair(tenders, entries, "matched")

    def plant_in_three_parts(self, sales: pd.DataFrame) -> None:
        """An order paid by three tenders of one channel, two of them alike, minutes apart."""
        for number, suffix in enumerate("xy", start=1):
            tenders = self.tenders.loc[sales.index].assign(tender=sales["tender"] + suffix)
            entry = f"4{4 + number}" + sales["entry"]
            entries = self.entries.loc[sales.index].assign(entry=entry, payment=entry)
            for frame in (tenders, entries):
                frame["second"] += 1500 * number
                frame["cents"] = sales["cents"] * (3 - number) // 2
            entries["fee"] = compute_fee(entries["cents"], entries["channel"])
            self.pair(tenders, entries, "matched")

    def plant_three_orders_at_once(self, sales: pd.DataFrame) -> None:
        """One payment for three orders, whose number the till noted; the bill has an order number of its own."""
        parts = [self.tenders.loc[sales.index]]
        parts += [parts[0].assign(tender=sales["tender"] + s, order=sales["order"] + s) for s in "xy"]
        parts = [part.assign(noted=sales["entry"], cents=part["cents"] + 100 * n) for n, part in enumerate(parts)]
        self.tenders.loc[sales.index] = parts[0]
        self.charge(
            sales, sum((p["cents"] for p in parts), start=pd.Series(0, sales.index)), order="B" + sales["order"]
        )
        self.truth = self.truth.drop(sales.index)
        for part in parts:
            shares = part[["tender"]].assign(entry=sales["entry"], bill=part["cents"], **{"class": "matched"})
            self.add(truth=shares)
        self.add(tenders=pd.concat(parts[1:]))

    def plant_without_number(self, sales: pd.DataFrame) -> None:
        """The bill has no order number."""
        self.entries.loc[sales.index, "order"] = None

    def plant_in_dollars(self, sales: pd.DataFrame) -> None:
        """Both sides in another currency."""
        self.tenders.loc[sales.index, "currency"] = "USD"
        self.entries.loc[sales.index, "currency"] = "USD"

    def plant_two_currencies(self, sales: pd.DataFrame) -> None:
        """The bill tells it in another currency than the till."""
        self.entries.loc[sales.index, "currency"] = "USD"
        self.part(sales)

    def plant_store_unknown(self, sales: pd.DataFrame) -> None:
        """The bill does not tell the store."""
        self.entries.loc[sales.index, "store"] = None
        self.part(sales)

    def pair(self, tenders: pd.DataFrame, entries: pd.DataFrame, found: str) -> None:
        """More matches."""
        truth = pd.DataFrame({"tender": tenders["tender"], "entry": entries["entry"], "class": found})
        self.add(tenders=tenders, entries=entries, truth=truth)

    def part(self, sales: pd.DataFrame) -> None:
        """Their sides do not meet."""
        self.truth.loc[sales.index, ["entry", "class"]] = [None, "missing_in_bill"]
        self.add(truth=sales[["entry"]].assign(**{"class": "missing_in_pos"}))


def remove_numbers(world: World, share: float, seed: int) -> tuple[World, pd.DataFrame]:
    """The world without a share of the bill's order numbers, and the matches that had them."""
    rng = np.random.default_rng(seed)
    numbered = world.entries["order"].notna()
    is_removed = numbered & (rng.random(len(numbered)) < share)
    entries = world.entries.assign(order=world.entries["order"].where(~is_removed, None))
    removed = world.truth[world.truth["entry"].isin(entries.loc[is_removed, "entry"]) & world.truth["tender"].notna()]
    return World(world.tenders, entries, world.truth, world.coupons), removed


def store_world(session: duckdb.DuckDBPyConnection, world: World) -> None:
    """Tenders and bills as the models of staging give them, and the rates of the contracts."""
    session.register("planted_tenders", world.tenders)
    session.register("planted_entries", world.entries)
    session.register("planted_coupons", world.coupons)
    session.execute(
        f"""
        create or replace table staging.stg_bronze__pos_tenders as
        select
            store as store_id, tender as entry_id_source, "order" as order_id_source, kind, channel as payment_channel,
            (cents::decimal(18, 2) / 100)::decimal(18, 2) as amount, currency,
            timestamp '2026-01-01' + to_seconds("second") as paid_at, date '2026-01-01' + "day"::int as business_date,
            noted::varchar as payment_id_source, null::varchar as trade_type, null::varchar as terminal,
            null::varchar as card_token, 'till' as _file_id, row_number() over () as _line
        from planted_tenders;
        create or replace table staging.stg_bronze__payments as
        select
            store as store_id, channel as payment_channel, kind, entry as entry_id_source,
            payment as payment_id_source, "order"::varchar as order_id_source, '1900000109' as merchant_id_source,
            null::varchar as sub_merchant_id_source, timestamp '2026-01-01' + to_seconds("second") as paid_at,
            date '2026-01-01' + "day"::int as business_date, (cents::decimal(18, 2) / 100)::decimal(18, 2) as amount,
            (merchant_coupon::decimal(18, 2) / 100)::decimal(18, 2) as merchant_discount_amount,
            (platform_coupon::decimal(18, 2) / 100)::decimal(18, 2) as platform_discount_amount,
            (fee::decimal(18, 2) / 100)::decimal(18, 2) as fee_amount, currency, null::varchar as payer_token,
            null::varchar as payer_issuer, null::varchar as card_token, 'chain' as sender_id, 'bill' as _file_id,
            row_number() over () as _line
        from planted_entries;
        create or replace table staging.stg_bronze__voucher_redemptions as
        select 'wechat' as issuer, payment as payment_id_source, 'issuer' as reported_by,
            (cents::decimal(18, 2) / 100)::decimal(18, 2) as face_amount
        from planted_coupons
        union all
        select 'alipay', payment, 'issuer', (cents::decimal(18, 2) / 100)::decimal(18, 2) from planted_coupons;
        create or replace table staging.stg_lake__fee_rates as
        select null::varchar as store_id, payment_channel, fee_rate, null::date as valid_from
        from (values {", ".join(f"('{c}', {r / 10_000}::decimal(9, 6))" for c, r in RATES.items())})
            as rates (payment_channel, fee_rate);
        """
    )
