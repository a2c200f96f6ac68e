"""A small world for the gates: two stores, three days, one campaign; lake, ledger and warehouse agree."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loopmart.contracts.feeds import load_feeds
from loopmart.gates.outcomes import GateFailed, GateReport, RuleOutcome
from loopmart.gates.run import check_landing, check_marts, check_staging
from loopmart.ingest.manifest import pin_schemas
from loopmart.ledger.store import Ledger, utc_now
from loopmart.settings import Settings

PROJECT = Path(__file__).parents[3]
WAREHOUSE_SQL = Path(__file__).with_name("warehouse.sql")
STORES = ("S00001", "S00002")
FIRST_DAY = date(2024, 3, 1)
CHECKS = {"landing": check_landing, "staging": check_staging, "marts": check_marts}
ROW_COLUMNS = "sender_id varchar, _file_id varchar, _line bigint"
FEEDS = {
    "pos_order_lines": "store_id varchar, order_id_source varchar, line_number int, ordered_at timestamp, "
    "business_date date, product_id_source varchar, quantity decimal(18, 3), gross_amount decimal(18, 2), "
    "loyalty_discount_amount decimal(18, 2), coupon_match_amount decimal(18, 2), store_discount_amount decimal(18, 2), "
    "coupon_amount decimal(18, 2), "
    "net_sales_amount decimal(18, 2), currency varchar, card_token varchar",
    "cardholders": "store_id varchar, card_token varchar, age_band varchar, income_band varchar, "
    "home_ownership varchar, marital_status varchar, household_size varchar, household_composition varchar, "
    "kids_count varchar",
    "products": "product_id_source varchar, manufacturer_id_source varchar, department varchar, brand varchar, "
    "category varchar, product_type varchar, package_size varchar",
    "campaigns": "campaign_id_source varchar, plan_version varchar, campaign_type varchar, channel varchar, "
    "start_date date, end_date date",
    "campaign_targets": "campaign_id_source varchar, card_token varchar",
    "coupons": "coupon_upc varchar, campaign_id_source varchar, product_id_source varchar",
    "coupon_redemptions": "coupon_upc varchar, campaign_id_source varchar, card_token varchar, redemption_date date",
    "campaign_spend": "campaign_id_source varchar, spend_item varchar, amount decimal(18, 2), currency varchar, "
    "basis varchar",
}
AMOUNTS = {"pos_order_lines": "net_sales_amount", "campaign_spend": "amount"}
CARDS = [f"card {n}" for n in range(6)]


def token(card: str) -> str:
    """A token in the form that ingest gives."""
    return hashlib.sha256(card.encode()).hexdigest()[:32]


def file_id(name: str) -> str:
    """An id in the form that ingest gives."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


@dataclass
class World:
    """Settings of the world, and the ways to break it."""

    settings: Settings

    def bronze(self, feed: str, sql: str) -> None:
        """Rewrite the rows of a feed's batches by one statement over the table `rows` (with `batch`)."""
        for folder in sorted((self.settings.bronze_dir / feed).glob("batch=b*")):
            part = folder / "part.parquet"
            with duckdb.connect() as db:
                db.execute(f"create table rows as select * from read_parquet('{part}', hive_partitioning = false)")
                db.execute(sql)
                db.execute(f"copy rows to '{part}' (format parquet)")

    def manifest(self, sql: str, name: str = "active_files") -> None:
        """Change a manifest by one statement over the table `rows`."""
        path = self.settings.manifest_dir / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute(f"create table rows as select * from read_parquet('{path}')")
            db.execute(sql)
            db.execute(f"copy rows to '{path}' (format parquet)")
        shutil.copy(path, self.settings.manifest_dir / "build")

    def warehouse(self, sql: str) -> None:
        """Run a statement in the warehouse."""
        with duckdb.connect(self.settings.warehouse_path) as db:
            db.execute(sql)

    def publish(self) -> None:
        """Make the warehouse's marts the published version."""
        version = self.settings.serving_dir / "versions" / "v1"
        version.mkdir(parents=True)
        with duckdb.connect() as db:
            db.execute(f"attach '{self.settings.warehouse_path}' as warehouse (read_only)")
            db.execute(f"attach '{version / 'marts.duckdb'}' as published")
            names = db.execute(
                "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
            ).fetchall()
            for (name,) in names:
                db.execute(f"create table published.main.{name} as select * from warehouse.marts.{name}")
        (self.settings.serving_dir / "current").symlink_to(version)
        (self.settings.serving_dir / "marts.duckdb").symlink_to("current/marts.duckdb")

    def check(self, gate: str, suites: Sequence[str] = ()) -> GateReport:
        """Run a gate, with only some of its suites when these are named."""
        if suites:
            folder = self.settings.project_dir / "expectations"
            shutil.rmtree(folder)
            folder.mkdir()
            for suite in suites:
                shutil.copy(PROJECT / "expectations" / f"{suite}.json", folder)
        return CHECKS[gate](self.settings)

    def broken(self, suite: str, rule: str) -> tuple[RuleOutcome, str]:
        """Run the gate of a suite, which has to stay shut by this rule alone; its outcome and the message."""
        with pytest.raises(GateFailed) as shut:
            # The accounts of the files cover every feed, so they are judged beside the suites of all feeds.
            self.check(suite.split(".", maxsplit=1)[0], [] if suite.startswith("landing.files") else [suite])
        assert [f.rule for f in shut.value.failures] == [rule], str(shut.value)
        return shut.value.failures[0], str(shut.value)

    def warned(self, suite: str, rule: str) -> RuleOutcome:
        """Run the gate of a suite, which has to open with a warning by this rule."""
        report = self.check(suite.split(".", maxsplit=1)[0], [suite])
        return next(w for w in report.warnings if w.rule == rule)


def build_world(home: Path) -> World:
    """Write the world below `home`."""
    settings = _settings(home)
    shutil.copytree(PROJECT / "expectations", settings.expectations_dir)
    files = _write_lake(settings)
    _write_manifest(settings, files)
    _write_ledger(settings, files)
    _write_warehouse(settings)
    return World(settings)


def _settings(home: Path) -> Settings:
    return Settings(
        home=home / "data",
        project_dir=home / "project",
        ledger_url=f"sqlite:///{home / 'data' / 'ledger.db'}",
        stores_file=home / "project" / "stores.csv",
        token_key_file=home / "project" / "token.key",
    )


def copy_world(home: Path, template: Path) -> World:
    """A copy of the world below `template`, at a fraction of the price of a new one."""
    shutil.copytree(template, home, dirs_exist_ok=True, symlinks=True)
    world = World(_settings(home))
    macro = next(s for s in WAREHOUSE_SQL.read_text(encoding="utf-8").split(";") if "create macro" in s)
    world.warehouse(
        macro.replace("create macro", "create or replace macro").replace("${lake}", str(world.settings.lake_dir))
    )
    return world


def _write_lake(settings: Settings) -> list[dict[str, Any]]:
    pin_schemas(settings, load_feeds(PROJECT / "contracts"))
    files: list[dict[str, Any]] = []
    for number, (feed, columns) in enumerate(FEEDS.items()):
        folder = settings.bronze_dir / feed
        with duckdb.connect() as db:
            db.execute(f"create table rows ({columns}, {ROW_COLUMNS}, batch varchar)")
            rows = _rows_of(feed)
            db.executemany(f"insert into rows values ({', '.join('?' * len(rows[0]))})", rows)
            batches = db.execute("select distinct batch from rows order by 1").fetchall()
            for (batch,) in batches:
                source = f"select * exclude (batch) from rows where batch = '{batch}'"
                _copy(db, source, folder / f"batch={batch}" / "part.parquet")
            amount = AMOUNTS.get(feed)
            found = db.execute(
                f"select _file_id, batch, sender_id, count(*), {f'sum({amount})' if amount else 'null'}, max(_line) "
                "from rows group by all order by 1"
            ).fetchall()
        for identity, batch, sender, count, total, last in found:
            files.append(
                {
                    "file_id": identity,
                    "batch_id": batch,
                    "feed": feed,
                    "source": f"some_{feed}",
                    "sender_id": sender,
                    "line_count": last,
                    "loaded_rows": count,
                    "control_amount": total,
                    "change_seq": 2 if batch == "b2" else 1,
                    "path": f"{sender}/{feed}_{number}_{identity[:6]}.csv",
                }
            )
    return files


def _rows_of(feed: str) -> list[tuple[Any, ...]]:
    makers = {"pos_order_lines": _sales, "cardholders": _cardholders}
    return makers[feed]() if feed in makers else [(*row, "b1") for row in _chain_rows(feed)]


def _sales() -> list[tuple[Any, ...]]:
    return [row for store in STORES for day in range(3) for row in _sales_of(store, day)]


def _cardholders() -> list[tuple[Any, ...]]:
    form = ("35-44", "50-74K", None, None, "2", None, None)
    return [
        (store, token(card), *form, store, file_id(f"cardholders {store}"), line, "b1")
        for store in STORES
        for line, card in enumerate(CARDS, start=2)
    ]


def _chain_rows(feed: str) -> list[tuple[Any, ...]]:
    rows: dict[str, list[tuple[Any, ...]]] = {
        "products": [(f"P{n}", "M1", "GROCERY", "National", f"CATEGORY {n % 2}", "TYPE", "1 LB") for n in range(4)],
        "campaigns": [
            ("C1", "-", "TypeA", "mail", FIRST_DAY, FIRST_DAY + timedelta(days=30)),
            ("C2", "-", "TypeB", "mail", FIRST_DAY + timedelta(days=1), date(2099, 1, 1)),
        ],
        "campaign_targets": [("C1", token(card)) for card in CARDS[:4]],
        "coupons": [("U1", "C1", "P0")],
        "coupon_redemptions": [
            ("U1", "C1", token("card 0"), FIRST_DAY),
            ("U1", "C1", token("card 5"), date(2024, 3, 9)),
        ],
        "campaign_spend": [(c, "print", Decimal("10.00"), "USD", "assumed") for c in ("C1", "C2")],
    }
    return [(*row, "chain", file_id(feed), line) for line, row in enumerate(rows[feed], start=2)]


def _sales_of(store: str, day: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    business_date = FIRST_DAY + timedelta(days=day)
    for order in range(6):
        at = datetime(2024, 3, 1 + day, 15, order)
        card = None if order == 5 else token(f"card {order}")
        for line in range(1, 5):
            net, loyalty = Decimal(100 * line + order) / 100, Decimal("0.10")
            coupon = Decimal("0.50") if line == 1 else Decimal(0)
            amounts = (net + loyalty, loyalty, 0, None, coupon, net, "USD")
            place = (store, file_id(f"{store} {day}"), len(rows) + 2, "b2" if day == 2 else "b1")
            rows.append((store, f"{day}{order:03}", line, at, business_date, f"P{line - 1}", 1, *amounts, card, *place))
    return rows


def _copy(db: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    db.execute(f"copy ({query}) to '{path}' (format parquet)")


def _write_manifest(settings: Settings, files: list[dict[str, Any]]) -> None:
    settings.manifest_dir.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute(
            "create table active_files (file_id varchar, batch_id varchar, feed varchar, source varchar, "
            "sender_id varchar, period_start date, period_end date, line_count bigint, loaded_rows bigint, "
            "quarantined_rows bigint, control_amount decimal(18, 2), quarantined_amount decimal(18, 2), "
            "change_seq bigint)"
        )
        for f in files:
            known = {name: value for name, value in f.items() if name != "path"} | {"quarantined_rows": 0}
            marks = ", ".join("?" * len(known))
            db.execute(f"insert into active_files ({', '.join(known)}) values ({marks})", list(known.values()))
        _copy(db, "select * from active_files", settings.manifest_dir / "active_files.parquet")
        stores = " union all ".join(
            f"select '{s}' as store_id, 'Store {s}' as store_name, 'America/New_York' as time_zone, "
            "'USD' as currency, 'some_pos_order_lines' as sales_source, 'day' as sales_period, "
            "date '2024-03-01' as since, null::date as until"
            for s in STORES
        )
        _copy(db, stores, settings.manifest_dir / "stores.parquet")
        expected = " union all ".join(
            f"select '{s}' as store_id, 'some_pos_order_lines' as source, date '2024-03-01' + {day} as period_start, "
            f"date '2024-03-01' + {day} as period_end, '{'missing' if day == 3 else 'arrived'}' as status, "
            f"{'null' if day == 3 else repr(file_id(f'{s} {day}'))} as file_id"
            for s in STORES
            for day in range(4 if s == STORES[1] else 3)
        )
        _copy(db, expected, settings.manifest_dir / "expected_files.parquet")
    shutil.copytree(settings.manifest_dir, settings.manifest_dir / "build")


def _write_ledger(settings: Settings, files: list[dict[str, Any]]) -> None:
    Ledger(settings.ledger_url).record_arrivals(
        [
            {
                "path": f["path"],
                "sender_id": f["sender_id"],
                "stat": "1",
                "size_bytes": 1,
                "modified_at": utc_now(),
                "bytes_sha256": f["file_id"],
                "file_id": f["file_id"],
                "status": "pending",
                "contracts_hash": "1",
            }
            for f in files
        ]
    )


def _write_warehouse(settings: Settings) -> None:
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    sql = WAREHOUSE_SQL.read_text(encoding="utf-8").replace("${lake}", str(settings.lake_dir))
    with duckdb.connect(settings.warehouse_path) as db:
        db.execute("set timezone = 'UTC'")
        db.execute(sql)
