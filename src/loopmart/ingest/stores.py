"""Stores by the names under which vendors know them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pyarrow as pa

from loopmart.contracts.senders import Sender
from loopmart.contracts.sources import Source
from loopmart.ingest.expressions import Form, expand


def name_stores(
    engine: duckdb.DuckDBPyConnection,
    cells: str,
    source: Source,
    header: Sequence[str],
    senders: Mapping[int, Sender],
    known: Mapping[str, Sender],
    form: Form,
) -> None:
    """Make the table `named_stores` (file, name, store_id): which store each name in a group of files means.

    In a store's own file just one unknown name is that store's, unless another store stands there, too.

    Args:
        cells: table or query of the cells.
        senders: of the files, by their number.
        known: all senders, by id.
        form: what `expand` has to know of the cells.
    """
    if source.stores is None:
        raise RuntimeError(f"{source.source} names no stores")
    ids = index_names(known.values(), source.stores.vendor)
    name = expand(source.stores.name, header, source, **form)
    rows = engine.execute(
        f"select distinct _file, {name} from {cells} join batch_files using (_file) where {name} is not null"
    ).fetchall()
    names: dict[int, list[str]] = defaultdict(list)
    for number, text in rows:
        names[number].append(text)
    found = []
    for number, texts in names.items():
        sender = senders[number]
        known_ids = {ids.get(store_key(text)) for text in texts}
        unknown = [text for text in texts if store_key(text) not in ids]
        is_own = sender.kind == "store" and len(unknown) == 1 and known_ids <= {None, sender.sender_id}
        for text in texts:
            store_id = ids.get(store_key(text))
            if store_id is None and is_own:
                store_id = sender.sender_id
            if store_id is not None:
                found.append((number, text, store_id))
    columns = list(map(list, zip(*found, strict=True))) if found else [[], [], []]
    schema = pa.schema({"file": pa.int32(), "name": pa.string(), "store_id": pa.string()})
    engine.register("named_stores_arrow", pa.table(columns, schema=schema))
    engine.execute("create or replace table named_stores as from named_stores_arrow")


def index_names(senders: Iterable[Sender], vendor: str) -> dict[str, str]:
    """The store of each name: its id, its name, its aliases, and those of the vendor; a name of two stores is none."""
    stores: dict[str, set[str]] = defaultdict(set)
    for sender in senders:
        if sender.kind != "store":
            continue
        names = [sender.sender_id, sender.sender_name]
        for key in ("alias", f"alias.{vendor}"):
            names.extend(sender.settings.get(key, "").split("|"))
        for name in filter(None, map(store_key, names)):
            stores[name].add(sender.sender_id)
    return {name: next(iter(ids)) for name, ids in stores.items() if len(ids) == 1}


def store_key(name: str) -> str:
    """The form in which names are compared: width of letters, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
