"""What a person asks on the command line: files, an order's lines, the summary of a night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from loopmart.contracts.catalogue import load_catalogue
from loopmart.errors import LoopmartError
from loopmart.ingest.containers import read_content
from loopmart.ingest.recognise import XLSX_MAGIC, read_sheet
from loopmart.ingest.run import export_manifest
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings
from loopmart.show_quarantine import print_reason

LABELS = ("feed", "status", "method", "cost_basis", "verdicts")
_PLAIN: Any = {"highlight": False, "soft_wrap": True}
_STYLE = {
    "loaded": "[green]loaded[/]",
    "pending": "[cyan]pending[/]",
    "duplicate": "[dim]duplicate[/]",
    "superseded": "[dim]superseded[/]",
    "refused": "[red]refused[/]",
    "revoked": "[yellow]revoked[/]",
    "ignored": "[dim]ignored[/]",
}


def print_files(settings: Settings, console: Console, statuses: list[str] | None, limit: int) -> None:
    """Arrivals, the newest last: what became of each, and why where it does not count as it came."""
    files = Ledger(settings.ledger_url).files(statuses)
    for f in files[-limit:] if limit else files:
        counted = (
            f", {f['loaded_rows']:,} rows loaded, {f['quarantined_rows']:,} quarantined" if f["line_count"] else ""
        )
        console.print(f"{f['file_id'][:12]}  {_STYLE[f['status']]}  [bold]{f['path']}[/]{counted}", **_PLAIN)
        print_reason(console, f["reason"], f["remedy"])
    console.print(
        f"{len(files):,} files" + (f"; the last {limit} shown, --limit 0 shows all" if 0 < limit < len(files) else "")
    )


def print_trace(settings: Settings, console: Console, order_id: str) -> None:
    """The lines of files that an order comes from, as they stand in landing.

    Raises:
        LoopmartError: the order is not published.
    """
    with open_published(settings) as published:
        rows = published.execute(
            "with parts as (select order_id, null as line_number, 'receipt' as product_id, net_sales_amount, "
            "source_file_id, source_line from marts.orders where source_file_id is not null union all "
            "select order_id, line_number, product_id, net_sales_amount, source_file_id, source_line "
            "from marts.order_items) "
            "select p.line_number, p.product_id, p.net_sales_amount, f.path, p.source_line "
            "from parts p join ops.file_ledger f on f.file_id = p.source_file_id and f.status = 'loaded' "
            "where p.order_id = ? order by p.line_number nulls first",
            [order_id],
        ).fetchall()
    if not rows:
        raise LoopmartError(f"no order {order_id!r} in the published marts; an order_id reads like S00367-31198570040")
    table = Table(title=f"Order {order_id}")
    for name in ("line", "product", "net sales", "file", "line in file", "what stands there"):
        table.add_column(name, overflow="fold")
    texts: dict[str, list[str]] = {}
    for number, product, amount, path, line in rows:
        if path not in texts:
            texts[path] = _read_landing_lines(settings, path)
        table.add_row(str(number or ""), product, f"{amount:,.2f}", path, str(line), texts[path][line - 1])
    console.print(table)


def print_summary(settings: Settings, console: Console) -> None:
    """Files, rows, money, quarantine and campaign ROI of what is published, and where the page lies."""
    with open_published(settings) as published:
        (version, as_of, currency) = published.execute(
            "select version, as_of_date, currency from ops.publication"
        ).fetchone() or ("", None, "")
        console.print(f"\n[bold]Published version {version}[/], business dates up to {as_of}\n")
        _print_rows(
            console, published, "Files",
            "select coalesce(feed, '(unknown)') as feed, status, count(*) as files, sum(line_count) as lines, "
            "sum(loaded_rows) as loaded, sum(quarantined_rows) as quarantined, sum(control_amount) as amount "
            "from ops.file_ledger group by all order by all",
        )  # fmt: skip
        _print_rows(
            console, published, f"Figures ({currency})",
            "select count(*) filter (is_purchase) as orders, sum(item_count) as lines, "
            "count(distinct member_id) as members, count(distinct store_id) as stores, "
            "sum(net_sales_amount) as net_sales, "
            "sum(loyalty_discount_amount) as loyalty_discount, sum(coupon_amount) as coupons from marts.orders",
        )  # fmt: skip
        _print_rows(
            console, published, "Campaign ROI by method (cost is an assumption where cost_basis says so)",
            "select method, cost_basis, count(*) as campaigns, sum(cost_amount) as cost, "
            "sum(attributed_net_sales_amount) as attributed, sum(incremental_net_sales_amount) as incremental, "
            "string_agg(distinct verdict, ', ' order by verdict) as verdicts "
            "from marts.campaign_roi group by all order by all",
        )  # fmt: skip
    console.print(f"morning page: {settings.serving_dir / 'report' / 'index.html'}", soft_wrap=True)
    console.print(f"for BI tools: {settings.serving_dir / 'marts.duckdb'}", soft_wrap=True)


def change_file(settings: Settings, console: Console, file_id: str, old: str, new: str, reason: str | None) -> None:
    """Revoke or restore a file and say what happens next."""
    sources = load_catalogue(settings).sources.values()
    appending = {s.source for s in sources if s.period.grain == "append"}
    file = Ledger(settings.ledger_url).change_status(file_id, old, new, reason, appending)
    export_manifest(settings)
    console.print(f"{file['path']} is {new} now; the next `loopmart run` builds without or with its rows accordingly")
    if new == "revoked":
        console.print(
            "Lines of other files that repeated its entries stay in quarantine until `loopmart quarantine replay`"
        )


def _print_rows(console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    result = connection.execute(query)
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for column in result.description or []:
        table.add_column(column[0], justify="left" if column[0] in LABELS else "right", no_wrap=True)
    for row in result.fetchall():
        table.add_row(*(_show(cell) for cell in row))
    console.print(table)


def _show(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if not isinstance(cell, str) else cell


def find_published(settings: Settings) -> Path:
    """The file that is published; what it is resolved to is the version that is served now.

    Raises:
        LoopmartError: nothing is published yet.
    """
    path = settings.serving_dir / "marts.duckdb"
    if not path.exists():
        raise LoopmartError(f"nothing is published yet ({path} does not exist); run `loopmart run`")
    return path


def open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    """What is published, for reading; raises as `find_published` does."""
    return duckdb.connect(str(find_published(settings)), read_only=True)


def _read_landing_lines(settings: Settings, path: str) -> list[str]:
    content = read_content(settings.landing_dir, path)
    if content.startswith(XLSX_MAGIC):
        return [" | ".join(str(cell) for cell in row) for row in read_sheet(content)]
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        except UnicodeDecodeError:
            continue
    raise LoopmartError(f"{path}: the text is in no encoding that we know")
