"""How a file would be read, tried out in a world of its own that is gone afterwards."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape

from loopmart.contracts.catalogue import load_catalogue
from loopmart.errors import LoopmartError
from loopmart.ingest.run import discover, load_feed
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings

SAMPLE_ROWS = 5


def check_file(settings: Settings, console: Console, file: Path, sender_id: str | None) -> None:
    """Say which source a file is, what becomes of its lines, and how its first rows are read.

    Args:
        sender_id: who would send it; any registered sender where it does not matter.

    Raises:
        LoopmartError: no such file or sender.
    """
    senders = load_catalogue(settings).senders
    sender = sender_id or next(iter(senders), None)
    if not file.is_file() or sender not in senders:
        raise LoopmartError(f"{file} is no file, or {sender!r} is none of the senders in {settings.stores_file}")
    with tempfile.TemporaryDirectory(prefix="loopmart-check-") as folder:
        home = Path(folder)
        world = dataclasses.replace(settings, home=home, ledger_url=f"sqlite:///{home / 'ledger.db'}")
        (world.landing_dir / sender).mkdir(parents=True)
        shutil.copyfile(file, world.landing_dir / sender / file.name)
        for feed in discover(world):
            load_feed(world, feed)
        for row in Ledger(world.ledger_url).files():
            console.print(f"[bold]{escape(row['path'].partition('/')[2])}[/]: {row['status']}", highlight=False)
            if row["source"]:
                console.print(f"  source {row['source']} → feed {row['feed']}, as if sent by {sender}")
            for text in (row["reason"], row["remedy"]):
                if text:
                    console.print(f"  {escape(text)}", highlight=False, soft_wrap=True)
            if row["status"] == "loaded":
                _print_reading(world, console, row)


def _print_reading(world: Settings, console: Console, row: dict[str, object]) -> None:
    parts = ", ".join(f"{row[name]:,} {name.replace('_', ' ')}" for name in LINE_CLASSES if row[name])
    console.print(f"  {row['line_count']:,} lines: {parts}; period {row['period_start']} to {row['period_end']}")
    if row["control_amount"] is not None:
        console.print(f"  money in the loaded rows: {row['control_amount']:,}")
    with duckdb.connect() as engine:
        engine.execute(
            f"create view quarantine as from read_parquet('{world.quarantine_dir}/{row['feed']}/batch=*/*.parquet')"
        )
        refused = engine.execute(
            "select _line, coalesce(column_name, ''), coalesce(value, ''), reason, remedy "
            "from quarantine order by _line"
        ).fetchall()
        for line, column, value, reason, remedy in refused[:20]:
            where = f"line {line}" + (f", column {column}" if column else "") + (f", found {value!r}" if value else "")
            console.print(
                f"  {escape(where)}: {escape(reason.rstrip('.'))}. {escape(remedy)}", highlight=False, soft_wrap=True
            )
        if len(refused) > 20:
            console.print(f"  … and {len(refused) - 20:,} more lines")
        rows = engine.execute(
            f"from read_parquet('{world.bronze_dir}/{row['feed']}/batch=2*/*.parquet', hive_partitioning = false) "
            f"order by _line limit {SAMPLE_ROWS}"
        )
        names = [d[0] for d in rows.description or []]
        for values in rows.fetchall():
            cells = dict(zip(names, values, strict=True))
            shown = ", ".join(f"{k}={v}" for k, v in cells.items() if v is not None and k not in ("_file_id", "_line"))
            console.print(f"  line {cells['_line']} → {escape(shown)}", highlight=False, soft_wrap=True)
