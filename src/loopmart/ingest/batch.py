"""One batch: files of one feed, from cells to Parquet written aside, with every line accounted for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.feeds import Feed
from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest.batch_file import BatchFile
from loopmart.ingest.cast import Cells, Check, parse_cells
from loopmart.ingest.cells import drop_cells, load_cells
from loopmart.ingest.containers import read_content
from loopmart.ingest.discover import hash_content, identify, stat_of
from loopmart.ingest.expressions import Form, create_macros, expand, find_padding, find_typed_cells
from loopmart.ingest.repeats import chains_of, find_in_batch, find_in_lake, find_overlaps, find_suspects, scope_of
from loopmart.ingest.rows import BadLine, find_period, read_lines
from loopmart.ingest.scan import reads_exactly
from loopmart.ingest.stores import name_stores
from loopmart.ingest.straight import IN_PLACE_BYTES, Statement, StraightFile, load_straight
from loopmart.ingest.tokens import Tokeniser
from loopmart.ingest.totals import FileSums, compare, sum_up
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import MEMBER_MARK
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


CHANGED = FileRefused("the file changed between its recognition and its load", "Nothing; the next run takes it")
REFUSED_LINES = pa.schema(
    {"_file": pa.int32(), "_line": pa.int64()}
    | dict.fromkeys(("column_name", "value", "rule", "reason", "remedy"), pa.string())
)


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
        tokeniser: Tokeniser,
        workdir: Path,
    ) -> None:
        self._settings, self._catalogue, self._ledger = settings, catalogue, ledger
        self._feed, self._workdir = feed, workdir
        self._engine = duckdb.connect(config={"temp_directory": str(workdir), "memory_limit": "2GB"})
        self._engine.execute("set timezone = 'UTC'; set preserve_insertion_order = true")
        create_macros(self._engine, (s for s in catalogue.sources.values() if s.feed == feed.name))
        self._tokeniser = tokeniser
        self._checks: list[Check] = []
        self._parts: list[Path] = []
        self.files: list[BatchFile] = []

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()

    def load(self, arrivals: Sequence[dict[str, Any]]) -> None:
        """Read, parse and judge the files; afterwards each has a verdict."""
        self._read(arrivals)
        self._create_tables()
        for number, files in enumerate(self._group(self._readable())):
            rest = self._load_straight(f"straight_{number}", files)
            for part, alike in enumerate(self._group(rest)):
                self._load_carefully(f"cells_{number}_{part}", alike)
        self._count_dates()
        self._settle_periods()
        self._settle_same_period()
        self._create_rows()
        self._quarantine_repeats()
        self._account()

    # -- reading --------------------------------------------------------------------------------------

    def _read(self, arrivals: Sequence[dict[str, Any]]) -> None:
        for number, arrival in enumerate(arrivals):
            source = self._catalogue.sources[arrival["source"]]
            file = BatchFile(number, arrival, source, self._catalogue.senders[arrival["sender_id"]])
            self.files.append(file)
            try:
                content = self._read_content(arrival)
                file.content = read_lines(content, source)
                file.content.is_verbatim &= len(content) == arrival["size_bytes"]
                file.period = find_period(file.content.preamble, file.file_name, source)
            except FileRefused as refusal:
                file.refuse(refusal)
            except FileNotFoundError:
                file.refuse(FileRefused("the file is gone from landing", "Put it back; landing is never cleared"))

    def _read_content(self, arrival: dict[str, Any]) -> bytes:
        """The content, which is what was recognised: told by the file's stat, or else by its hash."""
        content = read_content(self._settings.landing_dir, arrival["path"])
        if (
            not self._is_untouched(arrival)
            and identify(arrival["sender_id"], hash_content(content)) != arrival["file_id"]
        ):
            raise CHANGED
        return content

    def _is_untouched(self, arrival: dict[str, Any]) -> bool:
        path = self._settings.landing_dir / str(arrival["path"]).partition(MEMBER_MARK)[0]
        return path.exists() and stat_of(path) == arrival["stat"]

    def _readable(self) -> list[BatchFile]:
        return [f for f in self.files if f.content]

    def _group(self, files: Iterable[BatchFile]) -> list[list[BatchFile]]:
        """Files that look alike, which can be read together."""
        groups: dict[tuple[Any, ...], list[BatchFile]] = defaultdict(list)
        for file in files:
            lines = file.lines
            form = (lines.delimiter, lines.header, lines.text is not None, lines.is_padded, lines.is_workbook)
            skipped = lines.first_line if self._is_in_place(file) else None
            groups[file.source.source, *form, lines.is_guarded, skipped].append(file)
        return list(groups.values())

    def _is_in_place(self, file: BatchFile) -> bool:
        """Whether the engine may read the file itself, where it lies."""
        return (
            file.lines.is_verbatim
            and file.arrival["size_bytes"] >= IN_PLACE_BYTES
            and MEMBER_MARK not in file.arrival["path"]
            and self._is_untouched(file.arrival)
        )

    def _create_tables(self) -> None:
        """`batch_files` with what stands of each file, its sender and its sender's settings; empty tables of rows."""
        columns: dict[str, list[object]] = defaultdict(list)
        sources = {f.source.source: f.source for f in self.files}.values()
        keys = {key for source in sources for owner, key in source.settings_named if owner == "sender"}
        for f in self.files:
            columns["_file"].append(f.number)
            columns["_file_id"].append(f.file_id)
            columns["sender_id"].append(f.sender.sender_id)
            columns["sender_kind"].append(f.sender.kind)
            columns["time_zone"].append(f.sender.time_zone)
            columns["currency"].append(f.sender.currency)
            columns["file.name"].append(f.file_name)
            for i, edge in enumerate(("start", "end")):
                columns[f"file.period_{edge}"].append(f"{f.period[i]}" if f.period else None)
            for key in keys:
                columns[f"sender.{key}"].append(f.sender.settings.get(key))
        schema = pa.schema([(n, pa.int32() if n == "_file" else pa.string()) for n in columns])
        self._engine.register("batch_files_arrow", pa.table(dict(columns), schema=schema))
        self._engine.execute("create table batch_files as from batch_files_arrow")
        fields = ", ".join(f"{f.name} {f.physicalType}" for f in self._feed.fields)
        self._engine.execute(
            f"create table parsed ({fields}, sender_id varchar, _file integer, _line bigint, "
            "_problem integer, _value varchar)"
        )
        self._engine.register("refused", REFUSED_LINES.empty_table())
        self._engine.execute("create table refused_lines as from refused")

    # -- the straight way -----------------------------------------------------------------------------

    def _load_straight(self, name: str, files: list[BatchFile]) -> list[BatchFile]:
        """Take files straight to Parquet; returns those that have to go the careful way."""
        source, lines = files[0].source, files[0].lines
        if lines.text is None or lines.is_guarded or source.stores or source.widths:
            return files
        zones = {f.sender.time_zone for f in files}
        texts = [f.lines.text or b"" for f in files]
        typed = find_typed_cells(self._feed, source, lines.header)
        if typed and not all(map(reads_exactly, texts if self._is_in_place(files[0]) else [b"".join(texts)])):
            typed = {}
        statement = Statement(
            self._feed,
            source,
            lines.header,
            lambda relation, readable, tokens: parse_cells(
                Cells(
                    relation,
                    lines.header,
                    Form(is_padded=False, is_guarded=False),
                    may_hold_powers=any(b"e" in text or b"E" in text for text in texts),
                    typed=typed,
                    is_joined=True,
                    readable=readable,
                ),
                self._feed,
                source,
                zones,
                tokens,
            ),
            self._tokeniser,
            typed,
            padded=find_padding(self._feed, source, lines.header),
            dropped=_dropped(source, lines.header, is_padded=False),
        )  # fmt: skip
        candidates = [
            StraightFile(
                f.number, f.file_id, f.lines,
                self._settings.landing_dir / f.arrival["path"] if self._is_in_place(f) else None,
            )
            for f in files
        ]  # fmt: skip
        whole, parts = load_straight(self._engine, statement, candidates, self._workdir, name)
        self._parts.extend(parts)
        by_number = {f.number: f for f in files}
        for done in whole:
            file = by_number.pop(done.number)
            file.is_straight, file.is_distinct, file.dates = True, done.is_distinct, done.dates
            file.verdict["stripped_guards"] = file.lines.guard_count
            if source.filters:
                file.lines.counts["filtered_rows"] = done.filtered
            self._judge_promises(file, done.sums)
            if done.path and not self._is_untouched(file.arrival):
                file.refuse(CHANGED)
            if file.content:
                file.content.text = None
        return list(by_number.values())

    # -- the careful way ------------------------------------------------------------------------------

    def _load_carefully(self, table: str, files: list[BatchFile]) -> None:
        """Load files of one source that look alike, with a reason for every line that is no good row."""
        for file in files:
            file.lines.look_closely()
        for number, alike in enumerate(self._group(files)):
            self._load_or_refuse(f"{table}_{number}", alike)

    def _load_or_refuse(self, table: str, files: list[BatchFile]) -> None:
        """Load a group; where a figure goes beyond what the engine can hold, only the file with it is refused."""
        try:
            self._load_group(table, files)
        except duckdb.DataError:
            self._engine.execute(f"delete from refused_lines where _file in ({_join(f.number for f in files)})")
            drop_cells(self._engine, table)
            for file in files if len(files) > 1 else []:
                self._load_or_refuse(f"{table}_{file.number}", [file])
            if len(files) == 1:
                files[0].refuse(
                    FileRefused(
                        "a figure in it is too large to be worked with",
                        "Look for an absurdly large figure among its cells, or for columns that have moved",
                    )
                )

    def _load_group(self, table: str, files: list[BatchFile]) -> None:
        source, lines = files[0].source, files[0].lines
        form = Form(is_padded=lines.is_padded, is_guarded=lines.is_guarded)
        load_cells(self._engine, table, {f.number: f.lines for f in files}, self._workdir, self._refuse_lines)
        dropped = _dropped(source, lines.header, **form)
        if source.filters:
            counts = dict(
                self._engine.execute(f"select _file, count(*) from {table} where {dropped} group by 1").fetchall()
            )
            for file in files:
                file.lines.counts["filtered_rows"] = counts.get(file.number, 0)
        kept = f"(from {table} where ({dropped}) is not true)"
        self._count_guards(table, files)
        self._parse(kept, files, form)
        sums = sum_up(self._engine, table, dropped, source, lines.header, **form)
        for file in files:
            self._judge_promises(file, sums.get(file.number))
        self._remark_widths(kept, [f for f in files if f.content], form)
        drop_cells(self._engine, table)
        for file in files:
            if file.content:
                file.content.text = file.content.records = None

    def _parse(self, relation: str, files: list[BatchFile], form: Form) -> None:
        source, lines = files[0].source, files[0].lines
        names = None
        if source.stores:
            names = "named_stores"
            senders = {f.number: f.sender for f in files}
            name_stores(self._engine, relation, source, lines.header, senders, self._catalogue.senders, form)
        cells = Cells(relation, lines.header, form, is_workbook=lines.is_workbook, store_names=names)
        parsing = parse_cells(cells, self._feed, source, {f.sender.time_zone for f in files})
        for table, (kind, texts) in parsing.identifiers.items():
            self._tokeniser.make_table(self._engine, table, kind, texts)
        offset = len(self._checks)
        self._checks.extend(parsing.checks)
        self._engine.execute(
            "insert into parsed select * exclude (_file_id) "
            f"replace (_problem + {offset} as _problem) from ({parsing.sql})"
        )

    def _count_guards(self, table: str, files: list[BatchFile]) -> None:
        """How many guards were taken off, by file."""
        found: dict[int, int] = {}
        if files[0].lines.is_guarded:
            guards = " + ".join(f"count(*) filter (is_guarded(c{i}))" for i in range(len(files[0].lines.header)))
            found = dict(self._engine.execute(f"select _file, {guards} from {table} group by 1").fetchall())
        for file in files:
            file.verdict["stripped_guards"] = file.lines.guard_count + found.get(file.number, 0)

    def _remark_widths(self, cells: str, files: list[BatchFile], form: Form) -> None:
        """Report codes that are shorter than their contract says, as after a spreadsheet has taken leading zeros."""
        for name, width in files[0].source.widths.items() if files else ():
            code = expand(f"[{name}]", files[0].lines.header, files[0].source, **form)
            rows = self._engine.execute(
                f"select _file, count(*), min(_line) from {cells} where len({code}) < {width} group by 1"
            ).fetchall()
            by_number = {f.number: f for f in files}
            for number, count, line in rows:
                if number in by_number:
                    by_number[number].remark(
                        f"{count:,} cells of {name} are shorter than {width} characters, the first in line {line}: "
                        "leading zeros may be lost"
                    )

    def _refuse_lines(self, number: int, bad_lines: Iterable[BadLine]) -> None:
        self._insert_refused([(number, b.line, None, None, "not_a_record", b.reason, b.remedy) for b in bad_lines])

    def _insert_refused(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            columns = dict(zip(REFUSED_LINES.names, map(list, zip(*rows, strict=True)), strict=True))
            self._engine.register("refused", pa.table(columns, schema=REFUSED_LINES))
            self._engine.execute("insert into refused_lines from refused")

    # -- judging --------------------------------------------------------------------------------------

    def _judge_promises(self, file: BatchFile, sums: FileSums | None) -> None:
        broken, differing = compare(file.source.promises, file.lines, sums)
        if broken:
            remedy = "Ask the sender to export it again; if it differs again, see `loopmart source check`"
            file.refuse(FileRefused("; ".join(broken), remedy))
        elif differing:
            file.remark("; ".join(differing))

    def _count_dates(self) -> None:
        """Good rows and their amounts by business date, of files that went the careful way."""
        day, amount = self._feed.business_date or "null::date", self._feed.control_amount
        rows = self._engine.execute(
            f"select _file, {day}, count(*), {f'sum({amount})' if amount else 'null'} from parsed "
            "where _problem is null group by all order by all"
        ).fetchall()
        for number, business_date, count, total in rows:
            self.files[number].dates[business_date] = (count, total)

    def _settle_periods(self) -> None:
        for file in self._readable():
            first, last = file.period or file.period_of_days
            file.verdict |= {"status": "loaded", "period_start": first, "period_end": last}

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

    def _create_rows(self) -> None:
        """The view `good_rows`: of all files that are not refused, from wherever they lie."""
        names = ", ".join(f.name for f in self._feed.fields)
        straight = ""
        if self._parts:
            parts = _join(f"'{part}'" for part in self._parts)
            straight = f"""
                union all
                select {_join(f"s.{f.name}" for f in self._feed.fields)}, s.sender_id, _file, _line
                from read_parquet([{parts}]) s join batch_files using (_file_id)
            """
        self._engine.execute(
            f"create view good_rows as "
            f"select {names}, sender_id, _file, _line from parsed where _problem is null {straight}"
        )

    def _quarantine_repeats(self) -> None:
        """Quarantine rows whose key stands already in the same file, in this batch, or in a file that counts."""
        keys = ", ".join(self._feed.key)
        paths: dict[object, str] = {f.number: f.arrival["path"] for f in self.files}
        counted = set(self._numbers("loaded"))
        chains = chains_of(self._feed, self._catalogue.senders.values())
        suspects = find_suspects(self._readable(), chains)
        rows = f"select {scope_of(self._feed)} as _scope, {keys}, _file, _line from good_rows where _file in "
        if suspects:
            found = find_in_batch(self._engine, self._feed, f"{rows} ({_join(suspects)})", counted)
            self._refuse_repeats(
                [(n, line, f"line {first} of {'this file' if f == n else paths[f]}") for n, line, f, first in found]
            )
        others, other_paths = find_overlaps(
            self._ledger,
            self._feed,
            [self.files[n] for n in sorted(counted)],
            chains,
            set(self._catalogue.senders),
        )
        if others:
            numbers = _join({n for numbers in others.values() for n in numbers})
            found = find_in_lake(self._engine, self._settings, self._feed, f"{rows} ({numbers})", others)
            self._refuse_repeats([(n, line, f"line {first} of {other_paths[f]}") for n, line, f, first in found])

    def _refuse_repeats(self, repeats: list[tuple[int, int, str]]) -> None:
        keys = ", ".join(self._feed.key)
        rows = [
            (n, line, keys, None, "repeated_key", f"the same {keys} counts already from {where}",
             "Nothing if it is a repetition; otherwise correct the number at the sender")
            for n, line, where in repeats
        ]  # fmt: skip
        self._insert_refused(rows)

    # -- accounting and writing -----------------------------------------------------------------------

    def _account(self) -> None:
        """What became of every line and of the money in it; rows refused as repetitions leave the counts by date."""
        day, amount = self._feed.business_date or "null::date", self._feed.control_amount
        total = f"sum({amount})" if amount else "null"
        self._engine.execute("create table refused_keys as select distinct _file, _line from refused_lines")
        numbers = {row[0] for row in self._engine.execute("select distinct _file from refused_keys").fetchall()}
        repeated = []
        if numbers:
            repeated = self._engine.execute(
                f"select _file, {day}, count(*), {total} from good_rows semi join refused_keys using (_file, _line) "
                f"where _file in ({_join(numbers)}) group by all"
            ).fetchall()
        bad = self._engine.execute(
            f"select _file, {total} from parsed where _problem is not null group by 1"
        ).fetchall()
        bad_amounts: dict[int, Decimal] = defaultdict(Decimal, {n: a or Decimal(0) for n, a in bad})
        for number, business_date, count, taken in repeated:
            file = self.files[number]
            rows, money = file.dates[business_date]
            file.dates[business_date] = (rows - count, None if money is None else money - (taken or 0))
            bad_amounts[number] += taken or Decimal(0)
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
            money = sum((a for _, a in file.dates.values() if a is not None), Decimal(0))
            file.verdict |= file.lines.counts | {
                "line_count": file.lines.line_count,
                "loaded_rows": sum(count for count, _ in file.dates.values()),
                "quarantined_rows": quarantined.get(file.number, 0),
                "control_amount": money if amount else None,
                "quarantined_amount": bad_amounts[file.number] if amount else None,
            }

    def write_bronze(self, folder: Path) -> None:
        """Write the good rows of every file that was not refused, in file and line order.

        Parquet of the straight way is moved there as it is, unless it holds rows that must not count; nothing
        else of the batch can be read afterwards.
        """
        kept = set(self._numbers("loaded", "superseded"))
        touched = {n for (n,) in self._engine.execute("select distinct _file from refused_keys").fetchall()}
        is_clean = not any(f.is_straight and (f.number in touched or f.number not in kept) for f in self.files)
        if is_clean:
            for number, part in enumerate(self._parts):
                part.rename(folder / f"straight-{number}.parquet")
        names = ", ".join(f"p.{f.name}" for f in self._feed.fields)
        self._engine.execute(
            f"""
            copy (
                select {names}, p.sender_id, f._file_id, p._line
                from {"(from parsed where _problem is null)" if is_clean else "good_rows"} p
                join batch_files f using (_file)
                anti join refused_keys r on r._file = p._file and r._line = p._line
                where p._file in ({_join(sorted(kept) or [-1])})
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
                join good_rows p using (_file, _line)
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


def _dropped(source: Source, header: tuple[str, ...], **form: bool) -> str:
    """SQL condition of the lines that the contract knows as no records; `false` where it knows none."""
    return " or ".join(f"({expand(f.when, header, source, **form)})" for f in source.filters) or "false"


def _join(items: Iterable[object]) -> str:
    return ", ".join(str(i) for i in items)
