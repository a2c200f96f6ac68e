"""Which names of a server may become names in landing."""

from __future__ import annotations

import pytest

from loopmart.ledger.store import _copy_number
from loopmart.ledger.tables import MEMBER_MARK
from loopmart.pull.names import find_fault, is_unfinished, is_wanted, number_copy


@pytest.mark.parametrize("name", ["sales.csv", "销售 (1).csv", "a..b", "-x", "q?x=1#y"])
def test_a_plain_name_is_taken(name: str) -> None:
    assert find_fault(name) is None


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/a", "..\\a", "a\nb", "a\x00", "a\u202eb", "a\ud800", ".hidden", "x" * 241, "a!"]
)
def test_a_name_that_could_do_harm_is_left_alone(name: str) -> None:
    assert find_fault(name)


def test_no_folder_looks_like_a_member_of_a_zip() -> None:
    assert find_fault(MEMBER_MARK.rstrip("/"))


@pytest.mark.parametrize("name", ["a.part", "A.TMP", "b.csv.filepart", "c.crdownload", "d~"])
def test_a_file_that_is_not_whole_is_known_by_its_name(name: str) -> None:
    assert is_unfinished(name)
    assert not is_unfinished(f"{name}.csv")


def test_patterns_fit_the_end_of_a_path() -> None:
    assert is_wanted("2026/04/a.csv", ["*.xlsx", "*.csv"])
    assert is_wanted("in/2026/a.csv", ["2026/*.csv"])
    assert not is_wanted("in/2025/a.csv", ["2026/*.csv"])
    assert not is_wanted("a.csv.bak", ["*.csv"])


@pytest.mark.parametrize("name", ["sales.csv", "sales_2026-04.csv.gz", "v1.2 list.xlsx"])
def test_the_ledger_puts_a_later_version_behind_the_first(name: str) -> None:
    first, second, tenth = (_copy_number(number_copy(name, number)) for number in (0, 2, 10))
    assert (number_copy(name, 0), number_copy("a.csv.gz", 1)) == (name, "a (1).csv.gz")
    assert first < second < tenth
