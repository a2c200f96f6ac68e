"""What stands in the review list, and what does not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from loopmart.duplicates.review import REVIEW_LIST, list_possible_duplicates

TOKENS = (
    "name", "name_first", "name_last", "name_sound", "birth_date", "birth_month_day", "birth_year", "address", "street",
    "place", "phone_mask",
)  # fmt: skip
COLUMNS = ("card_token", "account_token", "phone_token", *(f"{t}_token" for t in TOKENS), "gender", "_file_id", "_line")
ANN = {
    "name_token": "ann lee", "name_first_token": "ann", "name_last_token": "lee", "name_sound_token": "A500 L000",
    "birth_date_token": "1990-03-08", "birth_month_day_token": "03-08", "birth_year_token": "1990",
}  # fmt: skip
PHONE = {"phone_mask_token": "1385678"}


def entry(line: int, card: str | None = None, **told: str) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS) | {"_file_id": "f1", "_line": line, "card_token": card} | told


def review(
    entries: list[dict[str, Any]], owners: dict[str, str | None], decisions: Path | None = None
) -> list[dict[str, Any]]:
    types = {c: pa.int64() if c == "_line" else pa.string() for c in COLUMNS}
    with duckdb.connect() as session:
        session.register("list", pa.Table.from_pylist(entries, schema=pa.schema(types)))
        resolved = [{"identifier_token": t, "member_id": m, "status": "active"} for t, m in owners.items()]
        schema = pa.schema(dict.fromkeys(("identifier_token", "member_id", "status"), pa.string()))
        session.register("resolved", pa.Table.from_pylist(resolved, schema=schema))
        found = list_possible_duplicates(session, session.table("list"), session.table("resolved"), decisions=decisions)
    assert found.schema == REVIEW_LIST
    return found.to_pylist()


def test_two_cards_of_the_same_name_and_birthday_are_listed_with_their_lines() -> None:
    (pair,) = review([entry(2, "c1", **ANN), entry(7, "c2", **ANN)], {"c1": "M1", "c2": "M2"})
    assert (pair["member_id_left"], pair["member_id_right"]) == ("M1", "M2")
    assert (pair["line_left"], pair["line_right"]) == (2, 7)
    assert (pair["agrees"], pair["differs"]) == ("same name; same day of birth", "")
    assert pair["match_weight"] > 0.0
    assert pair["match_probability"] > 0.5


def test_an_entry_with_a_masked_name_and_phone_meets_the_member_whose_both_are_known() -> None:
    known = ANN | PHONE
    masked = {"name_first_token": "ann", "birth_month_day_token": "03-08"} | PHONE
    (pair,) = review([entry(2, "c1", **known), entry(3, **masked)], {"c1": "M1"})
    assert (pair["member_id_left"], pair["member_id_right"]) == ("M1", None)
    assert pair["agrees"] == (
        "names agree as far as both are shown; same birthday, year not told by both; "
        "same first 3 and last 4 digits of the phone"
    )


def test_what_differs_lowers_the_weight_and_is_said() -> None:
    told = ANN | PHONE
    other = told | {"birth_date_token": "1971-11-30", "birth_month_day_token": "11-30", "birth_year_token": "1971"}
    owners = {"c1": "M1", "c2": "M2"}
    (same,) = review([entry(2, "c1", **told), entry(3, "c2", **told)], owners)
    (differs,) = review([entry(2, "c1", **told), entry(3, "c2", **other)], owners)
    assert differs["match_weight"] < same["match_weight"]
    assert differs["differs"] == "other birthday"


@pytest.mark.parametrize("blank", [{}, {"gender": "female"}, {"phone_mask_token": None}])
def test_blanks_never_meet(blank: dict[str, Any]) -> None:
    assert review([entry(line, f"c{line}", **blank) for line in range(2, 9)], {}) == []


def test_entries_of_one_member_are_no_pair() -> None:
    assert review([entry(2, "c1", **ANN), entry(7, "c2", **ANN)], {"c1": "M1", "c2": "M1"}) == []


def test_a_pair_that_a_veto_keeps_apart_is_not_asked_again(tmp_path: Path) -> None:
    one, other, third = (f"{number:032x}" for number in (1, 2, 3))
    owners: dict[str, str | None] = {one: "M1", other: "M2", third: "M3"}
    entries = [entry(line, card, **ANN) for line, card in enumerate(owners, start=2)]
    assert len(review(entries, owners)) == 3
    decisions = tmp_path / "identity_decisions.csv"
    decisions.write_text(
        f"decided_on,decision,a,b,decided_by,reason\n2026-01-31,veto,vip_card::{other},vip_card::{one},Lu,twins\n",
        encoding="utf-8",
    )
    left = [(pair["member_id_left"], pair["member_id_right"]) for pair in review(entries, owners, decisions)]
    assert left == [("M1", "M3"), ("M2", "M3")]


def test_two_people_are_one_row_however_many_lists_name_them() -> None:
    entries = [
        entry(2, "c1", **ANN),
        entry(3, "c2", **ANN),
        entry(4, "c1", **ANN | PHONE),
        entry(5, "c2", **ANN | PHONE),
    ]
    (pair,) = review(entries, {"c1": "M1", "c2": "M2"})
    assert (pair["line_left"], pair["line_right"]) == (4, 5)


def test_the_order_of_entries_does_not_matter() -> None:
    entries = [entry(line, f"c{line}", **ANN | (PHONE if line % 2 else {})) for line in range(2, 12)]
    owners: dict[str, str | None] = {f"c{line}": f"M{line % 7}" for line in range(2, 12)}
    turned = random.Random(4).sample(entries, len(entries))
    assert review(entries, owners) == review(turned, owners)


def test_no_list_no_pairs() -> None:
    assert review([], {}) == []
