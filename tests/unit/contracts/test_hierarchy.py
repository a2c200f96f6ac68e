"""Where stores belong, and when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from loopmart.contracts.hierarchy import COLUMNS, load_hierarchy
from loopmart.errors import ContractError

HEADER = ",".join(COLUMNS)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "store_hierarchy.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8-sig")
    return path


def test_a_store_may_move_from_one_mall_to_another(tmp_path: Path) -> None:
    lines = ["S2,,Wang,Plaza,2026-04-01,", "S1,Food,,Plaza,2026-01-01,", "S2,,Wang,Harbour,2026-01-01,2026-03-31"]
    places = load_hierarchy(write(tmp_path, *lines), {"S1", "S2"})
    assert [(p.store_id, p.department, p.mall, p.valid_from, p.valid_to) for p in places] == [
        ("S1", "Food", "Plaza", date(2026, 1, 1), None),
        ("S2", None, "Harbour", date(2026, 1, 1), date(2026, 3, 31)),
        ("S2", None, "Plaza", date(2026, 4, 1), None),
    ]


def test_without_a_file_no_store_belongs_anywhere(tmp_path: Path) -> None:
    assert load_hierarchy(tmp_path / "store_hierarchy.csv", {"S1"}) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["S9,,,,2026-01-01,"], "line 2, column store_id: stores.csv has no store S9"),
        (["S1,,,,01.02.2026,"], "line 2, column valid_from"),
        (["S1,,,,2026-02-01,2026-01-01"], "line 2, column valid_to: 2026-01-01 lies before 2026-02-01"),
        (["S1,,,A,2026-01-01,", "S1,,,B,2026-03-01,"], "store S1 has two places on 2026-03-01"),
        (["S1,,,A,2026-01-01,2026-03-01", "S1,,,B,2026-03-01,"], "store S1 has two places on 2026-03-01"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        load_hierarchy(write(tmp_path, *lines), {"S1"})


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store_hierarchy.csv"
    path.write_text("store,mall\n")
    with pytest.raises(ContractError, match="line 1: write the header store_id,department"):
        load_hierarchy(path, {"S1"})
