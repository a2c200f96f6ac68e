"""Weights of pairs of records that may be one person, by Splink on DuckDB."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from loopmart.duplicates.levels import (
    ATTRIBUTES,
    CANDIDATES,
    FUNCTIONS,
    FUZZY_CANDIDATES,
    RECORD_COLUMNS,
    Attribute,
    write_comparison,
)

SEED = 4
REVIEW_WEIGHT = 0.0
"""From this weight on a pair stands in the review list: at 0 it is as likely one person as two."""
TRAINING_PAIRS = 100
"""So many pairs must agree on two attributes before m and u are estimated from the records; below, those of `levels.py`
hold: estimation without pairs of one person finds others."""
SAMPLED_PAIRS = 100_000
BLOCK_RECORDS = 100
"""A value that more records have finds no candidates: it is a default, or says nothing."""
DEFAULT_SHARE = 0.01
"""A value of more than this share of the records that tell one (and of more than `BLOCK_RECORDS`) is a default of some
form, such as 1 January 1990, and counts as blank."""
DEFAULTED = {
    "name": ("name", "name_first", "name_last", "name_sound"),
    "birth_date": ("birth_date", "birth_month_day", "birth_year"),
    "address": ("address", "street", "place"),
    "phone_mask": ("phone_mask",),
}
"""Values that may be defaults, with all that is read from the same cell."""
STRONG = (
    ("name", "birth_date"),
    ("name", "phone_mask"),
    ("birth_date", "phone_mask"),
    ("name", "address"),
    ("birth_date", "street"),
)
"""Two attributes that agree in most pairs of one person, and hardly ever in others."""
STRONG_RECALL = 0.7
"""Share of the pairs of one person that is taken to agree on one of `STRONG`."""
TRAINING = ("birth_date", "name", "address", "phone_mask")
"""Columns by which pairs are drawn to estimate m: each estimates the attributes that it does not belong to."""


def weigh_pairs(records: pa.Table, *, is_text: bool = False, least_weight: float = REVIEW_WEIGHT) -> pa.Table:
    """Weigh the pairs of records that may be one person.

    A pure function of the records, whatever their order: one thread, a fixed seed, sorted rows.

    Args:
        records: columns `RECORD_COLUMNS`, all texts; tokens, or plain text with `is_text`.
        is_text: also compare sign by sign.
        least_weight: pairs below it are left out. A weight is log2 of the odds that it is one person.

    Returns:
        record_id_left < record_id_right, match_weight (to 0.01), match_probability (to 0.0001), and for each of
        `ATTRIBUTES` its level: 0 differs, 1 and up from the weakest agreement to the whole, NULL where blank.
        The heaviest first.
    """
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute(FUNCTIONS)
        engine.register("given", records.select(list(RECORD_COLUMNS)))
        candidates = CANDIDATES + FUZZY_CANDIDATES if is_text else CANDIDATES
        engine.execute(f"create table records as {_write_records(candidates)}")
        attributes = [a for a in ATTRIBUTES if _is_told(engine, a)]
        if not attributes:
            return _describe(engine, [], least_weight)
        strong = _count_pairs(engine, [write_key(columns) for columns in STRONG])
        _predict(engine, attributes, len(candidates), strong, is_text=is_text, least_weight=least_weight)
        return _describe(engine, attributes, least_weight)


def write_key(columns: Sequence[str]) -> str:
    """SQL of what two records must share to be looked at; NULL, which meets nothing, if any of it is blank."""
    return " || '|' || ".join(columns)


def _write_records(candidates: Sequence[Sequence[str]]) -> str:
    """The records without default values, with a column a way to find or draw pairs."""
    told = ", ".join(
        f"case when {_is_default(value)} then null else {column} end as {column}"
        for value, columns in DEFAULTED.items()
        for column in columns
    )
    wanted = {f"block_{i}": write_key(columns) for i, columns in enumerate(candidates)}
    wanted |= {f"few_{column}": column for column in TRAINING}
    blocks = ", ".join(
        f"case when count(*) over (partition by {key}) <= {BLOCK_RECORDS} then {key} end as {name}"
        for name, key in wanted.items()
    )
    return f"select *, {blocks} from (select record_id, gender, {told} from given) order by record_id"


def _is_default(value: str) -> str:
    return (
        f"{value} is not null and count(*) over (partition by {value})"
        f" > greatest({BLOCK_RECORDS}, {DEFAULT_SHARE} * count({value}) over ())"
    )


def _is_told(engine: duckdb.DuckDBPyConnection, attribute: Attribute) -> bool:
    told = " or ".join(f"{column} is not null" for column in attribute.columns)
    return engine.execute(f"select 1 from records where {told} limit 1").fetchone() is not None


def _count_pairs(engine: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> int:
    """How many pairs of records share one of the keys; values that too many records share are left out."""
    shared = " union ".join(
        f"""
        select l.record_id, r.record_id from (
            select {key} as key, list(record_id) as ids from records where {key} is not null group by all
            having count(*) between 2 and {BLOCK_RECORDS}
        ), unnest(ids) as l(record_id), unnest(ids) as r(record_id) where l.record_id < r.record_id
        """
        for key in keys
    )
    (count,) = engine.execute(f"select count(*) from ({shared})").fetchone() or (0,)
    return int(count)


def _predict(
    engine: duckdb.DuckDBPyConnection,
    attributes: Sequence[Attribute],
    candidate_count: int,
    strong: int,
    *,
    is_text: bool,
    least_weight: float,
) -> None:
    """Make the table `weighed` of Splink's predictions."""
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    (count,) = engine.execute("select count(*) from records").fetchone() or (0,)
    is_trained = strong >= TRAINING_PAIRS
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        probability_two_random_records_match=min(
            max(strong / STRONG_RECALL, 1) / max(count * (count - 1) / 2, 1), 0.01
        ),
        comparisons=[write_comparison(a, is_text=is_text, has_frequencies=is_trained) for a in attributes],
        blocking_rules_to_generate_predictions=[block_on(f"block_{i}") for i in range(candidate_count)],
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(DuckDBAPI(engine).register("records"), settings, log_level=logging.ERROR, validate_settings=False)
    if is_trained:
        linker.training.estimate_u_using_random_sampling(
            max_pairs=SAMPLED_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
        )
        for column in TRAINING:
            if _count_pairs(engine, [column]) >= TRAINING_PAIRS:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    f"l.{column} = r.{column} and l.few_{column} = r.few_{column}"
                )
    predicted = linker.inference.predict(threshold_match_weight=least_weight)
    engine.execute(f"create table weighed as from {predicted.physical_name}")


def _describe(engine: duckdb.DuckDBPyConnection, attributes: Sequence[Attribute], least_weight: float) -> pa.Table:
    """The pairs with the levels of all attributes, those that nothing tells of as blank."""
    if not attributes:
        engine.execute(
            "create table weighed as select '' as record_id_l, '' as record_id_r, 0.0 as match_weight, "
            "0.0 as match_probability limit 0"
        )
    levels = ", ".join(
        f"{f'nullif(gamma_{a.name}, -1)' if a in attributes else 'null'}::int as {a.name}" for a in ATTRIBUTES
    )
    return engine.execute(
        f"""
        select
            least(record_id_l, record_id_r) as record_id_left, greatest(record_id_l, record_id_r) as record_id_right,
            round(match_weight, 2) as match_weight, round(match_probability, 4) as match_probability, {levels}
        from weighed where round(match_weight, 2) >= {least_weight} order by 3 desc, 1, 2
        """
    ).to_arrow_table()
