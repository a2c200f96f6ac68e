"""What must hold of orders for any receipts and lines, in any order of their arrival: the compiled models, run here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.compiled import Models, compile_in

pytestmark = pytest.mark.integration

INCREMENTAL = (
    "int_order_parts__summed",
    "int_order_lines__keyed",
    "int_order_lines__summed",
    "int_orders__aggregated",
)
MODELS = (
    "int_order_parts__summed",
    "int_order_parts__placed",
    "int_order_numbers__assigned",
    "int_order_dates__changed",
    "int_order_lines__keyed",
    "int_order_lines__summed",
    "int_order_amounts__ruled",
    "int_orders__aggregated",
)
FIRST = date(2026, 2, 27)
LINE_COLUMNS = (
    "store_id varchar, order_id_source varchar, line_number int, ordered_at timestamp, business_date date, "
    "product_id_source varchar, quantity decimal(18, 3), gross_amount decimal(18, 2), "
    "loyalty_discount_amount decimal(18, 2), coupon_match_amount decimal(18, 2), store_discount_amount decimal(18, 2), "
    "coupon_amount decimal(18, 2), net_sales_amount decimal(18, 2), currency varchar, channel varchar, "
    "card_token varchar, _file_id varchar, _line bigint"
)
RECEIPT_COLUMNS = (
    "store_id varchar, order_id_source varchar, kind varchar, ordered_at timestamp, business_date date, "
    "gross_amount decimal(18, 2), discount_amount decimal(18, 2), tax_amount decimal(18, 2), "
    "tip_amount decimal(18, 2), net_sales_amount decimal(18, 2), collected_amount decimal(18, 2), "
    "cost_amount decimal(18, 2), currency varchar, till varchar, channel varchar, refunded_amount decimal(18, 2), "
    "card_token varchar, phone_token varchar, account_token varchar, _file_id varchar, _line bigint"
)


class Compiled(NamedTuple):
    """The models' SQL, for a full refresh and for an increment."""

    full: Models
    increment: Models


class Lines(NamedTuple):
    """The lines of one receipt in a file: what each is worth."""

    number: str
    cents: list[int]
    card: str | None


class Receipt(NamedTuple):
    """A receipt in a file."""

    number: str
    kind: str
    cents: int
    phone: str | None


class File(NamedTuple):
    """All that a store sends of one feed for one day; what an earlier one of that day held no longer counts."""

    feed: str
    day: int
    lines: list[Lines]
    receipts: list[Receipt]


NUMBERS = st.sampled_from(["1", "2", "3", "1-refund-9"])
CENTS = st.integers(0, 5000)
TOKENS = st.sampled_from(["a", "b", None])
LINES = st.builds(
    File,
    feed=st.just("lines"),
    day=st.integers(0, 4),
    lines=st.lists(
        st.builds(Lines, number=NUMBERS, cents=st.lists(st.integers(-3000, 5000), min_size=1, max_size=3), card=TOKENS),
        max_size=3,
        unique_by=lambda lines: lines.number,
    ),
    receipts=st.just([]),
)
RECEIPTS = st.builds(
    File,
    feed=st.just("receipts"),
    day=st.integers(0, 4),
    lines=st.just([]),
    receipts=st.lists(
        st.builds(Receipt, number=NUMBERS, kind=st.sampled_from(["sale", "refund", "void"]), cents=CENTS, phone=TOKENS),
        max_size=3,
        unique_by=lambda receipt: (receipt.number, receipt.kind),
    ),
)
FILES = st.lists(st.one_of(LINES, RECEIPTS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def compiled(project_models: Models, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The models as dbt compiles them, once without and once with tables that stand already."""
    home = tmp_path_factory.mktemp("compiled")
    (home / "warehouse").mkdir()
    with duckdb.connect(str(home / "warehouse" / "loopmart.duckdb")) as warehouse:
        warehouse.execute("create schema if not exists intermediate")
        for name in INCREMENTAL:
            warehouse.execute(f"create table intermediate.{name} (business_date date)")
    return Compiled(project_models.take(MODELS), compile_in(home, MODELS))


class Shop:
    """A warehouse with the files that count, built night by night."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.files: dict[tuple[str, int], File] = {}
        self.warehouse = duckdb.connect(config={"threads": 1})
        self.warehouse.execute(
            f"""
            create schema staging; create schema intermediate; create schema ops;
            create table staging.stg_bronze__pos_order_lines ({LINE_COLUMNS});
            create table staging.stg_bronze__pos_receipts ({RECEIPT_COLUMNS});
            create table ops.affected_dates (business_date date);
            create table intermediate.int_order_payers__found (order_id varchar, payer_token varchar);
            create table intermediate.int_identifiers__resolved (identifier_token varchar, member_id varchar,
                valid_from date, valid_to date);
            insert into intermediate.int_order_payers__found values ('S1-1', 'p'), ('S1-2', 'p');
            insert into intermediate.int_identifiers__resolved values
                ('a', 'MA', null, null), ('b', 'MB', null, date '{FIRST}'), ('p', 'MP', null, null)
            """
        )

    def receive(self, file: File) -> None:
        """Take a file in, in place of the one of its day and feed."""
        self.files[file.feed, file.day] = file
        day = FIRST + timedelta(file.day)
        table = {"lines": "pos_order_lines", "receipts": "pos_receipts"}[file.feed]
        self.warehouse.execute(f"delete from staging.stg_bronze__{table} where business_date = ?", [day])
        self._write(day, file)
        self.warehouse.execute("delete from ops.affected_dates")
        self.warehouse.execute("insert into ops.affected_dates values (?)", [FIRST + timedelta(file.day)])

    def _write(self, day: date, file: File) -> None:
        file_id, line = repr(file), 0
        for number, cents, card in file.lines:
            for position, each in enumerate(cents, start=1):
                line += 1
                amount = Decimal(each).scaleb(-2)
                self.warehouse.execute(
                    "insert into staging.stg_bronze__pos_order_lines values "
                    "('S1', ?, ?, ?, ?, 'P', 1, ?, 0, 0, 0, 0, ?, 'CNY', null, ?, ?, ?)",
                    [number, position, day, day, amount, amount, card, file_id, line],
                )
        for number, kind, cents, phone in file.receipts:
            line += 1
            amount = Decimal({"sale": cents, "refund": -cents, "void": 0}[kind]).scaleb(-2)
            self.warehouse.execute(
                "insert into staging.stg_bronze__pos_receipts values ('S1', ?, ?, ?, ?, null, null, null, null, ?, "
                "null, null, 'CNY', null, null, null, null, ?, null, ?, ?)",
                [number, kind, day, day, amount, phone, file_id, line],
            )

    def build(self, full: bool) -> None:
        """Build the models, as dbt does."""
        for name in MODELS:
            table = f"intermediate.{name}"
            if name == "int_order_amounts__ruled":
                self.warehouse.execute(f"create or replace view {table} as {self.compiled.full[name]}")
            elif name not in INCREMENTAL:
                sql = (self.compiled.full if full else self.compiled.increment)[name]
                self.warehouse.execute(f"create or replace table {table} as {sql}")
            elif full:
                self.warehouse.execute(f"create or replace table {table} as {self.compiled.full[name]}")
            else:
                self.warehouse.execute(f"create or replace temp table found as {self.compiled.increment[name]}")
                self.warehouse.execute(
                    f"""
                    delete from {table} where business_date in (select business_date from ops.affected_dates)
                        or business_date in (select business_date from found);
                    insert into {table} by name select * from found
                    """
                )
            if name == "int_order_dates__changed":
                self.warehouse.execute(f"insert into ops.affected_dates from {table} except from ops.affected_dates")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.warehouse.execute(query).fetchall()

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every incremental model."""
        return {name: sorted(self.ask(f"from intermediate.{name}"), key=str) for name in INCREMENTAL}


@pytest.fixture
def shop(compiled: Compiled) -> Iterator[Shop]:
    world = Shop(compiled)
    yield world
    world.warehouse.close()


def build_all(compiled: Compiled, files: list[File]) -> Shop:
    shop = Shop(compiled)
    for file in files:
        shop.receive(file)
    shop.build(full=True)
    return shop


@hypothesis_settings(max_examples=25, deadline=None)
@given(files=FILES)
def test_nights_of_increments_give_what_one_full_build_gives(compiled: Compiled, files: list[File]) -> None:
    nights = Shop(compiled)
    for night, file in enumerate(files):
        nights.receive(file)
        nights.build(full=night == 0)
    assert nights.dump() == build_all(compiled, files).dump()


@hypothesis_settings(max_examples=25, deadline=None)
@given(files=FILES)
def test_every_receipt_and_every_line_counts_once(compiled: Compiled, files: list[File]) -> None:
    shop = build_all(compiled, files)
    held = shop.files.values()
    receipts = [
        {"sale": r.cents, "refund": -r.cents, "void": 0}[r.kind] for file in held for r in file.receipts
    ]  # fmt: skip
    lines = [each for file in held for line in file.lines for each in line.cents]
    ((count, ids, by_receipt, receipt_cents, items, item_cents),) = shop.ask(
        """
        select count(*), count(distinct order_id), count(source_file_id),
            coalesce(sum(net_sales_amount) filter (source_file_id is not null), 0) * 100, coalesce(sum(item_count), 0),
            coalesce(sum(net_sales_amount - unitemised_amount), 0) * 100
        from intermediate.int_orders__aggregated
        """
    )
    assert count == ids
    assert (by_receipt, receipt_cents) == (len(receipts), sum(receipts))
    assert (items, item_cents) == (len(lines), sum(lines))
    assert not shop.ask(
        """
        select order_id, line_number from intermediate.int_order_lines__keyed group by all having count(*) > 1
        union all
        select lines.order_id, line_number from intermediate.int_order_lines__keyed as lines
        anti join intermediate.int_orders__aggregated using (order_id, business_date)
        """
    )


@hypothesis_settings(max_examples=25, deadline=None)
@given(files=st.lists(RECEIPTS, min_size=1, max_size=6))
def test_a_refund_never_changes_its_sale(compiled: Compiled, files: list[File]) -> None:
    sales = [file._replace(receipts=[r for r in file.receipts if r.kind == "sale"]) for file in files]
    query = (
        "select order_id, business_date, order_kind, net_sales_amount, refund_amount, member_id "
        "from intermediate.int_orders__aggregated where told_kind = 'sale' order by order_id"
    )
    assert build_all(compiled, files).ask(query) == build_all(compiled, sales).ask(query)


def test_the_refund_of_three_days_later_stands_on_its_own_day(shop: Shop) -> None:
    shop.receive(File("lines", 0, [Lines("7", [1250, 250], "a")], []))
    shop.build(full=True)
    query = (
        "select order_id, order_kind, business_date, net_sales_amount, refund_amount, refunded_order_id, "
        "sale_business_date, member_id from intermediate.int_orders__aggregated order by 1"
    )
    sale = ("S1-7", "sale", FIRST, Decimal("15.00"), Decimal("0.00"), None, None, "MA")
    assert shop.ask(query) == [sale]
    shop.receive(File("lines", 3, [Lines("7", [-250], None)], []))
    shop.build(full=False)
    later = FIRST + timedelta(3)
    assert later.month != FIRST.month
    refund = ("S1-7-refund", "refund", later, Decimal("-2.50"), Decimal("2.50"), "S1-7", FIRST, "MA")
    assert shop.ask(query) == [sale, refund]
