"""The ledger: one row per file that arrived, in SQLite or PostgreSQL.

A batch counts from the moment at which its ledger transaction commits, and not before.
"""

from __future__ import annotations

import json
import re
import secrets
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.engine import make_url

from loopmart.errors import LoopmartError
from loopmart.ledger.tables import (
    MEMBER_MARK,
    file_dates,
    file_ledger,
    gate_results,
    installation,
    metadata,
    pipeline_runs,
)

Row = dict[str, Any]

MAX_PARAMETERS = 500
"""How many values one statement names; beyond that it asks for all and the caller picks."""


def utc_now() -> datetime:
    """The present in UTC, without a zone, as the ledger keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


class Ledger:
    """The ledger at `url`, created on first use; its connections are given back when nobody holds it any more.

    Args:
        url: a SQLAlchemy URL, `sqlite:///…` or `postgresql+psycopg2://…`.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._engine = create_engine(url, connect_args={"timeout": 60} if _is_sqlite(url) else {})
        if _is_sqlite(url):
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            event.listen(self._engine, "connect", _set_write_ahead_log)
        weakref.finalize(self, self._engine.dispose)
        metadata.create_all(self._engine)

    # -- arrivals -------------------------------------------------------------------------------------

    def known_stats(self) -> dict[str, tuple[str, str]]:
        """For each file of landing its newest stat, and under which contracts it was refused ("" if it was not).

        Members of a zip are one file; it counts as refused if one of them is.
        """
        columns = file_ledger.c
        query = select(columns.path, columns.stat, columns.status, columns.contracts_hash).order_by(columns.arrival_id)
        known: dict[str, tuple[str, str]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                file = row.path.partition(MEMBER_MARK)[0]
                refused = row.contracts_hash if row.status == "refused" else ""
                before = known.get(file)
                known[file] = (row.stat, refused or (before[1] if before and before[0] == row.stat else ""))
        return known

    def files_by_id(self) -> dict[str, Row]:
        """The arrival that each file_id is judged by: the first that was recorded under it."""
        query = select(file_ledger).where(file_ledger.c.status != "duplicate").order_by(file_ledger.c.arrival_id)
        files: dict[str, Row] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                files.setdefault(row["file_id"], dict(row))
        return files

    def record_arrivals(self, arrivals: Sequence[Row]) -> None:
        """Write arrivals; one that is known by path and bytes is judged anew in place."""
        with self._engine.begin() as connection:
            known = {
                (row.path, row.bytes_sha256): row.arrival_id
                for row in connection.execute(
                    select(file_ledger.c.path, file_ledger.c.bytes_sha256, file_ledger.c.arrival_id)
                )
            }
            new = []
            for arrival in arrivals:
                arrival_id = known.get((arrival["path"], arrival["bytes_sha256"]))
                if arrival_id is None:
                    new.append({**arrival, "first_seen_at": utc_now()})
                else:
                    connection.execute(
                        update(file_ledger).where(file_ledger.c.arrival_id == arrival_id).values(arrival)
                    )
            if new:
                connection.execute(insert(file_ledger), new)

    def touch_arrivals(self, stats: Mapping[tuple[str, str], str]) -> None:
        """Note the new stat of files whose bytes are unchanged; keys are (path, bytes_sha256)."""
        with self._engine.begin() as connection:
            for (path, digest), stat in stats.items():
                connection.execute(
                    update(file_ledger)
                    .where(and_(file_ledger.c.path == path, file_ledger.c.bytes_sha256 == digest))
                    .values(stat=stat)
                )

    def pending_files(self, feed: str) -> list[Row]:
        """Files of a feed that wait for a load, oldest first; `x.csv` comes before `x (1).csv` of the same time."""
        query = select(file_ledger).where(and_(file_ledger.c.feed == feed, file_ledger.c.status == "pending"))
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return sorted(rows, key=lambda row: (row["modified_at"], *_copy_number(row["path"]), row["path"]))

    def pending_counts(self) -> dict[str, int]:
        """How many files wait, by feed."""
        query = (
            select(file_ledger.c.feed, func.count())
            .where(file_ledger.c.status == "pending")
            .group_by(file_ledger.c.feed)
            .order_by(file_ledger.c.feed)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- batches --------------------------------------------------------------------------------------

    def commit_batch(
        self, files: Sequence[Row], dates: Sequence[Row], superseding: Collection[str] = frozenset()
    ) -> int:
        """Make a batch count, in one transaction.

        Args:
            files: a row for each file with arrival_id and what the load found: status `loaded`,
                `superseded` or `refused`, counts, period.
            dates: rows of `file_dates`.
            superseding: ids of those files that take the place of what was loaded earlier from the same sender,
                source and period; that becomes `superseded` in the same transaction.

        Returns:
            The change number of the transaction.
        """
        with self._engine.begin() as connection:
            sequence = self._next_change(connection)
            newer = [f for f in files if f["status"] == "loaded" and f["file_id"] in superseding]
            self._supersede_earlier(connection, newer, sequence)
            for names in {tuple(file) for file in files}:
                changes = update(file_ledger).where(file_ledger.c.arrival_id == bindparam("key"))
                connection.execute(
                    changes.values({n: bindparam(f"new_{n}") for n in names}).values(
                        change_seq=sequence, loaded_at=utc_now()
                    ),
                    [
                        {"key": f["arrival_id"], **{f"new_{n}": v for n, v in f.items()}}
                        for f in files
                        if tuple(f) == names
                    ],
                )
            ids = sorted({row["file_id"] for row in dates})
            for start in range(0, len(ids), 500):
                connection.execute(delete(file_dates).where(file_dates.c.file_id.in_(ids[start : start + 500])))
            if dates:
                connection.execute(insert(file_dates), list(dates))
        return sequence

    def _supersede_earlier(self, connection: Connection, files: Sequence[Row], sequence: int) -> None:
        columns = file_ledger.c
        newer = {(f["sender_id"], f["source"], f["period_start"], f["period_end"]): f["file_id"] for f in files}
        counted = select(
            columns.arrival_id,
            columns.file_id,
            columns.sender_id,
            columns.source,
            columns.period_start,
            columns.period_end,
        ).where(and_(columns.status == "loaded", columns.source.in_({f["source"] for f in files})))
        for row in connection.execute(counted).all():
            successor = newer.get((row.sender_id, row.source, row.period_start, row.period_end))
            if successor and successor != row.file_id:
                connection.execute(
                    update(file_ledger)
                    .where(columns.arrival_id == row.arrival_id)
                    .values(
                        status="superseded",
                        counterpart_file_id=successor,
                        reason="a later file of the same sender, source and period counts instead",
                        change_seq=sequence,
                    )
                )

    def loaded_dates(self, feed: str, senders: Collection[str], first: date, last: date) -> list[Row]:
        """Which loaded files of a feed hold rows of which of these days.

        Returns:
            A row for each file and day: sender_id, business_date, file_id, batch_id, path, source, period.
        """
        files = file_ledger.c
        query = (
            select(
                files.sender_id, file_dates.c.business_date, files.file_id, files.batch_id, files.path, files.source,
                files.period_start, files.period_end,
            )
            .join(file_dates, file_dates.c.file_id == files.file_id)
            .where(
                and_(
                    files.feed == feed, files.status == "loaded", file_dates.c.business_date.between(first, last),
                    files.sender_id.in_(sorted(senders)) if len(senders) <= MAX_PARAMETERS else true(),
                )
            )
        )  # fmt: skip
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings() if row["sender_id"] in senders]

    def change_status(
        self, file_id: str, old: str, new: str, reason: str | None, appending: Collection[str] = ()
    ) -> Row:
        """Revoke or restore a file.

        What a revoked file had superseded counts again; what counts in a restored file's place is superseded,
        unless its source is one of `appending`, whose files stand beside each other.

        Raises:
            LoopmartError: no file with that id (or unique beginning of one) is in the old status.
        """
        with self._engine.begin() as connection:
            found = connection.execute(
                select(file_ledger).where(and_(file_ledger.c.file_id.startswith(file_id), file_ledger.c.status == old))
            ).mappings()
            rows = [dict(row) for row in found]
            if len(rows) != 1:
                raise LoopmartError(
                    f"{len(rows)} files in status {old} have an id that begins with {file_id!r}; "
                    "`loopmart files` lists the ids"
                )
            sequence = self._next_change(connection)
            if new == "loaded" and rows[0]["source"] not in appending:
                self._supersede_earlier(connection, rows, sequence)
            connection.execute(
                update(file_ledger)
                .where(file_ledger.c.arrival_id == rows[0]["arrival_id"])
                .values(status=new, reason=reason, change_seq=sequence)
            )
            if new == "revoked":
                connection.execute(
                    update(file_ledger)
                    .where(
                        and_(
                            file_ledger.c.status == "superseded",
                            file_ledger.c.counterpart_file_id == rows[0]["file_id"],
                        )
                    )
                    .values(status="loaded", reason=None, counterpart_file_id=None, change_seq=sequence)
                )
        return rows[0]

    def _next_change(self, connection: Connection) -> int:
        return int(connection.execute(select(func.coalesce(func.max(file_ledger.c.change_seq), 0))).scalar_one()) + 1

    def hold_to(self, name: str, value: str) -> str:
        """Note a fact of this installation on first use; returns the value that was noted first."""
        with self._engine.begin() as connection:
            noted = connection.execute(select(installation.c.value).where(installation.c.name == name)).scalar()
            if noted is None:
                connection.execute(insert(installation).values(name=name, value=value))
            return str(noted or value)

    # -- what counts ----------------------------------------------------------------------------------

    def last_change(self) -> int:
        """The number of the newest change of what counts; 0 for an empty ledger."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.coalesce(func.max(file_ledger.c.change_seq), 0))).scalar_one())

    def files(self, statuses: Sequence[str] | None = None) -> list[Row]:
        """All arrivals, or those in the given statuses, in order of arrival."""
        query = select(file_ledger).order_by(file_ledger.c.arrival_id)
        if statuses:
            query = query.where(file_ledger.c.status.in_(statuses))
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def batches(self, feed: str) -> set[str]:
        """Batch ids of a feed that the ledger knows, whatever became of their files."""
        query = select(file_ledger.c.batch_id).where(
            and_(file_ledger.c.feed == feed, file_ledger.c.batch_id.is_not(None))
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query.distinct()).scalars())

    def changed_dates(self, after: int) -> set[date]:
        """Business dates of files that were loaded, superseded, revoked or restored after change `after`."""
        query = (
            select(file_dates.c.business_date)
            .join(file_ledger, file_ledger.c.file_id == file_dates.c.file_id)
            .where(
                and_(
                    file_ledger.c.change_seq > after,
                    or_(file_ledger.c.status == "loaded", file_ledger.c.status.in_(("superseded", "revoked"))),
                )
            )
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query.distinct()).scalars())

    # -- runs and gates -------------------------------------------------------------------------------

    @contextmanager
    def run(self, stage: str, params: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Record a run of a stage; what the body puts into the yielded dict is kept as its counts."""
        run_id = f"{utc_now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        counts: Row = {}
        with self._engine.begin() as connection:
            connection.execute(
                insert(pipeline_runs).values(
                    run_id=run_id,
                    stage=stage,
                    status="running",
                    params=json.dumps(dict(params or {}), default=str),
                    started_at=utc_now(),
                )
            )
        try:
            yield counts
        except BaseException as error:
            self._finish_run(run_id, "failed", counts, f"{type(error).__name__}: {error}"[:4000])
            raise
        self._finish_run(run_id, "succeeded", counts, None)

    def _finish_run(self, run_id: str, status: str, counts: Row, error: str | None) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(pipeline_runs)
                .where(pipeline_runs.c.run_id == run_id)
                .values(
                    status=status,
                    counts=json.dumps(counts, default=str),
                    error=error,
                    change_seq=self.last_change(),
                    finished_at=utc_now(),
                )
            )

    def runs(self) -> list[Row]:
        """All runs, oldest first."""
        with self._engine.connect() as connection:
            query = select(pipeline_runs).order_by(pipeline_runs.c.started_at, pipeline_runs.c.run_id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def record_gate_results(self, results: Sequence[Row]) -> None:
        """Append what a gate found; columns as in `ops.gate_results`."""
        if results:
            with self._engine.begin() as connection:
                connection.execute(insert(gate_results), list(results))

    def gate_results(self) -> list[Row]:
        """All results of all gates, oldest first."""
        with self._engine.connect() as connection:
            query = select(gate_results).order_by(gate_results.c.result_id)
            return [dict(row) for row in connection.execute(query).mappings()]


def _copy_number(path: str) -> tuple[str, int]:
    match = re.search(r" ?\((\d+)\)(?=\.)", path)
    return (path.replace(match.group(), "", 1), int(match.group(1))) if match else (path, 0)


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _set_write_ahead_log(connection: Any, _record: Any) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
