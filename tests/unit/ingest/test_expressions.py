"""The functions that contracts may use."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from loopmart.ingest.expressions import create_macros


@pytest.mark.parametrize(
    ("text", "amount", "or_zero"),
    [
        ("1,234.50", "1234.50", "1234.50"), ("￥-3", "-3", "-3"), (None, None, "0"), ("--", None, None),
        ("1.26E+03", None, None), ("12,50", None, None), ("548.58000000000004", None, None), ("0.500000", "0.5", "0.5"),
    ],
)  # fmt: skip
def test_an_amount_is_exact_or_none_and_only_an_empty_cell_is_zero(
    text: str | None, amount: str | None, or_zero: str | None
) -> None:
    with duckdb.connect() as engine:
        create_macros(engine, [])
        found = engine.execute("select amount($1::varchar), amount_or_zero($1::varchar)", [text]).fetchone()
    assert found == tuple(None if figure is None else Decimal(figure) for figure in (amount, or_zero))
