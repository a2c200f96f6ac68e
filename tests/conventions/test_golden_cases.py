"""Golden cases: what is expected of them was counted by a person, not read by the program that it judges."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import PROJECT


def find_uncounted(folder: Path) -> list[str]:
    """Cases whose figures come from a reading and wait for a person."""
    cases = sorted(folder.glob("*/expected.json"))
    return [c.parent.name for c in cases if json.loads(c.read_text("utf-8")).get("counted_by_hand") is False]


def test_every_golden_case_was_counted_by_hand() -> None:
    uncounted = find_uncounted(PROJECT / "tests" / "golden")
    assert not uncounted, f"count {uncounted} by hand in their bill, then set counted_by_hand to true in expected.json"


def test_a_case_that_nobody_counted_is_found(tmp_path: Path) -> None:
    for name, text in (("read", '{"counted_by_hand": false}'), ("counted", '{"counted_by_hand": true}'), ("old", "{}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "expected.json").write_text(text, encoding="utf-8")
    assert find_uncounted(tmp_path) == ["read"]
