"""What two records of people are compared by: attributes, and levels of agreement from whole to none.

The model is that of Fellegi and Sunter (1969): a level has the probability m of holding between two records of one
person and u between two of different people; log2(m / u) is its weight, and the weights of a pair add up. Levels hold
on tokens as on plain text, for they compare for equality; a *fuzzy* level needs plain text and is left out on tokens.
The figures of m and u here are what holds where a list is too small to estimate them (see `model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Level:
    """A way in which two values agree or differ.

    Attributes:
        says: the evidence in words.
        when: condition in SQL over `<column>_l` and `<column>_r`; the first level that holds counts.
        m: probability among pairs of one person.
        u: probability among pairs of different people.
        is_fuzzy: it compares texts sign by sign.
        rare: column whose rarer values weigh more (an equality).
    """

    says: str
    when: str
    m: float
    u: float
    is_fuzzy: bool = False
    rare: str | None = None


@dataclass(frozen=True)
class Attribute:
    """What is compared.

    Attributes:
        name: such as birthday.
        columns: where both records have none of these, nothing can be compared; that weighs nothing.
        levels: from whole agreement down.
        differs: the evidence in words where no level holds.
    """

    name: str
    columns: tuple[str, ...]
    levels: tuple[Level, ...]
    differs: str


def _alike(column: str, other: str, at_least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {other}_r) >= {at_least}"


def _share_words(column: str, at_least: float) -> str:
    left, right = f"string_split({column}_l, ' ')", f"string_split({column}_r, ' ')"
    return f"len(list_intersect({left}, {right})) >= {at_least} * greatest(len({left}), len({right}))"


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _absent(*columns: str) -> str:
    return "(" + " and ".join(f"({c}_l is null or {c}_r is null)" for c in columns) + ")"


FUNCTIONS = """
create or replace macro agree_as_shown(l, first_l, last_l, r, first_r, last_r) as
    (coalesce(first_l = first_r, true) and coalesce(last_l = last_r, true))
    or (l is null and first_l = last_l and first_l in (first_r, last_r))
    or (r is null and first_r = last_r and first_r in (first_l, last_l))
"""
"""What the levels call; Splink reads a condition much faster than its parts."""

NAME = Attribute(
    "name",
    ("name_first", "name_last"),
    (
        Level("same name", _same("name"), 0.70, 0.0002, rare="name"),
        Level(
            "names alike",
            f"({_alike('name_first', 'name_first', 0.85)} and {_alike('name_last', 'name_last', 0.85)})"
            f" or ({_alike('name_first', 'name_last', 0.85)} and {_alike('name_last', 'name_first', 0.85)})",
            0.10, 0.0002, is_fuzzy=True,
        ),
        Level("names sound alike", _same("name_sound"), 0.05, 0.0002),
        Level(
            "names agree as far as both are shown",
            "(name_l is null or name_r is null) and agree_as_shown(name_l, name_first_l, name_last_l, name_r,"
            " name_first_r, name_last_r)",
            0.08, 0.02,
        ),
        Level("same first and last part of the name", f"{_same('name_first')} and {_same('name_last')}", 0.02, 0.0005),
        Level("same last part of the name", "name_last_l in (name_last_r, name_first_r)", 0.06, 0.01),
        Level("same first part of the name", "name_first_l in (name_first_r, name_last_r)", 0.05, 0.02),
        Level(
            "a part of the name alike",
            " or ".join(_alike(a, b, 0.85) for a in ("name_first", "name_last") for b in ("name_first", "name_last")),
            0.03, 0.02, is_fuzzy=True,
        ),
    ),
    "other name",
)  # fmt: skip
BIRTHDAY = Attribute(
    "birthday",
    ("birth_month_day", "birth_year"),
    (
        Level("same day of birth", _same("birth_date"), 0.80, 0.00008),
        Level(
            "days of birth one digit apart", "damerau_levenshtein(birth_date_l, birth_date_r) <= 1",
            0.08, 0.0008, is_fuzzy=True,
        ),
        Level(
            "same birthday, year not told by both", f"{_same('birth_month_day')} and {_absent('birth_year')}",
            0.10, 0.003,
        ),
        Level("same birthday in another year", _same("birth_month_day"), 0.05, 0.003),
        Level("same year of birth, another birthday", _same("birth_year"), 0.06, 0.02),
        Level(
            "days of birth two digits apart", "damerau_levenshtein(birth_date_l, birth_date_r) <= 2",
            0.03, 0.02, is_fuzzy=True,
        ),
    ),
    "other birthday",
)  # fmt: skip
ADDRESS = Attribute(
    "address",
    ("address",),
    (
        Level("same address", _same("address"), 0.55, 0.0001),
        Level("addresses alike", _alike("address", "address", 0.92), 0.10, 0.0005, is_fuzzy=True),
        Level("same street", _same("street"), 0.15, 0.001),
        Level("addresses share words", _share_words("address", 0.5), 0.10, 0.02, is_fuzzy=True),
        Level("addresses somewhat alike", _alike("address", "address", 0.8), 0.05, 0.01, is_fuzzy=True),
    ),
    "other address",
)
PLACE = Attribute(
    "place",
    ("place",),
    (
        Level("same place", _same("place"), 0.80, 0.05),
        Level("places alike", _alike("place", "place", 0.92), 0.10, 0.002, is_fuzzy=True),
        Level("places share most words", _share_words("place", 0.6), 0.10, 0.002, is_fuzzy=True),
        Level("places share words", _share_words("place", 0.4), 0.10, 0.01, is_fuzzy=True),
        Level("places somewhat alike", _alike("place", "place", 0.82), 0.05, 0.01, is_fuzzy=True),
    ),
    "other place",
)
PHONE = Attribute(
    "phone",
    ("phone_mask",),
    (Level("same first 3 and last 4 digits of the phone", _same("phone_mask"), 0.70, 0.000004),),
    "other phone",
)
GENDER = Attribute("gender", ("gender",), (Level("same gender", _same("gender"), 0.97, 0.5),), "other gender")

ATTRIBUTES = (NAME, BIRTHDAY, ADDRESS, PLACE, PHONE, GENDER)
RECORD_COLUMNS = (
    "record_id", "name", "name_first", "name_last", "name_sound", "birth_date", "birth_month_day", "birth_year",
    "address", "street", "place", "phone_mask", "gender",
)  # fmt: skip
"""What a table of records has: texts, NULL where the list says nothing; `record_id` is unique."""

CANDIDATES = (
    ("phone_mask",),
    ("birth_date",),
    ("name",),
    ("name_sound",),
    ("name_first", "name_last"),
    ("address",),
    ("street",),
    ("name_first", "birth_month_day"),
    ("name_last", "birth_month_day"),
    ("name_first", "birth_year"),
    ("name_last", "birth_year"),
)
"""Pairs are looked at where all columns of one of these agree; every other pair of records is taken for two people."""
FUZZY_CANDIDATES = (
    ("place",),
    ("right(place, 8)",),
    ("left(name_first, 3)", "left(name_last, 3)"),
    ("left(name_first, 3)", "left(street, 4)"),
    ("left(name_last, 3)", "left(street, 4)"),
    ("left(name_first, 3)", "left(place, 5)"),
    ("left(name_last, 3)", "left(place, 5)"),
    ("left(street, 4)", "left(place, 5)"),
    ("left(street, 4)", "birth_month_day"),
)
"""The same on plain text, beside them."""


def write_comparison(attribute: Attribute, *, is_text: bool, has_frequencies: bool) -> dict[str, Any]:
    """The attribute as a comparison of Splink, its levels in order, the last for what differs.

    Args:
        attribute: what is compared.
        is_text: with the fuzzy levels.
        has_frequencies: rarer values weigh more; that needs enough records to tell which are.
    """
    levels = [level for level in attribute.levels if is_text or not level.is_fuzzy]
    m, u = (max(1 - sum(getattr(level, p) for level in levels), 0.01) for p in ("m", "u"))
    written = [
        {
            "sql_condition": level.when,
            "label_for_charts": level.says,
            "m_probability": level.m,
            "u_probability": level.u,
            **(_weigh_rare(level.rare) if level.rare and has_frequencies else {}),
        }
        for level in levels
    ]
    return {
        "output_column_name": attribute.name,
        "comparison_levels": [
            {"sql_condition": _absent(*attribute.columns), "label_for_charts": "blank", "is_null_level": True},
            *written,
            {"sql_condition": "else", "label_for_charts": attribute.differs, "m_probability": m, "u_probability": u},
        ],
    }


def _weigh_rare(column: str) -> dict[str, Any]:
    """The level is the equality of the column itself; to find that out takes Splink longer than all else."""
    return {"tf_adjustment_column": column, "disable_tf_exact_match_detection": True}
