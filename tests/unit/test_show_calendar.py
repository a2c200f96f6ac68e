from __future__ import annotations

from datetime import date

import pytest

from loopmart.errors import LoopmartError
from loopmart.show_calendar import Choice, choose


def test_a_day_is_a_span_of_one_day() -> None:
    day = date(2026, 4, 1)
    assert choose(["S1"], day, None, None, ["late"]) == Choice(("S1",), day, day, ("late",))
    assert choose(None, None, None, None, None) == Choice()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((None, None, None, None, ["lost"]), r"--status lost: .* missing, partial, late, not_due, arrived, closed"),
        ((None, date(2026, 4, 1), date(2026, 4, 1), None, None), r"--date 2026-04-01 .* give one of the two"),
        ((None, None, date(2026, 4, 2), date(2026, 4, 1), None), r"--to 2026-04-01 lies before --from 2026-04-02"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: tuple, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(LoopmartError, match=message):
        choose(*options)
