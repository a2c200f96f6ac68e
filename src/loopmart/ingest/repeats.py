"""Entries that stand in files twice: within one, in two of a batch, or in a file that counts already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb

from loopmart.contracts.feeds import Feed
from loopmart.contracts.senders import Sender
from loopmart.ingest.batch_file import BatchFile
from loopmart.ledger.store import Ledger
from loopmart.settings import Settings

Repeat = tuple[int, int, object, int]
"""(number of the file, line, the file from which the entry counts, its line there)."""


def chains_of(feed: Feed, senders: Iterable[Sender]) -> set[str]:
    """Senders whose files of a feed may hold rows of any store."""
    return {s.sender_id for s in senders if s.kind == "chain" and feed.tells_stores}


def find_suspects(files: Sequence[BatchFile], chains: Collection[str]) -> list[int]:
    """Numbers of files in which, or between which and another one of the batch, a key may stand twice."""
    by_sender: dict[str, list[BatchFile]] = defaultdict(list)
    is_mixed = any(f.sender.sender_id in chains for f in files)
    for file in files:
        by_sender["" if is_mixed else file.sender.sender_id].append(file)
    return [f.number for group in by_sender.values() for f in group if len(group) > 1 or not f.is_distinct]


def find_overlaps(
    ledger: Ledger, feed: Feed, files: Sequence[BatchFile], chains: Collection[str], everyone: Collection[str]
) -> tuple[dict[tuple[str, str], list[int]], dict[object, str]]:
    """Loaded files that hold days between the first and the last of one of ours, and are not superseded by it.

    Args:
        files: those of this batch that will count.
        chains: senders whose files may hold rows of others.
        everyone: ids of all senders.

    Returns:
        (numbers of our files by (batch_id, file_id) of the other, path by file_id).
    """
    ours = [f for f in files if f.days] if feed.business_date else []
    others: dict[tuple[str, str], list[int]] = defaultdict(list)
    paths: dict[object, str] = {}
    if not ours:
        return others, paths
    own_senders = {f.sender.sender_id for f in ours}
    senders = set(everyone) if own_senders & set(chains) else own_senders | set(chains)
    by_sender: dict[str, list[dict[str, Any]]] = defaultdict(list)
    first, last = min(f.days[0] for f in ours), max(f.days[-1] for f in ours)
    for row in ledger.loaded_dates(feed.name, senders, first, last):
        by_sender[row["sender_id"]].append(row)
    for file in ours:
        days, own = file.days, file.sender.sender_id
        near = everyone if own in chains else {own, *chains}
        for row in (row for sender in sorted(near) for row in by_sender[sender]):
            if days[0] <= row["business_date"] <= days[-1] and not file.is_successor(row):
                numbers = others[row["batch_id"], row["file_id"]]
                if file.number not in numbers:
                    numbers.append(file.number)
                paths[row["file_id"]] = row["path"]
    return others, paths


def scope_of(feed: Feed) -> str:
    """SQL of within what a key of this feed is told apart: the store of the row, whoever sent it; else the sender."""
    return "coalesce(store_id, sender_id)" if feed.tells_stores else "sender_id"


def find_in_batch(engine: duckdb.DuckDBPyConnection, feed: Feed, rows: str, counted: Collection[int]) -> list[Repeat]:
    """Rows whose key stands already in the same file, or in an earlier one of this batch that counts.

    Args:
        rows: query of good rows with their `_scope`, the key, _file and _line.
        counted: numbers of the files that will count; a superseded file is only compared with itself.
    """
    scope = ", ".join(("_scope", *feed.key))
    return engine.execute(
        f"""
        with keyed as ({rows}),
        repeated as (
            select _file, _line, first_value(_file) over w as first_file, first_value(_line) over w as first_line
            from keyed semi join (select {scope} from keyed group by all having count(*) > 1) using ({scope})
            window w as (
                partition by {scope}, case when _file in ({_list(counted)}) then -1 else _file end
                order by _file, _line
            )
        )
        from repeated where (_file, _line) <> (first_file, first_line) order by 1, 2
        """
    ).fetchall()


def find_in_lake(
    engine: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    rows: str,
    others: Mapping[tuple[str, str], Collection[int]],
) -> list[Repeat]:
    """Rows whose key counts already from a loaded file.

    Args:
        others: (batch_id, file_id) of loaded files, and the numbers of the files of this batch that overlap them.
    """
    if not others:
        return []
    folder = settings.bronze_dir / feed.name
    parts = ", ".join(f"'{folder / f'batch={batch}'}/*.parquet'" for batch in sorted({batch for batch, _ in others}))
    pairs = ", ".join(f"({number}, '{file_id}')" for (_, file_id), numbers in others.items() for number in numbers)
    keys = ", ".join(("_scope", *feed.key))
    return engine.execute(
        f"""
        with keyed as ({rows}),
        pairs(_file, file_id) as (values {pairs})
        select k._file, k._line, min(b._file_id), min_by(b._line, b._file_id) from keyed k
        join (select {scope_of(feed)} as _scope, * from read_parquet([{parts}])) b using ({keys})
        semi join pairs on pairs._file = k._file and pairs.file_id = b._file_id
        group by all order by all
        """
    ).fetchall()


def _list(numbers: Collection[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "-1"
