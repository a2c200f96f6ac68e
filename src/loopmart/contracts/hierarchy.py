"""The hierarchy of stores: to which department, tenant and mall each belonged, and when (store_hierarchy.csv)."""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError, field_validator

from loopmart.contracts.parse import Strict
from loopmart.errors import ContractError

COLUMNS = ("store_id", "department", "tenant", "mall", "valid_from", "valid_to")


class Place(Strict):
    """One line: where a store belonged, from one day to another, both included; None where the cell is empty."""

    store_id: str
    department: str | None
    tenant: str | None
    mall: str | None
    valid_from: date
    valid_to: date | None

    @field_validator("department", "tenant", "mall", "valid_to", mode="before")
    @classmethod
    def _read_empty(cls, value: object) -> object:
        return value or None


def load_hierarchy(hierarchy_file: Path, stores: Collection[str]) -> list[Place]:
    """Read store_hierarchy.csv, sorted by store and day; nothing where there is no such file.

    Args:
        hierarchy_file: columns as in COLUMNS.
        stores: ids of the stores that stores.csv knows.

    Raises:
        ContractError: with file, line and what is wrong there.
    """
    if not hierarchy_file.exists():
        return []
    reader = csv.DictReader(hierarchy_file.read_text(encoding="utf-8-sig").splitlines())
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ContractError(f"{hierarchy_file}, line 1: write the header {','.join(COLUMNS)}")
    places = []
    for row in reader:
        where = f"{hierarchy_file}, line {reader.line_num}"
        try:
            place = Place.model_validate(row)
        except ValidationError as error:
            (first, *_) = error.errors()
            raise ContractError(
                f"{where}, column {first['loc'][-1]}: {first['msg']} (found {first['input']!r})"
            ) from error
        if place.store_id not in stores:
            raise ContractError(
                f"{where}, column store_id: stores.csv has no store {place.store_id}; add it there first"
            )
        if place.valid_to and place.valid_to < place.valid_from:
            raise ContractError(f"{where}, column valid_to: {place.valid_to} lies before {place.valid_from}; swap them")
        places.append(place)
    places.sort(key=lambda place: (place.store_id, place.valid_from))
    for one, other in pairwise(places):
        if one.store_id == other.store_id and (one.valid_to is None or one.valid_to >= other.valid_from):
            raise ContractError(
                f"{hierarchy_file}: store {one.store_id} has two places on {other.valid_from}; let the period from "
                f"{one.valid_from} end before that day"
            )
    return places
