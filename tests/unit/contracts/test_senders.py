"""An option that names a sender."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from loopmart.contracts.senders import Sender, check_sender
from loopmart.errors import LoopmartError

PLACE = {"kind": "store", "time_zone": "Asia/Shanghai", "currency": "CNY", "owes": "", "since": date(2026, 1, 1)}
SENDERS = {f"S{n:05d}": Sender(sender_id=f"S{n:05d}", sender_name=f"Store {n}", **PLACE) for n in range(1, 400)}


def test_an_unknown_sender_is_told_with_the_nearest_and_not_with_all() -> None:
    with pytest.raises(LoopmartError, match="has no such sender_id; of the 399 that it has") as refused:
        check_sender("--sender", "s00312", SENDERS, Path("stores.csv"))
    assert "near are S00312" in str(refused.value)
    assert len(str(refused.value)) < 200
    assert check_sender("--sender", "S00012", SENDERS, Path("stores.csv")) == "S00012"
