"""A world of damaged files, and what must hold of it once they are loaded."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from loopmart.contracts.catalogue import load_catalogue
from loopmart.contracts.sources import Source
from loopmart.errors import FileRefused
from loopmart.ingest import run
from loopmart.ingest.containers import read_content
from loopmart.ingest.json_records import is_json
from loopmart.ingest.recognise import PARQUET_MAGIC, WORKBOOK_MAGICS, encodings_of
from loopmart.ledger.store import Ledger
from loopmart.ledger.tables import LINE_CLASSES
from loopmart.settings import Settings
from tests.conftest import PROJECT, TOKEN_KEY
from tests.integration.landing import register
from tests.property.mutation import MARK, SOURCES, Seed, damage, known_settings

SENDERS = ("S00101", "S00102", "S00103")
KINDS_A_WORLD = 2
"""How many golden cases the files of a world are made of, so that many of them look alike."""


def make_files(seeds: list[Seed], number: str, count: int) -> dict[str, bytes]:
    """The files of a world by path in landing; the same ones for the same number."""
    chance = random.Random(number)
    kinds = chance.sample(seeds, KINDS_A_WORLD)
    files = {}
    for place in range(count):
        seed, content = damage(kinds, chance)
        sender = seed.sender if seed.sender == "chain" else chance.choice(SENDERS)
        files[f"{sender}/{place:04}/{seed.name}"] = content
    return files


def find_faults(files: Mapping[str, bytes], home: Path, seeds: list[Seed]) -> list[str]:
    """Load files in a world of their own; sentences on what does not hold.

    Raises:
        Exception: whatever the load raises, which is a fault, too.
    """
    settings = _open_world(home)
    for path, content in files.items():
        target = settings.landing_dir / path
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
    catalogue = load_catalogue(settings)
    with (
        patch.object(run, "load_catalogue", lambda _: catalogue),
        patch.object(run, "write_manifest", lambda *_: None),
    ):
        for feed in run.discover(settings):
            run.load_feed(settings, feed)
    arrivals = Ledger(settings.ledger_url).files()
    faults = [f"{path}: it has no status" for path in set(files) - {a["path"].partition("!/")[0] for a in arrivals}]
    for arrival in arrivals:
        faults += [f"{arrival['path']}: {fault}" for fault in _judge_arrival(arrival, settings)]
    faults += _compare_with_lake(arrivals, settings)
    return [*faults, *_find_personal_values(arrivals, settings, seeds)]


def _open_world(home: Path) -> Settings:
    key = home / "token.key"
    key.write_text(TOKEN_KEY)
    stores = PROJECT / "contracts" / "stores.csv"
    ledger = f"sqlite:///{home / 'ledger.db'}"
    settings = Settings(home=home, project_dir=PROJECT, ledger_url=ledger, stores_file=stores, token_key_file=key)
    return register(settings, known_settings())


def _judge_arrival(arrival: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    status = arrival["status"]
    if status not in ("loaded", "superseded", "refused", "duplicate", "ignored"):
        yield f"it is {status} after its load"
    if status == "refused" and not (arrival["reason"] and arrival["remedy"]):
        yield "it is refused without a reason and a remedy"
    if status not in ("loaded", "superseded"):
        return
    if arrival["line_count"] != sum(arrival[name] for name in LINE_CLASSES):
        yield f"{arrival['line_count']} lines are not the sum of {[(n, arrival[n]) for n in LINE_CLASSES]}"
    lines = read_lines_of(settings, arrival["path"], SOURCES[arrival["source"]])
    if lines is not None and arrival["line_count"] != len(lines):
        yield f"it has {len(lines)} lines, {arrival['line_count']} are accounted for"


def read_lines_of(settings: Settings, path: str, source: Source) -> list[str] | None:
    """The physical lines of a text; None of what is no text."""
    content = read_content(settings.landing_dir, path)
    if content.startswith((*WORKBOOK_MAGICS, PARQUET_MAGIC)) or source.format == "json" or is_json(content):
        return None
    for encoding in encodings_of(content, source):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return lines if lines[-1] else lines[:-1]
    raise FileRefused(f"{path} is in no encoding", "")


def _compare_with_lake(arrivals: list[dict[str, Any]], settings: Settings) -> Iterator[str]:
    """Rows and lines in Parquet against the counts of the ledger."""
    rows = _per_file(settings.bronze_dir, "count(*), count(distinct _line), min(_line), max(_line), list(_line)")
    bad = _per_file(settings.quarantine_dir, "count(distinct _line), min(_line), max(_line), list(_line)")
    for arrival in arrivals:
        if arrival["status"] not in ("loaded", "superseded"):
            continue
        count, distinct, first, last, good_lines = rows.pop(arrival["file_id"], (0, 0, 1, 1, []))
        refused, first_bad, last_bad, bad_lines = bad.pop(arrival["file_id"], (0, 1, 1, []))
        where, lines = arrival["path"], max(arrival["line_count"], 1)
        if count != arrival["loaded_rows"] or distinct != count:
            yield f"{where}: {count} rows of {distinct} lines lie in bronze, {arrival['loaded_rows']} are loaded"
        if refused != arrival["quarantined_rows"]:
            yield f"{where}: {refused} lines lie in quarantine, {arrival['quarantined_rows']} are quarantined"
        if min(first, first_bad) < 1 or max(last, last_bad) > lines:
            yield f"{where}: lines {first}-{last} and {first_bad}-{last_bad} of {lines}"
        if set(good_lines) & set(bad_lines):
            yield f"{where}: lines {set(good_lines) & set(bad_lines)} are both loaded and in quarantine"
    yield from (f"{file_id}: rows of a file that is not loaded lie in the lake" for file_id in {*rows, *bad})


def _per_file(root: Path, aggregates: str) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for feed in root.glob("*"):
        if any(feed.glob("batch=2*/*.parquet")):
            query = f"select _file_id, {aggregates} from '{feed}/batch=2*/*.parquet' group by 1"
            found |= {file_id: tuple(values) for file_id, *values in duckdb.sql(query).fetchall()}
    return found


def _find_personal_values(arrivals: list[dict[str, Any]], settings: Settings, seeds: list[Seed]) -> Iterator[str]:
    """Planted values in the ledger, and in rows of the lake whose line is still that of a seed, under its header."""
    for arrival in arrivals:
        for column, value in arrival.items():
            # where a line of data stands for the totals, its cell is shown as the figure that does not match
            if column != "path" and isinstance(value, str) and MARK in re.sub(r"it promises [^;]*", "", value):
                yield f"{arrival['path']}: a personal value stands in {column} of the ledger: {value}"
    by_id = {a["file_id"]: a for a in arrivals if a["status"] in ("loaded", "superseded")}
    for root in (settings.bronze_dir, settings.quarantine_dir):
        for feed in root.glob("*"):
            if not any(feed.glob("batch=2*/*.parquet")):
                continue
            rows = duckdb.sql(f"select * from '{feed}/batch=2*/*.parquet' t where contains(t::varchar, '{MARK}')")
            for cells in rows.fetchall():
                row = dict(zip(rows.columns, cells, strict=True))
                if _is_line_of_a_seed(by_id[row["_file_id"]], row["_line"], settings, seeds):
                    yield f"{by_id[row['_file_id']]['path']}: a personal value stands in {root.name}: {row}"


def _is_line_of_a_seed(arrival: Mapping[str, Any], line: int, settings: Settings, seeds: list[Seed]) -> bool:
    lines = read_lines_of(settings, arrival["path"], SOURCES[arrival["source"]]) or []
    header = "".join(lines[arrival["preamble_lines"] : arrival["preamble_lines"] + 1])
    for seed in (s for s in seeds if s.source.source == arrival["source"] and s.header_line):
        whole = seed.text.splitlines()
        if whole[seed.header_line - 1] == header and line <= len(lines) and lines[line - 1] in whole:
            return not any('"' in text for text in lines)
    return False
