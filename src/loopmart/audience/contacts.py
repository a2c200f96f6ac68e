"""Raw contacts, read again from the lines of landing that they came from; there is no other copy of them.

A token leads to its rows in the lake, these to file and line, and the contract of the file to the cell. What stands
there is made a token again, and taken only if it is the same: a file that was changed or exchanged gives nothing.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loopmart.contracts.catalogue import Catalogue
from loopmart.contracts.feeds import Feed
from loopmart.errors import FileRefused
from loopmart.ingest.cast import Cells, parse_cells
from loopmart.ingest.cells import load_cells
from loopmart.ingest.containers import read_content
from loopmart.ingest.expressions import Form, create_macros
from loopmart.ingest.rows import find_period, read_lines
from loopmart.ingest.tokens import tokenise
from loopmart.ledger.tables import MEMBER_MARK
from loopmart.settings import Settings

TOKENS_OF = {"phone": "phone", "wechat_openid": "payer", "vip_card": "vip_card"}
"""By type of identifier, the kind of token that feeds hold of it."""


@dataclass(frozen=True)
class Found:
    """What became of the search.

    Attributes:
        raw: text by token, such as +8613800000001, wechat_openid|<AppID>|<openid>, or a card number; never shown.
        seen: tokens that some file that counts holds, readable or not.
    """

    raw: dict[str, str] = field(repr=False)
    seen: set[str]


def find_contacts(
    settings: Settings, catalogue: Catalogue, key: bytes, identifier_type: str, tokens: Collection[str]
) -> Found:
    """The raw texts behind tokens. Each file that is needed is read once.

    Lists are searched first, then records; a feed of many rows only for who is in none of them.

    Args:
        key: the token key.
        identifier_type: phone, wechat_openid or vip_card.
        tokens: those that are wanted.
    """
    found = Found({}, set())
    kind = TOKENS_OF[identifier_type]
    for feed in sorted(catalogue.feeds.values(), key=lambda f: (bool(f.business_date), f.name)):
        fields = [f.name for f in feed.fields if f.token_of == kind]
        wanted = sorted(set(tokens) - found.raw.keys())
        if not fields or not wanted:
            continue
        places = _find_places(settings, feed, fields, wanted)
        found.seen.update(token for lines in places.values() for token in lines)
        for file, lines in sorted(places.items(), key=lambda p: (-len(p[1]), p[0].file_id)):
            still = {token: line for token, line in lines.items() if token not in found.raw}
            if still:
                with tempfile.TemporaryDirectory() as workdir:
                    texts = _read_texts(settings, catalogue, feed, fields, file, set(still.values()), Path(workdir))
                    found.raw.update(_take_equal(key, kind, texts, still))
    return found


@dataclass(frozen=True)
class _File:
    file_id: str
    path: str
    source: str
    sender_id: str


def _find_places(settings: Settings, feed: Feed, fields: list[str], tokens: list[str]) -> dict[_File, dict[str, int]]:
    """For each file that counts, the wanted tokens that it holds, each with the first of its lines."""
    bronze = settings.bronze_dir / feed.name
    columns = ", ".join(fields)
    with duckdb.connect() as engine:
        engine.register("wanted", pa.table({"token": pa.array(tokens, pa.string())}))
        rows = engine.execute(
            f"""
            with held as (
                select unnest([{columns}]) as token, batch, _file_id, _line
                from read_parquet('{bronze}/batch=*/*.parquet', hive_partitioning = true,
                    hive_types = {{'batch': varchar}}, union_by_name = true)
            )
            select f.file_id, f.path, f.source, f.sender_id, token, min(_line)
            from held semi join wanted using (token)
            join '{settings.manifest_dir}/active_files.parquet' as f
                on f.batch_id = held.batch and f.file_id = held._file_id and f.feed = '{feed.name}'
            group by all order by all
            """
        ).fetchall()
    places: dict[_File, dict[str, int]] = defaultdict(dict)
    for *file, token, line in rows:
        places[_File(*file)][token] = line
    return places


def _read_texts(
    settings: Settings, catalogue: Catalogue, feed: Feed, fields: list[str], file: _File, lines: set[int], workdir: Path
) -> Iterator[str]:
    """What the contract makes of the cells of these fields in these lines; nothing where the file is gone."""
    source = catalogue.sources[file.source].model_copy(update={"stores": None})
    try:
        content = read_lines(read_content(settings.landing_dir, file.path), source)
        name = file.path.replace(MEMBER_MARK, "/").rpartition("/")[2]
        period = find_period(content.preamble, name, source)
    except (FileNotFoundError, FileRefused):
        return
    content.look_closely()
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        create_macros(engine, [source])
        load_cells(engine, "cells", {0: content}, workdir, lambda _number, _bad: None)
        sender = catalogue.senders.get(file.sender_id)
        settings_of_sender: Mapping[str, str] = sender.settings if sender else {}
        known: dict[str, Any] = {
            "_file": 0, "_file_id": file.file_id, "sender_id": file.sender_id, "sender_kind": sender and sender.kind,
            "time_zone": sender and sender.time_zone, "currency": sender and sender.currency, "file.name": name,
        }  # fmt: skip
        known |= {f"file.period_{edge}": period and f"{period[i]}" for i, edge in enumerate(("start", "end"))}
        known |= {f"sender.{n}": settings_of_sender.get(n) for owner, n in source.settings_named if owner == "sender"}
        engine.register("batch_files", pa.table({n: pa.array([v], _type_of(v)) for n, v in known.items()}))
        engine.register("wanted", pa.table({"_line": pa.array(sorted(lines), pa.int64())}))
        relation = "(select * from cells semi join wanted using (_line))"
        form = Form(is_padded=content.is_padded, is_guarded=content.is_guarded)
        cells = Cells(relation, content.header, form, is_workbook=content.is_workbook)
        parsing = parse_cells(cells, feed, source, {sender.time_zone if sender else "UTC"})
        for name in fields:
            _, query = parsing.identifiers.get(f"tokens_{name}", ("", ""))
            rows = engine.execute(query).fetchall() if query else []
            yield from (text for (text,) in rows if text is not None)


def _type_of(value: object) -> pa.DataType:
    return pa.int32() if isinstance(value, int) else pa.string()


def _take_equal(key: bytes, kind: str, texts: Iterator[str], wanted: Collection[str]) -> dict[str, str]:
    """The texts whose token is a wanted one, by token."""
    made = ((tokenise(key, kind, text), text) for text in texts)
    return {token: text for token, text in made if token in wanted}
