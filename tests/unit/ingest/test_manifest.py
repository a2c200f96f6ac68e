from __future__ import annotations

from datetime import date

import pytest

from loopmart.contracts.senders import Sender
from loopmart.ingest.manifest import periods_due


def sender(owes: str, since: str, until: str = "") -> Sender:
    return Sender.model_validate(
        {
            "sender_id": "S1",
            "sender_name": "One",
            "kind": "store",
            "time_zone": "Asia/Shanghai",
            "currency": "CNY",
            "owes": owes,
            "since": since,
            "until": until,
        }
    )


@pytest.mark.parametrize(
    ("owes", "since", "until", "newest", "starts", "last_end"),
    [
        ("till:day", "2026-02-27", "", "2026-03-01", ["2026-02-27", "2026-02-28", "2026-03-01"], "2026-03-01"),
        ("till:day", "2026-02-27", "2026-02-28", "2026-03-09", ["2026-02-27", "2026-02-28"], "2026-02-28"),
        ("till:month", "2026-01-01", "", "2026-03-31", ["2026-01-01", "2026-02-01", "2026-03-01"], "2026-03-31"),
        ("till:month", "2026-01-01", "", "2026-03-30", ["2026-01-01", "2026-02-01"], "2026-02-28"),
        ("till:month", "2026-01-15", "", "2026-02-28", ["2026-01-15", "2026-02-01"], "2026-02-28"),
    ],
)
def test_what_is_due_follows_the_registry(
    owes: str, since: str, until: str, newest: str, starts: list[str], last_end: str
) -> None:
    due = list(periods_due(sender(owes, since, until), date.fromisoformat(newest)))
    assert [str(start) for start, _ in due] == starts
    assert str(due[-1][1]) == last_end
