"""Till against bill over a planted year: the compiled models find what was planted, all of it and nothing else."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest

from loopmart.settings import Settings
from tests.compiled import Models
from tests.reconciliation_world import BREAKS, World, plant_year, remove_numbers, store_world
from tests.worlds import query_published

pytestmark = pytest.mark.integration

RECEIPTS, SEED = 200_000, 5
MODELS = [
    "int_receipt_tenders__split",
    "int_tenders__keyed",
    "int_payments__keyed",
    "int_payment_numbers__repeated",
    "int_payment_numbers__matched",
    "int_unmatched_payments__listed",
    "int_unmatched_payments__numbered",
    "int_combined_payments__split",
    "int_bill_numbers__shared",
    "int_unmatched_payments__paired",
    "int_payment_candidates__listed",
    "int_unmatched_payments__assigned",
    "int_payment_matches__assigned",
    "int_fee_rates__assigned",
    "int_coupon_conflicts__found",
    "int_payment_matches__classified",
    "payment_reconciliation",
    "payment_reconciliation_daily",
]
ROWS = """
    select
        split_part(tender_id, '-', 2) as tender, split_part(payment_id, '-', 3) as entry, class,
        (pos_amount * 100)::bigint as pos, (bill_amount * 100)::bigint as bill,
        business_date - date '2026-01-01' as day, store_id, match_rule, match_rank, candidate_count
    from marts.payment_reconciliation
"""


@pytest.fixture(scope="module")
def models(project_models: Models) -> Models:
    return project_models.take(MODELS)


def layer_of(model: str) -> str:
    return "intermediate" if model.startswith("int_") else "marts"


def open_warehouse() -> duckdb.DuckDBPyConnection:
    """A warehouse that knows tenders and bills alone: no receipt, no order, no break that somebody has decided on."""
    session = duckdb.connect(config={"threads": 2})
    session.execute(
        """
        create schema staging; create schema intermediate; create schema marts;
        create table staging.stg_bronze__pos_receipts (store_id varchar, order_id_source varchar, kind varchar,
            collected_amount decimal(18, 2), tender varchar, currency varchar, ordered_at timestamp,
            business_date date, till varchar, _file_id varchar, _line bigint);
        create table intermediate.int_reconciliation_decisions__ranked (reconciliation_id varchar, decision varchar,
            decision_rank int);
        create table intermediate.int_order_numbers__assigned (store_id varchar, order_id_source varchar,
            business_date date, told_kind varchar, order_id varchar)
        """
    )
    return session


def reconcile(session: duckdb.DuckDBPyConnection, models: Models, world: World) -> pd.DataFrame:
    """The rows of the reconciliation, its tenders and entries by the names of the world."""
    store_world(session, world)
    for name, sql in models.items():
        session.execute(f"create or replace table {layer_of(name)}.{name} as {sql}")
    return session.execute(ROWS).df()


@pytest.fixture(scope="module")
def world() -> World:
    return plant_year(RECEIPTS, SEED)


@pytest.fixture(scope="module")
def session(models: Models, world: World) -> duckdb.DuckDBPyConnection:
    """The planted year, reconciled; not to be changed."""
    session = open_warehouse()
    reconcile(session, models, world)
    return session


@pytest.fixture(scope="module")
def compared(session: duckdb.DuckDBPyConnection, world: World) -> pd.DataFrame:
    """Rows of both, each with where it stands: planted, found, or both."""
    keys = ["tender", "entry", "class", "pos", "bill", "day"]
    found = session.execute(ROWS).df()[keys]
    planted = world.list_rows()
    for frame in (found, planted):
        frame[["tender", "entry"]] = (
            frame[["tender", "entry"]].astype(object).where(frame[["tender", "entry"]].notna(), "")
        )
        frame[["pos", "bill", "day"]] = frame[["pos", "bill", "day"]].astype("int64")
    return planted.merge(found, on=keys, how="outer", indicator="side")


def test_each_planted_break_is_found_and_none_is_invented(compared: pd.DataFrame) -> None:
    counts = compared.groupby(["class", "side"], observed=False).size().unstack(fill_value=0)
    recall = counts["both"] / (counts["both"] + counts["left_only"])
    precision = counts["both"] / (counts["both"] + counts["right_only"])
    assert set(counts.index) == {"matched", *BREAKS}
    assert all(counts.loc[name, "both"] >= count for name, count in BREAKS.items())
    assert recall.min() >= 0.999, compared[compared["side"] != "both"]
    assert precision.min() >= 0.999, compared[compared["side"] != "both"]


def test_classes_add_up_to_tills_less_bills(session: duckdb.DuckDBPyConnection) -> None:
    differing = session.execute(
        """
        with sides as (
            select store_id, payment_channel, business_date, currency, amount
            from intermediate.int_tenders__keyed where is_billed
            union all
            select coalesce(store_id, ''), payment_channel, business_date, currency, -amount
            from intermediate.int_payments__keyed where origin = 'bill'
        ),
        summed as (
            select store_id, payment_channel, business_date, currency, sum(amount) as amount
            from sides group by all
        )
        select count(*), count(*) filter (summed.amount is distinct from daily.difference_amount)
        from summed full join marts.payment_reconciliation_daily as daily
            using (store_id, payment_channel, business_date, currency)
        """
    ).fetchone()
    assert differing is not None
    assert differing[0] > 4000
    assert differing[1] == 0


def test_no_payment_and_no_tender_is_claimed_twice(session: duckdb.DuckDBPyConnection) -> None:
    claimed = session.execute(
        """
        with entries as (select * from intermediate.int_payments__keyed where origin = 'bill'),
        tenders as (select * from intermediate.int_tenders__keyed where is_billed)
        select
            (select count(*) from entries) - count(distinct payment_id),
            (select count(*) from tenders) - count(distinct tender_id),
            count(*) - count(distinct reconciliation_id),
            (select sum(amount) from entries) - sum(bill_amount)
        from marts.payment_reconciliation
        """
    ).fetchone()
    assert claimed == (0, 0, 0, Decimal(0))


def test_numbers_that_are_lost_are_made_up_for_by_amount_and_time(models: Models, world: World) -> None:
    bare, removed = remove_numbers(world, 0.05, SEED)
    assert len(removed) > 7000
    found = reconcile(open_warehouse(), models, bare)
    fuzzy = found[found["match_rule"] == "amount_and_time"].drop_duplicates(["tender", "entry"])
    true = set(zip(world.truth["tender"], world.truth["entry"], strict=True))
    right = [pair in true for pair in zip(fuzzy["tender"], fuzzy["entry"], strict=True)]
    pairs = set(zip(found["tender"], found["entry"], strict=True))
    recovered = [pair in pairs for pair in zip(removed["tender"], removed["entry"], strict=True)]
    precision, recovery = sum(right) / len(right), sum(recovered) / len(recovered)
    print(f"precision {precision:.4f} of {len(right)}, recovery {recovery:.4f} of {len(recovered)}")
    assert precision >= 0.995
    assert recovery >= 0.99


def test_by_time_the_closest_are_paired_first_and_nobody_twice(models: Models) -> None:
    groups, limit = 1000, 1800
    rng = np.random.default_rng(SEED)
    sizes = rng.integers(2, 11, groups)
    points = pd.DataFrame({"group": np.repeat(np.arange(groups), sizes)})
    points["side"] = rng.choice([1, -1], len(points))
    points["second"] = rng.integers(0, 6000, len(points))
    points["id"] = [f"{'T' if side == 1 else 'P'}{n}" for n, side in enumerate(points["side"])]
    session = open_warehouse()
    session.register("points", points)
    session.execute(
        """
        create table intermediate.int_unmatched_payments__listed as
        select side, id as point_id, 'S1' as store_id, 'wechat' as payment_channel, 'payment' as kind,
            null::bigint as number_key, null::bigint as payment_key, "group" as amount_key, "second"
        from points;
        create table intermediate.int_unmatched_payments__numbered (tender_id varchar, payment_id varchar);
        create table intermediate.int_combined_payments__split (tender_id varchar, payment_id varchar);
        create table intermediate.int_bill_numbers__shared (store_id varchar, payment_channel varchar, kind varchar,
            is_shared boolean)
        """
    )
    paired = "int_unmatched_payments__paired"
    session.execute(f"create or replace table intermediate.{paired} as {models[paired]}")
    pairs = session.execute("select tender_id, payment_id from intermediate.int_unmatched_payments__paired").fetchall()
    given = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
    second = dict(zip(points["id"], points["second"], strict=True))
    apart = {name: abs(second[name] - second[other]) for name, other in given.items()}
    assert len(given) == 2 * len(pairs) > 2 * groups
    assert {tender[0] + entry[0] for tender, entry in pairs} == {"TP"}
    assert max(apart.values()) <= limit
    for _, group in points.groupby("group"):
        for tender in group.loc[group["side"] == 1, "id"]:
            for entry in group.loc[group["side"] == -1, "id"]:
                closeness = abs(second[tender] - second[entry])
                is_better = closeness < min(apart.get(name, limit + 1) for name in (tender, entry))
                assert not is_better, (tender, entry, group)


def make_world(tenders: list[dict[str, object]], entries: list[dict[str, object]]) -> World:
    """A world by hand, of one store and WeChat Pay."""
    common = {"store": "S1", "channel": "wechat", "currency": "CNY"}
    one = pd.DataFrame([common | {"noted": None} | t for t in tenders])
    other = pd.DataFrame([common | {"merchant_coupon": 0, "platform_coupon": 0} | e for e in entries])
    return World(one, other, pd.DataFrame(), pd.DataFrame({"payment": ["none"], "cents": [1]}))


def tell_daily(session: duckdb.DuckDBPyConnection) -> dict[int, tuple[object, ...]]:
    """By day: amounts of till and bill, fees and what is open."""
    rows = session.execute(
        """
        select business_date - date '2026-01-01', pos_amount, bill_amount, fee_amount, matched_count, open_count
        from marts.payment_reconciliation_daily
        """
    ).fetchall()
    return {day: values for day, *values in rows}


def test_a_refund_of_the_next_month_leaves_the_day_of_the_sale_alone(models: Models) -> None:
    day = 86_400
    sale = {"order": "A1", "kind": "payment", "cents": 10_000, "second": 30 * day + 1, "day": 30}
    back = {"order": "A1", "kind": "refund", "cents": -10_000, "second": 33 * day + 1, "day": 33}
    paid = make_world([sale | {"tender": "T1"}], [sale | {"entry": "P1", "payment": "P1", "fee": 60}])
    both = make_world(
        [sale | {"tender": "T1"}, back | {"tender": "T2"}],
        [
            sale | {"entry": "P1", "payment": "P1", "fee": 60},
            back | {"entry": "P2", "payment": "P1", "fee": -60},
        ],
    )
    session = open_warehouse()
    reconcile(session, models, paid)
    before = tell_daily(session)
    reconcile(session, models, both)
    after = tell_daily(session)
    assert after[30] == before[30] == [Decimal("100.00"), Decimal("100.00"), Decimal("0.60"), 1, 0]
    assert after[33] == [Decimal("-100.00"), Decimal("-100.00"), Decimal("-0.60"), 1, 0]
    assert set(after) == {30, 33}


def test_the_breaks_of_the_sample_are_those_counted_by_hand(first_night: Settings) -> None:
    rows = query_published(
        first_night,
        """
        select order_id, class, pos_amount::varchar, bill_amount::varchar, fee_amount::varchar
        from marts.payment_reconciliation order by order_id, class, business_date, pos_amount desc
        """,
    )
    assert rows == [
        ("S00102-5101", "matched", "17.50", "17.50", "0.11"),
        ("S00102-5102", "short", "17.90", "17.09", "0.10"),
        ("S00102-5103", "matched", "50.00", "50.00", "0.30"),
        ("S00102-5104", "cross_day", "7.00", "0.00", None),
        ("S00102-5104", "cross_day", "0.00", "7.00", "0.04"),
        ("S00102-5107", "missing_in_pos", "0.00", "5.50", "0.03"),
        ("S00103-A-1101", "missing_in_bill", "44.90", "0.00", None),
        ("S00103-A-1102", "duplicate_charge", "0.00", "15.00", "0.09"),
        ("S00103-A-1102", "matched", "15.00", "15.00", "0.09"),
        ("S00103-A-1102-refund", "matched", "-2.00", "-2.00", "-0.01"),
        ("S00103-A-1103", "fee_difference", "5.50", "5.50", "0.10"),
    ]
