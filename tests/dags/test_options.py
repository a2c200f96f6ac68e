"""What a build is asked for when one run covers several events."""

from __future__ import annotations

import importlib.util
from datetime import date
from types import ModuleType
from typing import Any

from tests.conftest import PROJECT


def load_options() -> ModuleType:
    spec = importlib.util.spec_from_file_location("options", PROJECT / "dags" / "support" / "options.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


options = load_options()


def ask(from_date: str | None = None, to_date: str | None = None, full_refresh: bool = False) -> dict[str, Any]:
    return {"from_date": from_date, "to_date": to_date, "full_refresh": full_refresh}


def test_a_form_without_dates_asks_for_what_changed() -> None:
    assert options.merge_options([ask(), ask()]) == ask()


def test_an_event_that_asks_for_nothing_does_not_widen_a_span() -> None:
    assert options.merge_options([ask(), ask("2026-03-01", "2026-03-31")]) == ask("2026-03-01", "2026-03-31")


def test_spans_are_covered_by_the_span_around_them() -> None:
    merged = options.merge_options([ask("2026-03-05", "2026-03-31"), ask("2026-02-01", "2026-03-06")])
    assert merged == ask("2026-02-01", "2026-03-31")


def test_open_ends_stay_open() -> None:
    merged = options.merge_options([ask("2026-03-05"), ask(to_date="2026-02-01")])
    assert options.as_arguments(merged) == {"from_date": date.min, "to_date": date.max, "full_refresh": False}


def test_one_full_refresh_makes_the_run_full() -> None:
    assert options.merge_options([ask(), ask(full_refresh=True)]) == ask(full_refresh=True)


def test_dates_become_dates_and_empty_fields_stay_empty() -> None:
    assert options.as_arguments(options.pick_options({"from_date": "2026-03-05", "stores": []})) == {
        "from_date": date(2026, 3, 5),
        "to_date": None,
        "full_refresh": None,
    }
