"""The functions by which contracts bring names, birthdays, addresses and phones into one form."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopmart.ingest.people import create_people_macros


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_people_macros(connection)
        yield connection


def read(engine: duckdb.DuckDBPyConnection, functions: str, text: str | None) -> tuple[str | None, ...]:
    """What each function gives of the text."""
    calls = ", ".join(f"{function}($text::varchar)" for function in functions.split())
    return engine.execute(f"select {calls}", {"text": text}).fetchone() or ()


@pytest.mark.parametrize(
    ("text", "name", "first", "last"),
    [
        ("王小明", "王小明", "王", "明"), ("张 伟", "张伟", "张", "伟"),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提", "阿卜杜拉", "买买提"),
        ("Neumann, Michaela", "michaela neumann", "neumann", "michaela"), ("ＡＮＮ  Lee", "ann lee", "ann", "lee"),
        ("Seán O'Brien", "obrien sean", "sean", "obrien"), ("waller", None, "waller", "waller"),
        ("王**", None, "王", None), ("王*明", None, "王", "明"), ("*明", None, None, "明"), ("王＊", None, "王", None),
        ("王先生", None, "王", None), ("13800000001", None, None, None), ("微信用户", None, None, None),
        ("N/A", None, None, None), ("", None, None, None), (None, None, None, None),
    ],
)  # fmt: skip
def test_a_name_is_read_as_far_as_it_is_shown(
    engine: duckdb.DuckDBPyConnection, text: str | None, name: str | None, first: str | None, last: str | None
) -> None:
    assert read(engine, "person_name name_first name_last", text) == (name, first, last)


@given(words=st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=2, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_order_of_a_names_words_plays_no_part(engine: duckdb.DuckDBPyConnection, words: list[str]) -> None:
    turned = f"{words[-1]}, {' '.join(words[:-1])}"
    assert read(engine, "person_name name_sound", " ".join(words)) == read(engine, "person_name name_sound", turned)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("robert", "R163"), ("rupert", "R163"), ("ashcraft", "A261"), ("tymczak", "T522"), ("pfister", "P236"),
        ("honeyman", "H555"), ("washington", "W252"), ("lee", "L000"), ("gutierrez", "G362"), ("jackson", "J250"),
    ],
)  # fmt: skip
def test_soundex_is_that_of_the_national_archives(engine: duckdb.DuckDBPyConnection, word: str, code: str) -> None:
    assert read(engine, "soundex", word) == (code,)


@pytest.mark.parametrize(
    ("text", "date", "year", "month_day"),
    [
        ("1990-3-8", "1990-03-08", "1990", "03-08"), ("1990/03/08 00:00:00", "1990-03-08", "1990", "03-08"),
        ("1990年3月8日", "1990-03-08", "1990", "03-08"), ("19900308", "1990-03-08", "1990", "03-08"),
        ("03-08", None, None, "03-08"), ("3月8日", None, None, "03-08"), ("1900-03-08", None, None, "03-08"),
        ("2-29", None, None, "02-29"), ("1990-13-01", None, None, None), ("13-40", None, None, None),
        ("1900-01-01", None, None, None), ("1970-01-01", None, None, None), ("****-03-08", None, None, None),
        (None, None, None, None),
    ],
)  # fmt: skip
def test_a_birthday_without_a_year_has_no_date_and_a_default_is_blank(
    engine: duckdb.DuckDBPyConnection, text: str | None, date: str | None, year: str | None, month_day: str | None
) -> None:
    assert read(engine, "birth_date birth_year birth_month_day", text) == (date, year, month_day)


@pytest.mark.parametrize(
    ("text", "address", "street", "place"),
    [
        ("浙江省杭州市西湖区文三路100号3幢501", "文三路100号3幢501", "文三路100号", "西湖区"),
        ("杭州市西湖区文三路 100号", "文三路100号", "文三路100号", "西湖区"),
        ("文三路１００号，3幢501", "文三路100号3幢501", "文三路100号", None),
        ("8 Stanley Street, Miami, Winston Hills 4223 NSW", "8 stanley street", "stanley street",
         "miami winston hills 4223 nsw"),
        ("8 Stanley Street", "8 stanley street", "stanley street", None),
        ("杭州", None, None, None), ("北京市朝阳区***", None, None, None), (None, None, None, None),
    ],
)  # fmt: skip
def test_an_address_meets_the_same_one_without_its_city(
    engine: duckdb.DuckDBPyConnection, text: str | None, address: str | None, street: str | None, place: str | None
) -> None:
    assert read(engine, "address street place", text) == (address, street, place)


@given(head=st.integers(130, 199), middle=st.integers(0, 9999), tail=st.integers(0, 9999))
@settings(max_examples=30, deadline=None)
def test_a_full_and_a_masked_phone_meet(engine: duckdb.DuckDBPyConnection, head: int, middle: int, tail: int) -> None:
    shown = f"{head}{tail:04}"
    forms = [f"{head}{middle:04}{tail:04}", f"+86 {head} {middle:04}-{tail:04}", f"{head}****{tail:04}"]
    assert {read(engine, "phone_mask", form) for form in forms} == {(shown,)}


@pytest.mark.parametrize("text", ["186******05", "0571-88888888", "1.38E+10", "", None])
def test_what_does_not_show_seven_digits_of_a_mobile_number_is_blank(
    engine: duckdb.DuckDBPyConnection, text: str | None
) -> None:
    assert read(engine, "phone_mask", text) == (None,)
