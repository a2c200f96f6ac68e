"""One batch: files of one feed, from cells to Parquet written aside, with every line accounted for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.feeds import Feed
from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest.cast import Check, expand, parse_cells
from loopmart.ingest.containers import read_content
from loopmart.ingest.discover import hash_content, identify
from loopmart.ingest.rows import BadLine, DataLines, bad_width, find_period, read_lines
from loopmart.ingest.totals import compare, create_macros, sum_up
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

log = logging.getLogger(__name__)

QUARANTINE_COLUMNS = {
    "sender_id": "varchar",
    "_file_id": "varchar",
    "_line": "bigint",
    "column_name": "varchar",
    "value": "varchar",
    "rule": "varchar",
    "reason": "varchar",
    "remedy": "varchar",
    "amount": "decimal(18,2)",
}


REFUSED_LINES = pa.schema(
    {"_file": pa.int32(), "_line": pa.int64()}
    | dict.fromkeys(("column_name", "value", "rule", "reason", "remedy"), pa.string())
)


@dataclass
class BatchFile:
    """A file on its way through a batch; `verdict` collects what the ledger will say of it."""

    number: int
    arrival: dict[str, Any]
    source: Source
    sender: Sender
    content: DataLines | None = None
    dates: list[tuple[date, int, Decimal | None]] = field(default_factory=list)
    verdict: dict[str, Any] = field(default_factory=dict)

    @property
    def file_id(self) -> str:
        """Identity of the file."""
        return str(self.arrival["file_id"])

    @property
    def supersedes(self) -> bool:
        """Whether it takes the place of an earlier file of its sender, source and period."""
        return self.source.period.grain != "append"

    @property
    def lines(self) -> DataLines:
        """The file's lines; only of a file that was not refused."""
        if self.content is None:
            raise RuntimeError(f"{self.arrival['path']} was refused and has no lines")
        return self.content

    def refuse(self, refusal: FileRefused) -> None:
        """Refuse the file as a whole; it stays in landing."""
        self.content = None
        self.verdict = {"status": "refused", "reason": refusal.reason, "remedy": refusal.remedy}


class Batch:
    """The rows of one batch in an engine of its own.

    Args:
        workdir: an empty folder for the engine's temporary files.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        ledger: Ledger,
        feed: Feed,
        token_key: bytes,
        workdir: Path,
    ) -> None:
        self._settings, self._catalogue, self._ledger = settings, catalogue, ledger
        self._feed, self._token_key, self._workdir = feed, token_key, workdir
        self._engine = duckdb.connect(config={"temp_directory": str(workdir), "memory_limit": "3GB"})
        self._engine.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
        create_macros(self._engine)
        self._checks: list[Check] = []
        self.files: list[BatchFile] = []

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()

    def load(self, arrivals: Sequence[dict[str, Any]]) -> None:
        """Read, parse and judge the files; afterwards each has a verdict."""
        self._read(arrivals)
        self._create_tables()
        groups: dict[tuple[Any, ...], list[BatchFile]] = defaultdict(list)
        for file in self._readable():
            lines = file.lines
            form = (lines.delimiter, lines.header, lines.text is not None, lines.is_padded, lines.is_workbook)
            groups[file.source.source, *form].append(file)
        for number, files in enumerate(groups.values()):
            self._load_group(f"cells_{number}", files)
        self._find_periods()
        self._settle_same_period()
        self._quarantine_duplicates()
        self._account()

    def _load_group(self, table: str, files: list[BatchFile]) -> None:
        """Load files of one source that look alike."""
        self._load_cells(table, files)
        self._filter(table, files)
        self._parse(f"{table}_kept", files)
        self._check_promises(f"{table}_kept", files)
        self._engine.execute(f"drop view {table}_kept; drop view {table}")
        for part in ("rows", "lines"):
            self._engine.execute(f"drop table {table}_{part}")
        for file in files:
            if file.content:
                file.content.text = file.content.records = None

    # -- reading --------------------------------------------------------------------------------------

    def _read(self, arrivals: Sequence[dict[str, Any]]) -> None:
        for number, arrival in enumerate(arrivals):
            source = self._catalogue.sources[arrival["source"]]
            file = BatchFile(number, arrival, source, self._catalogue.senders[arrival["sender_id"]])
            self.files.append(file)
            try:
                content = read_content(self._settings.landing_dir, arrival["path"])
                if identify(arrival["sender_id"], hash_content(content)) != file.file_id:
                    raise FileRefused(
                        "the file changed between its recognition and its load",
                        "Nothing; the next run takes it",
                    )
                file.content = read_lines(content, source)
            except FileRefused as refusal:
                file.refuse(refusal)
            except FileNotFoundError:
                file.refuse(FileRefused("the file is gone from landing", "Put it back; landing is never cleared"))

    def _readable(self) -> list[BatchFile]:
        return [f for f in self.files if f.content]

    def _create_tables(self) -> None:
        rows = [
            (f.number, f.file_id, f.sender.sender_id, f.sender.kind, f.sender.time_zone, f.sender.currency)
            for f in self.files
        ]
        names = ["_file", "_file_id", "sender_id", "sender_kind", "time_zone", "currency"]
        table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
        self._engine.register("batch_files_arrow", table)
        self._engine.execute("create table batch_files as select * from batch_files_arrow")
        columns = ", ".join(f"{f.name} {f.physicalType}" for f in self._feed.fields)
        self._engine.execute(
            f"create table parsed ({columns}, sender_id varchar, _file integer, _line bigint, "
            "_problem integer, _value varchar)"
        )
        self._engine.register("refused", REFUSED_LINES.empty_table())
        self._engine.execute("create table refused_lines as from refused")

    def _load_cells(self, table: str, files: list[BatchFile]) -> None:
        """Make the view `table` (c0, c1, … text, _file, _line) of the data lines of files that look alike.

        It joins the cells and the numbers of the lines by their position, which costs nothing.
        """
        columns = [f"c{i}" for i in range(len(files[0].lines.header))]
        if files[0].lines.text is None:
            self._load_records(table, columns, files)
        else:
            self._load_texts(table, columns, files)
        rows, lines = (self._count(f"{table}_{part}") for part in ("rows", "lines"))
        if rows != lines:
            raise RuntimeError(f"the engine made {rows} rows of {lines} lines; nothing was committed")
        self._engine.execute(f"create view {table} as from {table}_rows positional join {table}_lines")

    def _load_records(self, table: str, columns: list[str], files: list[BatchFile]) -> None:
        records = [(file.number, line, cells) for file in files for line, cells in file.lines.records or []]
        numbers, line_numbers, rows = zip(*records, strict=True) if records else ((), (), ())
        cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
        arrays = dict(zip(columns, (pa.array(c, pa.string()) for c in cells), strict=True))
        lines = pa.table({"_file": pa.array(numbers, pa.int32()), "_line": pa.array(line_numbers, pa.int64())})
        for part, content in (("rows", pa.table(arrays)), ("lines", lines)):
            self._engine.register("records", content)
            self._engine.execute(f"create table {table}_{part} as from records")
        for file in files:
            self._refuse_lines(file.number, file.lines.bad_lines)

    def _load_texts(self, table: str, columns: list[str], files: list[BatchFile]) -> None:
        """Let the engine split texts of one record a line; line numbers come from the order of the rows."""
        text = self._workdir / f"{table}.csv"
        spans = []
        with text.open("wb") as out:
            for file in files:
                data = file.lines.text or ""
                out.write(data.encode())
                spans.append((file.number, file.lines.first_line, data.count("\n")))
        definition = ", ".join(f"'{c}': 'VARCHAR'" for c in columns)
        self._engine.execute(
            f"""
            create table {table}_rows as select * from read_csv('{text}', columns = {{{definition}}},
                auto_detect = false, header = false, delim = '{files[0].lines.delimiter}', quote = '', escape = '',
                strict_mode = true, store_rejects = true, rejects_limit = 0,
                rejects_table = '{table}_errors', rejects_scan = '{table}_scans')
            """
        )
        names = ("f", "first", "n")
        self._engine.register("spans", pa.table(dict(zip(names, map(list, zip(*spans, strict=True)), strict=True))))
        self._engine.execute(
            f"""
            create table {table}_lines as
            select f::integer as _file, first + i as _line from (select f, first, unnest(range(n)) as i from spans)
            """
        )
        self._take_rejects(table, len(columns))
        self._engine.execute(f"drop table {table}_errors; drop table {table}_scans")
        text.unlink()

    def _take_rejects(self, table: str, width: int) -> None:
        rejects = self._engine.execute(
            f"""
            select _file, _line, any_value(error_type), max(len(csv_line)) from {table}_errors
            join (select row_number() over () as line, * from {table}_lines) using (line)
            group by all order by _file, _line
            """
        ).fetchall()
        if not rejects:
            return
        by_file: dict[int, list[BadLine]] = defaultdict(list)
        for number, line, error, length in rejects:
            by_file[number].append(_explain_reject(line, error, length, width))
        for number, bad in by_file.items():
            self._refuse_lines(number, bad)
        self._engine.execute(
            f"""
            create or replace table {table}_lines as
            select _file, _line from (select row_number() over () as line, * from {table}_lines)
            where line not in (select line from {table}_errors) order by line
            """
        )

    def _refuse_lines(self, number: int, bad_lines: Iterable[BadLine]) -> None:
        self._insert_refused([(number, b.line, None, None, "not_a_record", b.reason, b.remedy) for b in bad_lines])

    def _insert_refused(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            columns = dict(zip(REFUSED_LINES.names, map(list, zip(*rows, strict=True)), strict=True))
            self._engine.register("refused", pa.table(columns, schema=REFUSED_LINES))
            self._engine.execute("insert into refused_lines from refused")

    # -- judging --------------------------------------------------------------------------------------

    def _parse(self, table: str, files: list[BatchFile]) -> None:
        parsing = parse_cells(
            table,
            self._feed,
            files[0].source,
            files[0].lines.header,
            self._catalogue.senders,
            self._token_key,
            is_padded=files[0].lines.is_padded,
            is_workbook=files[0].lines.is_workbook,
        )
        offset = len(self._checks)
        self._checks.extend(parsing.checks)
        self._engine.execute(
            f"insert into parsed select * replace (_problem + {offset} as _problem) from ({parsing.sql})"
        )

    def _filter(self, table: str, files: list[BatchFile]) -> None:
        """Make the view `<table>_kept` without the lines that the contract knows as no records, and count those."""
        filters = files[0].source.filters
        header = files[0].lines.header
        condition = " or ".join(f"({expand(f.when, header)})" for f in filters) or "false"
        self._engine.execute(f"create view {table}_kept as from {table} where ({condition}) is not true")
        if filters:
            counts = self._engine.execute(
                f"select _file, count(*) from {table} where {condition} group by 1"
            ).fetchall()
            for file in files:
                file.lines.counts["filtered_rows"] = dict(counts).get(file.number, 0)

    def _check_promises(self, table: str, files: list[BatchFile]) -> None:
        sums = sum_up(self._engine, table, files[0].source.promises, files[0].lines.header)
        for file in files:
            broken, differing = compare(file.source.promises, file.lines, sums.get(file.number))
            if broken:
                remedy = "The file is incomplete or was edited; ask the sender to export it again"
                file.refuse(FileRefused("; ".join(broken), remedy))
            elif differing:
                file.verdict["reason"] = "; ".join(differing)

    def _find_periods(self) -> None:
        day, amount = self._feed.business_date, self._feed.control_amount
        if day:
            rows = self._engine.execute(
                f"select _file, {day}, count(*), {f'sum({amount})' if amount else 'null'} from parsed "
                f"where _problem is null and {day} is not null group by all order by all"
            ).fetchall()
            by_number = {f.number: f for f in self.files}
            for number, business_date, count, total in rows:
                by_number[number].dates.append((business_date, count, total))
        for file in self._readable():
            try:
                period = find_period(file.lines, file.source) or _period_of_dates(file)
            except FileRefused as refusal:
                file.refuse(refusal)
                continue
            file.verdict |= {"status": "loaded", "period_start": period[0], "period_end": period[1]}

    def _settle_same_period(self) -> None:
        """Of several files of one sender, source and period in this batch the last counts."""
        latest: dict[tuple[Any, ...], BatchFile] = {}
        for file in self._readable():
            if not file.supersedes:
                continue
            v = file.verdict
            key = (file.sender.sender_id, file.source.source, v["period_start"], v["period_end"])
            earlier = latest.get(key)
            if earlier:
                earlier.verdict |= {
                    "status": "superseded",
                    "counterpart_file_id": file.file_id,
                    "reason": "a later file of the same sender, source and period counts instead",
                }
            latest[key] = file

    def _quarantine_duplicates(self) -> None:
        """Quarantine rows whose key stands already in the same file, in this batch, or in a file that counts."""
        keys = ", ".join(self._feed.key)
        scope = ", ".join(("sender_id", *self._feed.key))
        counted = self._numbers("loaded") or [-1]
        self._engine.execute(
            f"""
            create table repeated as
            select _file, _line, first_value(_file) over w as first_file, first_value(_line) over w as first_line
            from parsed semi join (
                select {scope} from parsed where _problem is null group by all having count(*) > 1
            ) using ({scope})
            where _problem is null
            window w as (
                partition by {scope}, case when _file in ({_join(counted)}) then -1 else _file end
                order by _file, _line
            )
            """
        )
        paths = {f.number: f.arrival["path"] for f in self.files}
        found = self._engine.execute(
            "select * from repeated where (_file, _line) <> (first_file, first_line) order by 1, 2"
        ).fetchall()
        self._refuse_repeats(
            [(n, line, f"line {first} of {'this file' if f == n else paths[f]}") for n, line, f, first in found],
            keys,
        )
        self._quarantine_counted_elsewhere(keys, set(counted))

    def _quarantine_counted_elsewhere(self, keys: str, counted: set[int]) -> None:
        if not self._feed.business_date:
            return
        elsewhere: dict[tuple[str, str], str] = {}
        for file in self.files:
            if file.number in counted and file.dates:
                for other in self._ledger.overlapping_files(
                    file.sender.sender_id, self._feed.name, (d for d, _, _ in file.dates)
                ):
                    if not _supersedes(file, other):
                        elsewhere[other["batch_id"], other["file_id"]] = other["path"]
        if not elsewhere:
            return
        batches = sorted({batch for batch, _ in elsewhere})
        parts = _join(f"'{self._settings.bronze_dir / self._feed.name / f'batch={b}'}/*.parquet'" for b in batches)
        files = _join(f"'{file_id}'" for _, file_id in elsewhere)
        found = self._engine.execute(
            f"""
            select p._file, p._line, b._file_id, b._line from parsed p
            join read_parquet([{parts}]) b using (sender_id, {keys})
            where p._problem is null and b._file_id in ({files}) and p._file in ({_join(sorted(counted))})
            order by all
            """
        ).fetchall()
        paths = {file_id: path for (_, file_id), path in elsewhere.items()}
        self._refuse_repeats([(n, line, f"line {first} of {paths[f]}") for n, line, f, first in found], keys)

    def _refuse_repeats(self, repeats: list[tuple[int, int, str]], keys: str) -> None:
        rows = [
            (n, line, keys, None, "repeated_key", f"the same {keys} counts already from {where}",
             "Nothing if it is a repetition; otherwise correct the number at the sender")
            for n, line, where in repeats
        ]  # fmt: skip
        self._insert_refused(rows)

    # -- accounting and writing -----------------------------------------------------------------------

    def _account(self) -> None:
        amount = self._feed.control_amount
        total = f"sum(p.{amount})" if amount else "any_value(null)"
        self._engine.execute("create table refused_keys as select distinct _file, _line from refused_lines")
        counts = {
            row[0]: row[1:]
            for row in self._engine.execute(
                f"""
                select p._file, count(*) filter (good), {total} filter (good), {total} filter (not good)
                from (
                    select p.*, p._problem is null and r._line is null as good
                    from parsed p left join refused_keys r using (_file, _line)
                ) p group by 1
                """
            ).fetchall()
        }
        quarantined = dict(
            self._engine.execute(
                """
                select _file, count(*) from (
                    select _file, _line from refused_keys
                    union select _file, _line from parsed where _problem is not null
                ) group by 1
                """
            ).fetchall()
        )
        for file in self._readable():
            loaded, good_amount, bad_amount = counts.get(file.number, (0, None, None))
            file.verdict |= file.lines.counts | {
                "line_count": file.lines.line_count,
                "loaded_rows": loaded,
                "quarantined_rows": quarantined.get(file.number, 0),
                "control_amount": (good_amount or Decimal(0)) if amount else None,
                "quarantined_amount": (bad_amount or Decimal(0)) if amount else None,
            }
        if quarantined and self._feed.business_date:
            self._recount_dates()

    def _recount_dates(self) -> None:
        """Take the lines that were quarantined as repetitions out of the counts by date."""
        day, amount = self._feed.business_date, self._feed.control_amount
        taken = self._engine.execute(
            f"select _file, {day}, count(*), {f'sum({amount})' if amount else 'null'} from parsed "
            "semi join refused_keys using (_file, _line) where _problem is null group by all"
        ).fetchall()
        minus = {(number, d): (count, total) for number, d, count, total in taken}
        for file in self.files:
            file.dates = [
                (d, count - minus.get((file.number, d), (0, 0))[0],
                 None if total is None else total - (minus.get((file.number, d), (0, Decimal(0)))[1] or 0))
                for d, count, total in file.dates
            ]  # fmt: skip

    def write_bronze(self, folder: Path) -> None:
        """Write the good rows of every file that was not refused, in file and line order."""
        names = ", ".join(f"p.{f.name}" for f in self._feed.fields)
        self._engine.execute(
            f"""
            copy (
                select {names}, p.sender_id, f._file_id, p._line
                from parsed p join batch_files f using (_file)
                anti join refused_keys r on r._file = p._file and r._line = p._line
                where p._problem is null and p._file in ({_join(self._numbers("loaded", "superseded") or [-1])})
            ) to '{folder / "part-0.parquet"}' (format parquet, compression zstd)
            """
        )

    def write_quarantine(self, folder: Path) -> int:
        """Write the refused lines of every file that was not refused as a whole; returns how many."""
        checks = [(n, c.column, c.rule, c.reason, c.remedy) for n, c in enumerate(self._checks, start=1)]
        names = ("n", "column_name", "rule", "reason", "remedy")
        columns = list(map(list, zip(*checks, strict=True))) if checks else [[] for _ in names]
        self._engine.register("checks", pa.table(dict(zip(names, columns, strict=True))))
        amount = f"p.{self._feed.control_amount}" if self._feed.control_amount else "null::decimal(18,2)"
        self._engine.execute(
            f"""
            create table quarantine as
            with found as (
                select _file, _line, column_name, value, rule, reason, remedy, null::decimal(18,2) as amount
                from refused_lines where rule = 'not_a_record'
                union all
                select r._file, r._line, r.column_name, r.value, r.rule, r.reason, r.remedy, {amount}
                from (select * from refused_lines where rule <> 'not_a_record'
                      qualify row_number() over (partition by _file, _line order by reason) = 1) r
                join parsed p using (_file, _line)
                union all
                select p._file, p._line, c.column_name, left(p._value, 200), c.rule, c.reason, c.remedy, {amount}
                from parsed p join checks c on c.n = p._problem
            )
            select f.sender_id, f._file_id, _line, column_name, value, rule, reason, remedy, amount
            from found join batch_files f using (_file)
            where _file in ({_join(self._numbers("loaded", "superseded") or [-1])})
            order by _file, _line
            """
        )
        count = self._count("quarantine")
        if count:
            self._engine.execute(f"copy quarantine to '{folder / 'part-0.parquet'}' (format parquet, compression zstd)")
        return count

    def _numbers(self, *statuses: str) -> list[int]:
        return [f.number for f in self.files if f.verdict.get("status") in statuses]

    def _count(self, table: str) -> int:
        row = self._engine.execute(f"select count(*) from {table}").fetchone()
        return int(row[0]) if row else 0


def _explain_reject(line: int, error: str, length: int, width: int) -> BadLine:
    if error == "MISSING COLUMNS":
        return bad_width(line, "fewer", width)
    if error == "TOO MANY COLUMNS":
        return bad_width(line, "more", width)
    return BadLine(
        line,
        f"the line is no record ({error.lower()}, {length:,} characters)",
        "Look at the line in the file",
    )


def _period_of_dates(file: BatchFile) -> tuple[date | None, date | None]:
    grain = file.sender.sales_period if file.source.period.grain == "sender" else file.source.period.grain
    if grain == "snapshot" or not file.dates:
        return None, None
    first, last = file.dates[0][0], file.dates[-1][0]
    if grain == "month":
        first = first.replace(day=1)
        last = (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first, last


def _supersedes(file: BatchFile, other: dict[str, Any]) -> bool:
    v = file.verdict
    same = (file.source.source, v["period_start"], v["period_end"])
    return (file.supersedes or file.file_id == other["file_id"]) and same == (
        other["source"],
        other["period_start"],
        other["period_end"],
    )


def _join(items: Iterable[object]) -> str:
    return ", ".join(str(i) for i in items)
