"""How good the review list is, against sets whose duplicates are known."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pytest

from loopmart.duplicates.model import weigh_pairs, write_key
from loopmart.ingest.people import create_people_macros
from loopmart.ingest.tokens import tokenise
from tests.unit.duplicates.febrl import measure, read_file, read_records


@pytest.mark.parametrize(
    ("number", "precision", "recall"), [(1, 0.995, 0.985), (2, 0.995, 0.98), (3, 0.995, 0.98), (4, 0.995, 0.99)]
)
def test_plain_text_finds_almost_all_duplicates_and_hardly_anything_else(
    number: int, precision: float, recall: float
) -> None:
    records = read_records(number)
    found = measure(records, weigh_pairs(records, is_text=True))
    assert found[0] >= precision
    assert found[1] >= recall


@pytest.mark.parametrize(
    ("number", "precision", "recall"), [(1, 0.99, 0.92), (2, 0.98, 0.87), (3, 0.99, 0.86), (4, 0.99, 0.94)]
)
def test_tokens_find_most_duplicates_and_hardly_anything_else(number: int, precision: float, recall: float) -> None:
    records = tokenise_records(read_records(number))
    found = measure(records, weigh_pairs(records))
    assert found[0] >= precision
    assert found[1] >= recall


def tokenise_records(records: pa.Table) -> pa.Table:
    """The records with a token for each text, as they lie in the lake."""
    key = b"k" * 32
    rows = [
        {c: v if c == "record_id" or v is None else tokenise(key, c, v) for c, v in row.items()}
        for row in records.to_pylist()
    ]
    for row, plain in zip(rows, records.to_pylist(), strict=True):
        for part in ("name_first", "name_last"):
            row[part] = plain[part] and tokenise(key, "name_part", plain[part])
    return pa.Table.from_pylist(rows, schema=records.schema)


def test_the_order_of_records_changes_nothing() -> None:
    records = read_records(1)
    turned = records.take(random.Random(4).sample(range(records.num_rows), records.num_rows))
    assert weigh_pairs(records).equals(weigh_pairs(turned))


def test_blank_given_names_never_meet() -> None:
    key = write_key(["plain_text(given_name)"])
    with duckdb.connect() as engine:
        create_people_macros(engine)
        for name in ("dataset4a", "dataset4b"):
            engine.register("lines", pa.Table.from_pylist(read_file(name)))
            engine.execute(f"create table {name} as select {key} as key, given_name from lines")
        met = engine.execute("select count(*) from dataset4a join dataset4b using (key)").fetchone()
        alike = engine.execute("select count(*) from dataset4a join dataset4b using (given_name)").fetchone()
    assert (met, alike) == ((77_249,), (103_457,))
