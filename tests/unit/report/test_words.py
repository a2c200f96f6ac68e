from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import loopmart
from loopmart.report.words import LANGUAGES, Words, load_texts

ENGLISH, CHINESE = Words("en", "USD"), Words("zh", "CNY")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_keys(language: str) -> None:
    assert sorted(load_texts(language)) == sorted(load_texts("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_of_texts_is_as_long_as_in_english(language: str) -> None:
    lengths = {key: len(text) for key, text in load_texts("en").items() if isinstance(text, list)}
    assert {key: len(text) for key, text in load_texts(language).items() if isinstance(text, list)} == lengths


@pytest.mark.parametrize("key", [key for key in load_texts("en") if not key.startswith("format.")])
def test_a_text_has_the_same_places_in_every_language(key: str) -> None:
    # A weekday or a count may be left out where the language says it otherwise; a place that nobody fills may not.
    places = [set(re.findall(r"{(\w+)}", str(load_texts(language)[key]))) for language in LANGUAGES]
    assert places[1] <= places[0] | {"count"}
    assert places[0] - places[1] <= {"count", "weekday", "plural"}


@pytest.mark.parametrize(
    ("amount", "english", "chinese"),
    [
        (Decimal("4596039.58"), "$4,596,039.58", "¥4,596,039.58"),
        (Decimal("0"), "$0.00", "¥0.00"),
        (Decimal("-1234.5"), "−$1,234.50", "−¥1,234.50"),
        (Decimal("-0.001"), "$0.00", "¥0.00"),
        (None, "–", "–"),
    ],
)
def test_money_has_currency_separators_and_a_true_minus(amount: Decimal | None, english: str, chinese: str) -> None:
    assert (ENGLISH.money(amount), CHINESE.money(amount)) == (english, chinese)


def test_a_currency_without_a_symbol_is_named_by_its_code() -> None:
    assert Words("en", "CHF").money(Decimal(5)) == "CHF 5.00"


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(Decimal("0.0379"), "+3.8%"), (Decimal("-0.5"), "−50.0%"), (Decimal("-0.0001"), "0.0%"), (None, "–")],
)
def test_a_change_has_a_sign_unless_it_rounds_to_nothing(rate: Decimal | None, expected: str) -> None:
    assert ENGLISH.change(rate) == expected


def test_dates_are_written_as_the_language_writes_them() -> None:
    day = date(2017, 12, 31)
    assert [words.full_date(day) for words in (ENGLISH, CHINESE)] == ["31 December 2017", "2017年12月31日"]
    assert [words.month(day) for words in (ENGLISH, CHINESE)] == ["Dec 2017", "2017年12月"]
    assert [words.weekday(day) for words in (ENGLISH, CHINESE)] == ["Sunday", "星期日"]
    assert ENGLISH.moment(datetime(2018, 1, 1, 5, 7)) == "1 Jan 2018, 05:07"


def test_a_span_of_days_names_its_month_once() -> None:
    first, last = date(2017, 12, 19), date(2017, 12, 21)
    assert [words.days(first, last) for words in (ENGLISH, CHINESE)] == ["19–21 Dec 2017", "2017年12月19日至21日"]
    assert ENGLISH.days(date(2017, 11, 6), last) == "6 Nov 2017 – 21 Dec 2017"
    assert ENGLISH.days(last, last) == ENGLISH.days(last, None) == "21 Dec 2017"


def test_one_of_a_thing_is_said_in_the_singular() -> None:
    assert ENGLISH.say_count("headline.stores", 1) == "1 store"
    assert ENGLISH.say_count("headline.stores", 1457) == "1,457 stores"


def test_a_value_in_a_text_is_escaped() -> None:
    assert "&lt;b&gt;" in ENGLISH.say("campaigns.campaign_name", id="<b>")
    assert "&lt;b&gt;" in CHINESE.foreign("<b>")
    assert "&lt;b&gt;" in ENGLISH.label("segment", "<b>")


def test_a_code_of_the_data_is_translated_and_an_unknown_one_is_marked_as_english() -> None:
    assert CHINESE.label("verdict", "not causal") == "非因果"
    assert CHINESE.label("verdict", "causal") == '<span lang="en">causal</span>'
    assert ENGLISH.label("verdict", "causal") == "causal"


def test_a_sentence_that_a_mart_writes_is_translated_with_its_numbers() -> None:
    assert CHINESE.foreign("members targeted: 12 of at least 30") == "被投放会员 12 位，至少需要 30 位"
    assert ENGLISH.foreign("members targeted: 12 of at least 30") == "members targeted: 12 of at least 30"
    assert CHINESE.foreign("members targeted: few") == '<span lang="en">members targeted: few</span>'


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "the cell is no number with at most 2 decimals and no currency sign or thousands separator",
            "单元格不是至多 2 位小数、不带货币符号和千位分隔符的数字",
        ),
        (
            "Write it as time in the format of the contract, or mend formats in the contract",
            "请写成符合契约格式的时间，或修改契约中的格式",
        ),
        (
            "the same store_id, line_number counts already from line 3 of this file",
            "相同的 store_id, line_number 已由本文件第 3 行计入",
        ),
        ("fewer cells where the header has 9", "单元格数比表头的 9 个少"),
        ("quantity must be at least 0", "quantity 必须不小于 0"),
    ],
)
def test_a_sentence_within_a_sentence_is_translated_too(english: str, chinese: str) -> None:
    assert CHINESE.foreign(english) == chinese


SENTENCES = {key: str(text) for key, text in load_texts("en").items() if key.startswith("known.")}
STAGES = (
    "src/loopmart/ingest/*.py",
    "src/loopmart/ledger/*.py",
    "src/loopmart/gates/*.py",
    "src/loopmart/incrementality/*.py",
    "dbt_project/models/**/*.sql",
    "contracts/feeds/*.yaml",
    "expectations/*.json",
)


@pytest.mark.parametrize("key", SENTENCES)
def test_a_sentence_that_is_translated_is_still_written_by_a_stage(key: str) -> None:
    project = Path(loopmart.__file__).parents[2]
    sources = "\n".join(
        path.read_text(encoding="utf-8") for pattern in STAGES for path in sorted(project.glob(pattern))
    )
    for part in re.split(r"{\w+}", SENTENCES[key]):
        assert part in sources
